import { awsJsonCall } from '../../auth/aws/json-call.ts';
import { assumeRole } from '../../auth/aws/sts.ts';
import type { AuthHttp } from '../../auth/http.ts';
import type { AwsCredentials } from '../../auth/token.ts';
import { errorMessage, isAbort } from '../../lib/errors.ts';
import type { KeySource } from '../key-source.ts';

export interface AwsKmsOptions {
  readonly http: AuthHttp;
  readonly now: () => number;
  /** Credentials for the key's region. */
  credentials(region: string, signal: AbortSignal): Promise<AwsCredentials>;
}

const arnPattern = /^arn:aws[\w-]*:kms:(.+):[0-9]+:(key|alias)\/.+$/;
/** How the audit log of the account knows us. */
const sessionName = 'sops@sluice';

/**
 * Decrypts with AWS KMS, as the role that the key names, if any (getsops/sops kms/keysource.go). A profile in the
 * metadata is one of the machine that encrypted, and is not looked at.
 *
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
 */
export function awsKmsKeySource({ http, now, credentials }: AwsKmsOptions): KeySource<'kms'> {
  return {
    kind: 'kms',
    async decrypt({ arn, role, context, enc }, signal) {
      const [, region] = arnPattern.exec(arn) ?? [];
      if (region === undefined) throw new Error(`no valid ARN found in '${arn}'`);
      try {
        const own = await credentials(region, signal);
        const assumed =
          role === '' ? own : await assumeRole({ http, now }, { region, roleArn: role, sessionName, signal }, own);
        const { Plaintext: plaintext } = await awsJsonCall(
          { http, now },
          {
            service: 'kms',
            region,
            target: 'TrentService.Decrypt',
            body: JSON.stringify({ KeyId: arn, CiphertextBlob: enc, EncryptionContext: context }),
            credentials: assumed,
            signal,
          },
        );
        if (typeof plaintext !== 'string') throw new Error('the answer has no plaintext');
        return Buffer.from(plaintext, 'base64');
      } catch (cause) {
        if (isAbort(cause)) throw cause;
        throw new Error(`failed to decrypt sops data key with AWS KMS: ${errorMessage(cause)}`, { cause });
      }
    },
  };
}

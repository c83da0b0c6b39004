import { type AuthHttp, jsonOf } from '../../auth/http.ts';
import type { BearerToken } from '../../auth/token.ts';
import { errorMessage, isAbort } from '../../lib/errors.ts';
import type { KeySource } from '../key-source.ts';

export interface GcpKmsOptions {
  readonly http: AuthHttp;
  token(signal: AbortSignal): Promise<BearerToken>;
}

const resourcePattern = /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/;

/**
 * Decrypts with Google Cloud KMS (getsops/sops gcpkms/keysource.go).
 *
 * https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/decrypt
 */
export function gcpKmsKeySource({ http, token }: GcpKmsOptions): KeySource<'gcp_kms'> {
  return {
    kind: 'gcp_kms',
    async decrypt({ resourceId, enc }, signal) {
      if (!resourcePattern.test(resourceId)) throw new Error(`no valid resource ID found in "${resourceId}"`);
      try {
        const bearer = await token(signal);
        const reply = await http.call({
          method: 'POST',
          url: `https://cloudkms.googleapis.com/v1/${resourceId.split('/').map(segment).join('/')}:decrypt`,
          headers: { authorization: `Bearer ${bearer.token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ ciphertext: enc }),
          reach: 'fixed',
          secrets: [bearer.token],
          signal,
        });
        const { plaintext } = jsonOf(reply, 'Cloud KMS', [bearer.token]);
        if (typeof plaintext !== 'string') throw new Error('the answer has no plaintext');
        return Buffer.from(plaintext, 'base64');
      } catch (cause) {
        if (isAbort(cause)) throw cause;
        throw new Error(`failed to decrypt sops data key with GCP KMS key: ${errorMessage(cause)}`, { cause });
      }
    },
  };
}

/** A part of a path. Dots alone would make it another path. */
function segment(text: string): string {
  return encodeURIComponent(text).replace(/^\.+$/, '');
}

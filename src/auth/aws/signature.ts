import { AwsV4Signer } from 'aws4fetch';
import type { AwsCredentials } from '../token.ts';

/** What is signed (AWS Signature Version 4). */
export interface SignRequest {
  readonly credentials: AwsCredentials;
  readonly service: string;
  readonly region: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The headers of a request, with those that sign it. */
export async function signedHeaders(request: SignRequest): Promise<Readonly<Record<string, string>>> {
  const { headers } = await signer(request, false).sign();
  return Object.fromEntries(headers);
}

/** The URL of a request whose signature is in its query; the headers must be sent along. */
export async function presignedUrl(request: SignRequest): Promise<string> {
  const { url } = await signer(request, true).sign();
  return url.href;
}

function signer({ credentials, body, now, headers = {}, ...rest }: SignRequest, signQuery: boolean): AwsV4Signer {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return new AwsV4Signer({
    ...rest,
    headers: { ...headers },
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(body === undefined ? {} : { body }),
    datetime: new Date(now).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
    signQuery,
  });
}

import { AuthError } from '../auth-error.ts';
import type { AwsCredentials } from '../token.ts';

/** Credentials as agents and the instance metadata give them. Throws AuthError when `source` gave something else. */
export function credentialsOfJson(answer: Readonly<Record<string, unknown>>, source: string): AwsCredentials {
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration } = answer;
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string' || typeof sessionToken !== 'string') {
    throw new AuthError(`${source} gave no credentials`);
  }
  const expiresAt = Date.parse(String(Expiration));
  return { accessKeyId, secretAccessKey, sessionToken, expiresAt: Number.isNaN(expiresAt) ? 0 : expiresAt };
}

import type { Receiver } from '../../../crds/notification/receiver.ts';
import type { Client } from '../../../kube/client.ts';
import { readSecret, type SecretData } from '../../../kube/secret.ts';
import { errorMessage } from '../../../lib/errors.ts';

/** A Receiver's Secret and the token in it: both empty for a type that has none. */
export interface Credentials {
  readonly secret: SecretData;
  readonly token: Uint8Array;
}

/** Why a Receiver has no token. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

/**
 * Reads the token of a Receiver (receiver_controller.go, token). Throws {@link TokenError} when the Secret cannot be
 * read, or lacks it.
 */
export async function readCredentials(
  { metadata: { namespace }, spec: { secretRef } }: Receiver,
  client: Client,
  signal: AbortSignal,
): Promise<Credentials> {
  if (secretRef === undefined) return { secret: new Map(), token: new Uint8Array() };
  const name = `${namespace}/${secretRef.name}`;
  const secret = await readSecret(client, { namespace, name: secretRef.name }, signal).catch((cause: unknown) => {
    throw new TokenError(`unable to read token from secret '${name}' error: ${errorMessage(cause)}`, { cause });
  });
  const token = secret.get('token');
  if (token === undefined) throw new TokenError(`invalid '${name}' secret data: required fields 'token'`);
  return { secret, token };
}

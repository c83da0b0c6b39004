import { compactVerify, createLocalJWKSet, errors, type JWK, type VerifyOptions } from 'jose';
import { CallRefused } from '../webhook-call.ts';
import type { KeySet } from './key-sets.ts';

/**
 * What a token says, when one of the issuer's keys has signed it with one of these algorithms. Throws CallRefused, and
 * what `keys` throws.
 *
 * @param keys The keys of the issuer; with `refresh`, for a token whose key is not among them.
 */
export async function verifiedPayload(
  token: string,
  algorithms: readonly string[],
  keys: (refresh: boolean) => Promise<KeySet>,
): Promise<Uint8Array> {
  const verify = async (refresh: boolean): Promise<Uint8Array> => {
    const { keys: published } = await keys(refresh);
    return withAnyOf(published, token, { algorithms: [...algorithms] });
  };
  try {
    return await verify(false).catch((error: unknown) => {
      if (error instanceof errors.JWKSNoMatchingKey) return verify(true);
      throw error;
    });
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError)) throw cause;
    throw new CallRefused(`failed to verify the token: ${cause.message}`, { cause });
  }
}

/** A token need not name its key: then each that fits is tried (coreos/go-oidc oidc/jwks.go). */
async function withAnyOf(published: readonly JWK[], token: string, options: VerifyOptions): Promise<Uint8Array> {
  try {
    return (await compactVerify(token, createLocalJWKSet({ keys: [...published] }), options)).payload;
  } catch (several) {
    if (!(several instanceof errors.JWKSMultipleMatchingKeys)) throw several;
    for await (const key of several) {
      const verified = await compactVerify(token, key, options).catch((error: unknown) => {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      });
      if (verified !== undefined) return verified.payload;
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

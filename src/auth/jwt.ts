import { constants, type KeyObject, sign } from 'node:crypto';
import { AuthError } from './auth-error.ts';

type Claims = Readonly<Record<string, unknown>>;

/** A JWT, signed with an RSA key. */
export function signJwt(key: KeyObject, alg: 'RS256' | 'PS256', header: Claims, claims: Claims): string {
  const text = `${encode({ alg, typ: 'JWT', ...header })}.${encode(claims)}`;
  const padding = alg === 'RS256' ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_PSS_PADDING;
  const signature = sign('sha256', Buffer.from(text), { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
  return `${text}.${signature.toString('base64url')}`;
}

/**
 * The claims of a token that came from whom we trust: nothing is verified. Throws AuthError, without the token, when it
 * is no JWT.
 */
export function claimsOf(token: string): Claims {
  const [, payload, signature] = token.split('.');
  try {
    const claims: unknown =
      signature === undefined ? undefined : JSON.parse(Buffer.from(payload ?? '', 'base64url').toString('utf8'));
    if (typeof claims === 'object' && claims !== null) return claims as Claims;
  } catch {
    // Told below, without what it was.
  }
  throw new AuthError('failed to parse service account token: not a JWT');
}

function encode(value: Claims): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

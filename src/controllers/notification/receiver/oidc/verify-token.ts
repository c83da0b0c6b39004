import { isRecord } from '../../../../lib/json.ts';
import { CallRefused } from '../webhook-call.ts';
import type { KeySet } from './key-sets.ts';

/** The claims of a token. */
export type Claims = Readonly<Record<string, unknown>>;

/** What a token must be. */
export interface TokenDemands {
  /** Of these algorithms, none of which may be symmetric. */
  readonly algorithms: readonly string[];
  readonly audience: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The keys of the issuer; with `refresh`, for a token whose key is not among them. */
  keys(refresh: boolean): Promise<KeySet>;
}

/**
 * What tokens may be signed with. Not `none`, and nothing symmetric: with that, whoever knows the public key could sign.
 */
export const signingAlgorithms: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
];

/** How much a token may be ahead of our clock (coreos/go-oidc oidc/verify.go). */
const notBeforeLeewayMs = 300_000;
/** A token is some hundred characters long; signatures of larger ones are not even looked at. */
const maxLength = 16_384;

/**
 * The claims of a token whose signature, audience and times are right (coreos/go-oidc oidc/verify.go). The issuer is the
 * caller's to check. Throws CallRefused, and AuthError when the keys cannot be had.
 */
export async function verifyToken(token: string, demands: TokenDemands): Promise<Claims> {
  // Loaded when the first token comes: it takes memory that most installations have no use for.
  const { verifiedPayload } = await import('./verify-signature.ts');
  const algorithms = demands.algorithms.filter((algorithm) => signingAlgorithms.includes(algorithm));
  const claims = jsonClaims(await verifiedPayload(token, algorithms, (refresh) => demands.keys(refresh)));
  const { aud, exp, nbf } = claims;
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(demands.audience)) {
    throw new CallRefused(`the token is not meant for ${JSON.stringify(demands.audience)}`);
  }
  if (typeof exp !== 'number' || exp * 1000 < demands.now) throw new CallRefused('the token has expired');
  if (nbf !== undefined && (typeof nbf !== 'number' || demands.now + notBeforeLeewayMs < nbf * 1000)) {
    throw new CallRefused('the token is not valid yet');
  }
  return claims;
}

/** The claims as the token says, not verified: they only tell whom to ask for keys. Throws CallRefused. */
export function unverifiedClaims(token: string): Claims {
  const [, payload = '', , ...rest] = token.split('.');
  if (token.length > maxLength || rest.length > 0 || token.split('.').length !== 3) {
    throw new CallRefused('the bearer token is no JWT');
  }
  return jsonClaims(Buffer.from(payload, 'base64url'));
}

function jsonClaims(payload: Uint8Array): Claims {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    if (isRecord(claims) && !Array.isArray(claims)) return claims;
  } catch {
    // Told below.
  }
  throw new CallRefused('the claims of the token are no JSON object');
}

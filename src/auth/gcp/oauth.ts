import { createPrivateKey } from 'node:crypto';
import { AuthError } from '../auth-error.ts';
import { type AuthHttp, jsonOf } from '../http.ts';
import { signJwt } from '../jwt.ts';
import { type BearerToken, expiryOf } from '../token.ts';

export interface GcpHttp {
  readonly http: AuthHttp;
  readonly now: () => number;
}

/** What Flux asks for (fluxcd/pkg auth/gcp/provider.go). */
export const gcpScopes: readonly string[] = [
  'https://www.googleapis.com/auth/cloud-platform',
  'https://www.googleapis.com/auth/userinfo.email',
];

const tokenUrl = 'https://oauth2.googleapis.com/token';
/** The addresses of Google's token endpoint, old ones too. Keys name theirs; no other is sent what the key signs. */
const tokenUrls: readonly unknown[] = [undefined, tokenUrl, 'https://accounts.google.com/o/oauth2/token'];

type Json = Readonly<Record<string, unknown>>;

/**
 * A token for a JSON key of Google: of a service account (RFC 7523) or of a user (a refresh token). Other kinds of
 * credentials name files, programs and addresses, and are refused. Throws AuthError, without anything of the key.
 *
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
export async function keyToken({ http, now }: GcpHttp, key: Json, signal: AbortSignal): Promise<BearerToken> {
  if (!tokenUrls.includes(key['token_uri'])) throw new AuthError("token_uri of the key is not Google's");
  const parameters = parametersOf(key, now());
  const secrets = Object.values(parameters).filter((value) => value.length > 30);
  const ask = { url: tokenUrl, parameters, secrets, otherwise: 'Google gave no token for the key' };
  return requestToken({ http, now }, ask, signal);
}

interface TokenRequest {
  /** One of Google's own. */
  readonly url: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** What no message may show. */
  readonly secrets: readonly string[];
  /** How the error begins when there is none. */
  readonly otherwise: string;
}

/** Asks an OAuth endpoint for a token (RFC 6749, section 4). Throws AuthError. */
export async function requestToken(
  { http, now }: GcpHttp,
  { url, parameters, secrets, otherwise }: TokenRequest,
  signal: AbortSignal,
): Promise<BearerToken> {
  const reply = await http.call({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(parameters).toString(),
    reach: 'fixed',
    secrets,
    signal,
  });
  return oauthToken(jsonOf(reply, otherwise, secrets), now());
}

/** The object that the text of a key is. Throws AuthError, without any of it. */
export function parseKey(text: string): Json {
  try {
    const key: unknown = JSON.parse(text);
    if (typeof key === 'object' && key !== null) return key as Json;
  } catch {
    // Told below, without what it was.
  }
  throw new AuthError('the credentials are not a JSON object');
}

/** The token of an OAuth answer. Throws AuthError when it has none. */
export function oauthToken({ access_token: token, expires_in: expiresIn }: Json, now: number): BearerToken {
  if (typeof token !== 'string' || token === '') throw new AuthError('the answer has no access token');
  return { token, expiresAt: expiryOf(expiresIn, now) };
}

function parametersOf(key: Json, now: number): Readonly<Record<string, string>> {
  const text = (name: string): string => {
    const value = key[name];
    if (typeof value === 'string' && value !== '') return value;
    throw new AuthError(`the credentials have no ${name}`);
  };
  switch (key['type']) {
    case 'service_account':
      return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: assertion(text, now) };
    case 'authorized_user':
      return {
        grant_type: 'refresh_token',
        client_id: text('client_id'),
        client_secret: text('client_secret'),
        refresh_token: text('refresh_token'),
      };
    default:
      throw new AuthError('credentials of this type are not allowed here; expected service_account or authorized_user');
  }
}

function assertion(text: (name: string) => string, now: number): string {
  const seconds = Math.floor(now / 1000);
  const issuer = text('client_email');
  const pem = text('private_key');
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new AuthError('private_key of the credentials cannot be read');
  }
  return signJwt(
    key,
    'RS256',
    { kid: text('private_key_id') },
    { iss: issuer, scope: gcpScopes.join(' '), aud: tokenUrl, iat: seconds, exp: seconds + 3600 },
  );
}

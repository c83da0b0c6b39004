import { isRecord } from '../lib/json.ts';
import { readBeginning, readBody } from './body.ts';
import type { Challenge } from './challenge.ts';
import { basicAuthorization, type Credentials, secretsOf } from './credentials.ts';
import type { HttpExchange, HttpRequest, HttpResponse } from './http-exchange.ts';
import { OciError } from './oci-error.ts';
import type { RegistryToken } from './sessions.ts';
import { statusError } from './status-error.ts';

/** For what a token is wanted. */
export interface TokenRequest {
  readonly challenge: Challenge;
  readonly credentials: Credentials | undefined;
  /** `repository:<path>:pull`. */
  readonly scope: string;
  /** Of the registry as it was reached: a token server may only be asked in clear when the registry was. */
  readonly scheme: 'https' | 'http';
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const maxTokenBytes = 64 * 1024;
const maxErrorBytes = 64 * 1024;
/** What a token server that does not tell means (distribution spec/auth/token.md). */
const defaultLifetimeSeconds = 60;

/**
 * Asks the token server that the challenge names (distribution docs, spec/auth/token.md and oauth.md): with a refresh
 * token by POST, or, where that is not there (404), and with a user name and password or as nobody by GET.
 */
export async function requestToken(exchange: HttpExchange, request: TokenRequest): Promise<RegistryToken> {
  const realm = realmOf(request);
  const { credentials, now } = request;
  const identityToken = credentials?.identityToken ?? '';
  let answer = await exchange.send(
    identityToken === '' ? byGet(realm, request) : byRefreshToken(realm, request, identityToken),
    'realm host',
  );
  if (identityToken !== '' && (answer.status === 404 || answer.status === 405)) {
    answer.body.resume();
    answer = await exchange.send(byGet(realm, request), 'realm host');
  }
  return tokenOf(answer, { secrets: secretsOf(credentials), now, method: identityToken === '' ? 'GET' : 'POST' });
}

function realmOf({ challenge, scheme }: TokenRequest): URL {
  const realm = challenge.parameters['realm'];
  if (realm === undefined) throw new OciError('ProtocolError', 'malformed www-authenticate, missing realm');
  const invalid = (problem: string): OciError =>
    new OciError('RedirectRefused', `invalid realm in www-authenticate: ${problem}`);
  if (!URL.canParse(realm)) throw invalid('it is no URL');
  const url = new URL(realm);
  url.username = '';
  url.password = '';
  if (url.protocol === 'http:' && scheme === 'https') {
    throw invalid('realm scheme "http" not allowed for a secure registry; use https');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw invalid(
      `realm scheme ${JSON.stringify(url.protocol.slice(0, -1))} not allowed; must be https (or http for insecure registries)`,
    );
  }
  return url;
}

function byGet(realm: URL, { challenge, credentials, scope, signal }: TokenRequest): HttpRequest {
  const url = new URL(realm);
  url.searchParams.delete('scope');
  url.searchParams.append('scope', scope);
  const service = challenge.parameters['service'];
  if (service !== undefined) url.searchParams.set('service', service);
  const authorization = credentials === undefined ? undefined : basicAuthorization(credentials);
  return { method: 'GET', url, authorization, signal, secrets: secretsOf(credentials) };
}

function byRefreshToken(
  url: URL,
  { challenge, credentials, scope, signal }: TokenRequest,
  identityToken: string,
): HttpRequest {
  const service = challenge.parameters['service'];
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: identityToken,
    scope,
    client_id: 'sluice',
    ...(service === undefined ? {} : { service }),
  });
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    signal,
    secrets: secretsOf(credentials),
  };
}

async function tokenOf(
  { status, body, url }: HttpResponse,
  { secrets, now, method }: { readonly secrets: readonly string[]; readonly now: number; readonly method: string },
): Promise<RegistryToken> {
  if (status !== 200) {
    throw statusError({ method, url, status, body: await readBeginning(body, maxErrorBytes), secrets });
  }
  let answer: unknown;
  try {
    answer = JSON.parse((await readBody(body, maxTokenBytes, 'the answer of the token server')).toString('utf8'));
  } catch (error) {
    if (error instanceof OciError) throw error;
    // The parser's message would quote the token.
    throw new OciError('ProtocolError', 'the answer of the token server is not JSON');
  }
  const { token, access_token: accessToken, expires_in: expiresIn } = isRecord(answer) ? answer : {};
  const found = [accessToken, token].find((value) => typeof value === 'string' && value !== '');
  if (typeof found !== 'string') throw new OciError('ProtocolError', 'no token in bearer response');
  if (/[^\u0021-\u007e]/.test(found)) {
    throw new OciError('ProtocolError', 'the token of the token server has characters that no HTTP header may have');
  }
  const seconds = typeof expiresIn === 'number' && expiresIn > 0 ? expiresIn : defaultLifetimeSeconds;
  // Given up a little early, so that none expires under way.
  return { token: found, expiresAt: now + seconds * 900 };
}

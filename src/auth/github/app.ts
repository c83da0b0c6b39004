import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { AuthError } from '../auth-error.ts';
import { type HttpReply, jsonOf } from '../http.ts';
import { signJwt } from '../jwt.ts';
import type { BearerToken } from '../token.ts';

/** An App of GitHub, and where it is installed (fluxcd/pkg auth/githubapp). */
export interface GithubApp {
  readonly appId: string;
  readonly key: KeyObject;
  /** One of the two is there. */
  readonly installationId?: string;
  readonly installationOwner?: string;
  /** Of the API, without a slash at its end. */
  readonly baseUrl: string;
  /** The same for equal credentials; tells nothing of them. */
  readonly fingerprint: string;
}

/** Access to what an installation may. */
export interface InstallationToken extends BearerToken {
  /** The App's short name, when it was asked for; what it writes appears as by `slug[bot]`. */
  readonly slug?: string;
}

/** A request to GitHub, by whoever knows its proxies and certificates. */
export interface GithubAppHttp {
  call(
    method: 'GET' | 'POST',
    url: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Pick<HttpReply, 'status' | 'body'>>;
}

const needed = 'must be provided to use github app authentication';

/** The App that a Secret describes. Throws AuthError in upstream's words, without anything of the key. */
export function githubAppOf(secret: ReadonlyMap<string, Buffer>): GithubApp {
  const text = (name: string): string => secret.get(name)?.toString('utf8').trim() ?? '';
  const appId = text('githubAppID');
  const installationId = text('githubAppInstallationID');
  const installationOwner = text('githubAppInstallationOwner');
  const pem = text('githubAppPrivateKey');
  if (!/^[1-9]\d{0,17}$/.test(appId)) throw new AuthError(`app ID ${needed}`);
  if (installationOwner === '' && !/^[1-9]\d{0,17}$/.test(installationId)) {
    throw new AuthError(`app installation owner or ID ${needed}`);
  }
  if (installationOwner !== '' && installationId !== '') {
    throw new AuthError(`only one of app installation owner or ID ${needed}`);
  }
  if (pem === '') throw new AuthError(`private key ${needed}`);
  const baseUrl = baseUrlOf(text('githubAppBaseURL'));
  const parts = [appId, installationId, installationOwner, baseUrl, pem];
  return {
    appId,
    key: privateKey(pem),
    ...(installationOwner === '' ? { installationId } : { installationOwner }),
    baseUrl,
    fingerprint: createHash('sha256').update(JSON.stringify(parts)).digest('hex'),
  };
}

/**
 * A token of the App's installation, good for an hour. Throws AuthError.
 *
 * https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
 */
export async function installationToken(
  app: GithubApp,
  { http, now, withSlug }: { readonly http: GithubAppHttp; readonly now: () => number; readonly withSlug: boolean },
  signal: AbortSignal,
): Promise<InstallationToken> {
  const proof = appJwt(app, now());
  const headers = {
    accept: 'application/vnd.github+json',
    authorization: `Bearer ${proof}`,
    'x-github-api-version': '2022-11-28',
  };
  const ask = async (
    method: 'GET' | 'POST',
    path: string,
    what: string,
  ): Promise<Readonly<Record<string, unknown>>> => {
    const { status, body } = await http.call(method, `${app.baseUrl}${path}`, headers, signal);
    return jsonOf({ status, body, headers: {} }, what, [proof]);
  };
  const slug = withSlug ? String((await ask('GET', '/app', 'failed to get app information'))['slug']) : undefined;
  const id = app.installationId ?? (await installationOf(app.installationOwner ?? '', ask));
  const what = 'failed to create the installation token';
  const answer = await ask('POST', `/app/installations/${id}/access_tokens`, what);
  const { token, expires_at: expires } = answer;
  if (typeof token !== 'string' || token === '') throw new AuthError(`${what}: the answer has no token`);
  const expiresAt = Date.parse(String(expires));
  return {
    token,
    expiresAt: Number.isFinite(expiresAt) ? expiresAt : now() + 3_600_000,
    ...(slug === undefined ? {} : { slug }),
  };
}

type Ask = (method: 'GET', path: string, what: string) => Promise<Readonly<Record<string, unknown>>>;

/** The installation of an organisation, or else of a user. */
async function installationOf(owner: string, ask: Ask): Promise<string> {
  const problems: string[] = [];
  for (const [kind, what] of [
    ['orgs', 'failed to find organization installation'],
    ['users', 'failed to find user installation'],
  ] as const) {
    try {
      const { id } = await ask('GET', `/${kind}/${encodeURIComponent(owner)}/installation`, what);
      if (typeof id === 'number') return String(id);
      problems.push(`${what}: the answer has no id`);
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      problems.push(error.message);
    }
  }
  throw new AuthError(problems.join('; '));
}

/** Good for a minute and a half, and half a minute old for clocks that are late. */
function appJwt({ appId, key }: GithubApp, now: number): string {
  const issued = Math.floor(now / 1000) - 30;
  return signJwt(key, 'RS256', {}, { iss: appId, iat: issued, exp: issued + 120 });
}

function privateKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // Told below, without what it was.
  }
  throw new AuthError('could not parse private key: it is not an RSA key in PEM');
}

/** As it is given: an Enterprise server has its API under /api/v3, which is part of it. */
function baseUrlOf(text: string): string {
  if (text === '') return 'https://api.github.com';
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text.replace(/\/+$/, '');
  throw new AuthError('invalid API URL: githubAppBaseURL is not an http or https URL');
}

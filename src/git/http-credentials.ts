import { GitError } from './errors.ts';

/** What proves to an HTTP server who we are: a user name and password (or token as password), or a bearer token. */
export type GitAuth = { readonly username: string; readonly password: string } | { readonly bearerToken: string };

/** The value of the Authorization header; undefined for anonymous access. */
export function authorization(auth: GitAuth | undefined): string | undefined {
  if (auth === undefined) {
    return undefined;
  }
  if ('bearerToken' in auth) {
    return checked(`Bearer ${auth.bearerToken}`);
  }
  return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
}

/** The user and password inside a URL, decoded; undefined when it has none. */
export function authFromUrl(url: URL): GitAuth | undefined {
  if (url.username === '' && url.password === '') {
    return undefined;
  }
  return { username: decode(url.username), password: decode(url.password) };
}

/** Every text of the credentials that must not appear in a message, as a header holds them too. */
export function secretsOf(auth: GitAuth | undefined): string[] {
  if (auth === undefined) {
    return [];
  }
  const secrets =
    'bearerToken' in auth ? [auth.bearerToken] : [auth.password, authorization(auth)?.slice('Basic '.length) ?? ''];
  return secrets.filter((secret) => secret !== '');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function checked(header: string): string {
  if (/[^\t\u0020-\u007e]/.test(header)) {
    throw new GitError('AuthenticationFailed', 'the bearer token has characters that no HTTP header may have');
  }
  return header;
}

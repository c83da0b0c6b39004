import type { Repository } from './reference.ts';

/** What proves to a registry who we are, as Docker keeps it; the first that is there counts, in this order. */
export interface Credentials {
  /** A bearer token for the registry itself. */
  readonly registryToken?: string;
  /** A refresh token, which its token server exchanges for one (OAuth 2). */
  readonly identityToken?: string;
  readonly username?: string;
  readonly password?: string;
}

/**
 * Whose credentials a repository is asked with; undefined asks as nobody. Asked each time that a request needs them, so
 * that what expires can be renewed. Errors pass through as they are.
 */
export type CredentialSource = (repository: Repository, signal: AbortSignal) => Promise<Credentials | undefined>;

/** Every text of the credentials that must not appear in a message, as a header holds them too. */
export function secretsOf(credentials: Credentials | undefined): readonly string[] {
  if (credentials === undefined) return [];
  const { registryToken = '', identityToken = '', password = '' } = credentials;
  const header = basicAuthorization(credentials)?.slice('Basic '.length) ?? '';
  return [registryToken, identityToken, password, header].filter((secret) => secret !== '');
}

/** The Authorization header of a user name and password; undefined when there is not both. */
export function basicAuthorization({ username = '', password = '' }: Credentials): string | undefined {
  if (username === '' || password === '') return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

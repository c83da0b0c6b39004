import { isRecord } from '../../../lib/json.ts';
import type { NotifierDeps } from './create-notifier.ts';
import { ownerAndName, parseGitAddress } from './git-address.ts';
import { githubCredentials } from './github-credentials.ts';
import { JsonApi } from './json-api.ts';
import { routeOf, withSecret } from './secrets-of.ts';
import type { ProviderSettings } from './settings.ts';

/** A repository at GitHub, for who the settings say we are. */
export interface GithubRepository {
  readonly api: JsonApi;
  /** `/repos/owner/name`. */
  readonly path: string;
  /** The login under which our comments appear. */
  login(signal: AbortSignal): Promise<string>;
}

/**
 * Opens a repository at GitHub or an Enterprise server (internal/notifier/github_helpers.go). What is wrong with the
 * settings is thrown at once, as NotifyError; a token of a GitHub App is got when it is needed.
 */
export function githubRepository(
  settings: ProviderSettings,
  deps: NotifierDeps,
): (signal: AbortSignal) => Promise<GithubRepository> {
  const credentials = githubCredentials(settings, deps);
  const { origin, id } = parseGitAddress(settings.address);
  const { owner, name } = ownerAndName(id, `invalid repository id: '${id}'`);
  const base = new URL(origin).host === 'github.com' ? 'https://api.github.com' : `${origin}/api/v3`;
  const route = routeOf(settings);
  return async (signal) => {
    const { token, slug } = await credentials(signal);
    const headers = {
      accept: 'application/vnd.github.v3+json',
      'x-github-api-version': '2022-11-28',
      authorization: `Bearer ${token}`,
    };
    const api = new JsonApi({
      http: deps.http,
      route: withSecret(route, token),
      base,
      headers,
    });
    return {
      api,
      path: `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`,
      async login() {
        if (slug !== undefined) return `${slug}[bot]`;
        const call = { method: 'GET', path: '/user', otherwise: 'failed to get authenticated user info' } as const;
        const user = await api.call(call, signal);
        return isRecord(user) ? String(user['login']) : '';
      },
    };
  };
}

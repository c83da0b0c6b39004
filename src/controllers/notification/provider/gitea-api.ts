import { isRecord } from '../../../lib/json.ts';
import type { NotifierDeps } from './create-notifier.ts';
import { ownerAndName, parseGitAddress } from './git-address.ts';
import { JsonApi } from './json-api.ts';
import { NotifyError } from './notifier.ts';
import { routeOf } from './secrets-of.ts';
import type { ProviderSettings } from './settings.ts';

/** A repository at Gitea or Forgejo. */
export interface GiteaRepository {
  readonly api: JsonApi;
  /** `/repos/owner/name`. */
  readonly path: string;
  /** The name under which our comments appear. */
  login(signal: AbortSignal): Promise<string>;
}

/** Opens a repository at Gitea; a password is taken for a token (internal/notifier/gitea_helpers.go). Throws NotifyError. */
export function giteaRepository(settings: ProviderSettings, { http }: NotifierDeps): GiteaRepository {
  const token = settings.token || settings.password;
  if (token === '') throw new NotifyError('gitea token cannot be empty', { permanent: true });
  const { origin, id } = parseGitAddress(settings.address);
  const { owner, name } = ownerAndName(id, `invalid repository id ${JSON.stringify(id)}`);
  const headers = { authorization: `token ${token}` };
  const api = new JsonApi({ http, route: routeOf(settings), base: `${origin}/api/v1`, headers });
  return {
    api,
    path: `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`,
    async login(signal) {
      const call = { method: 'GET', path: '/user', otherwise: 'failed to get authenticated user info' } as const;
      const user = await api.call(call, signal);
      return isRecord(user) ? String(user['login']) : '';
    },
  };
}

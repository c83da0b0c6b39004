import { isRecord } from '../../../lib/json.ts';
import type { NotifierDeps } from './create-notifier.ts';
import { parseGitAddress } from './git-address.ts';
import { JsonApi } from './json-api.ts';
import { NotifyError } from './notifier.ts';
import { routeOf } from './secrets-of.ts';
import type { ProviderSettings } from './settings.ts';

/** A project at GitLab. */
export interface GitlabProject {
  readonly api: JsonApi;
  /** `/projects/group%2Fname`. */
  readonly path: string;
  /** The name under which our comments appear. */
  username(signal: AbortSignal): Promise<string>;
}

/** Opens a project at GitLab; a password is taken for a token. Throws NotifyError. */
export function gitlabProject(settings: ProviderSettings, { http }: NotifierDeps): GitlabProject {
  const token = settings.token || settings.password;
  if (token === '') throw new NotifyError('gitlab token cannot be empty', { permanent: true });
  const { origin, id } = parseGitAddress(settings.address);
  const headers = { accept: 'application/json', 'private-token': token };
  const api = new JsonApi({ http, route: routeOf(settings), base: `${origin}/api/v4`, headers });
  return {
    api,
    path: `/projects/${encodeURIComponent(id)}`,
    async username(signal) {
      const call = { method: 'GET', path: '/user', otherwise: 'failed to get authenticated user info' } as const;
      const user = await api.call(call, signal);
      return isRecord(user) ? String(user['username']) : '';
    },
  };
}

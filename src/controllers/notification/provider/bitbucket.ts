import { createHash } from 'node:crypto';
import { isRecord } from '../../../lib/json.ts';
import type { NotificationEvent } from '../event.ts';
import { basic } from './authorization.ts';
import { commitStatusOf } from './commit-status.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { nameAndDescription } from './format.ts';
import { ownerAndName, parseGitAddress } from './git-address.ts';
import { JsonApi } from './json-api.ts';
import { NotifyError } from './notifier.ts';
import { routeOf, withSecret } from './secrets-of.ts';

const states = { info: 'SUCCESSFUL', error: 'FAILED', otherwise: "can't convert to bitbucket state" };

/**
 * Bitbucket Cloud: sets the build status of the commit, unless it says the same already; the token is
 * `user:password` (internal/notifier/bitbucket.go).
 *
 * https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/
 */
export const createBitbucket: NotifierFactory = (settings, { commitStatus }, { http }) => {
  const { token } = settings;
  if (token === '') throw new NotifyError('bitbucket token cannot be empty', { permanent: true });
  if (commitStatus === '') throw new NotifyError('commit status cannot be empty', { permanent: true });
  const [username = '', password = '', ...more] = token.split(':');
  if (!token.includes(':') || more.length > 0) {
    throw new NotifyError('invalid token format, expected to be <user>:<password>', { permanent: true });
  }
  const { id } = parseGitAddress(settings.address);
  const { owner, name } = ownerAndName(id, `invalid repository id ${JSON.stringify(id)}`);
  const route = routeOf(settings);
  const api = new JsonApi({
    http,
    route: withSecret(route, password),
    base: `https://api.bitbucket.org/2.0/repositories/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`,
    headers: basic(username, password),
  });
  const key = statusKey(commitStatus);
  return {
    async post(event, signal) {
      const status = commitStatusOf(event, states);
      if (status === undefined) return;
      const { commit, state, description } = status;
      const path = `/commit/${commit}/statuses/build`;
      const otherwise = 'could not get commit status';
      const known = await api.call({ method: 'GET', path: `${path}/${key}`, otherwise, alsoFine: [404] }, signal);
      if (isRecord(known) && known['state'] === state && known['description'] === description) return;
      const body = { state, key, name: buildName(event), url: 'https://bitbucket.org', description };
      await api.call({ method: 'POST', path, body, otherwise: 'could not create commit status' }, signal);
    },
  };
};

/** Bitbucket takes forty characters. */
export function statusKey(commitStatus: string): string {
  return createHash('sha1').update(commitStatus).digest('hex');
}

function buildName(event: NotificationEvent): string {
  return nameAndDescription(event).name;
}

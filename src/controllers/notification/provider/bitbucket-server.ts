import { isRecord } from '../../../lib/json.ts';
import { basic, bearer } from './authorization.ts';
import { statusKey } from './bitbucket.ts';
import { commitStatusOf } from './commit-status.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { nameAndDescription } from './format.ts';
import { JsonApi } from './json-api.ts';
import { NotifyError } from './notifier.ts';
import { within } from './post-json.ts';
import { routeOf } from './secrets-of.ts';

const states = {
  info: 'SUCCESSFUL',
  error: 'FAILED',
  otherwise:
    "couldn't convert to bitbucket server state: bitbucket server state generated on info or error events only",
};

/**
 * Bitbucket Server and Data Center: sets the build status of the commit, unless it says the same already; the address
 * is that to clone from (internal/notifier/bitbucketserver.go).
 *
 * https://developer.atlassian.com/server/bitbucket/rest/latest/api-group-builds-and-deployments/
 */
export const createBitbucketServer: NotifierFactory = (settings, { commitStatus }, { http }) => {
  const { address, token, username, password } = settings;
  const base = commitsUrl(address);
  if (commitStatus === '') throw new NotifyError('commit status cannot be empty', { permanent: true });
  if (token === '' && (username === '' || password === '')) {
    throw fault('invalid credentials, expected to be one of username/password or API Token');
  }
  const headers = {
    ...(token === '' ? basic(username, password) : bearer(token)),
    'x-atlassian-token': 'no-check',
    'x-requested-with': 'XMLHttpRequest',
  };
  const api = new JsonApi({ http, route: routeOf(settings), base, headers });
  const key = statusKey(commitStatus);
  return {
    async post(event, signal) {
      const status = commitStatusOf(event, states);
      if (status === undefined) return;
      const { commit, state, description } = status;
      const name = `${nameAndDescription(event).name} [${description}]`;
      const path = `/${commit}/builds`;
      const otherwise = 'failed api call to check duplicate commit status';
      const get = { method: 'GET', path: `${path}?key=${key}`, otherwise, alsoFine: [404] } as const;
      const known = await within('could not get existing commit status', api.call(get, signal));
      if (isRecord(known) && isSame(known, { key, state, description, name })) return;
      const body = { description, key, name, state, url: address };
      await api.call({ method: 'POST', path, body, otherwise: 'could not post build status' }, signal);
    },
  };
};

function isSame(known: Readonly<Record<string, unknown>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => known[name] === value);
}

/** Of `https://host/context/scm/project/repository.git` what the API has the commits under. */
function commitsUrl(address: string): string {
  if (!URL.canParse(address)) throw fault('could not parse git address: it is not a valid URL');
  const { protocol, origin, pathname } = new URL(address);
  if (protocol !== 'http:' && protocol !== 'https:') {
    const scheme = protocol.slice(0, -1);
    throw fault(`could not parse git address: unsupported scheme type in address: ${scheme}. Must be http or https`);
  }
  const path = pathname.replace(/\.git$/, '');
  const at = path.lastIndexOf('/scm/');
  if (at < 0) throw fault('could not parse git address: supplied provider address is not http(s) git clone url');
  const id = path.slice(at + '/scm/'.length);
  const [project = '', repository = '', ...more] = id.split('/');
  if (project === '' || repository === '' || more.length > 0) {
    throw fault(`could not parse git address: invalid repository id ${JSON.stringify(id)}`);
  }
  return `${origin}${path.slice(0, at)}/rest/api/latest/projects/${project}/repos/${repository}/commits`;
}

function fault(message: string): NotifyError {
  return new NotifyError(message, { permanent: true });
}

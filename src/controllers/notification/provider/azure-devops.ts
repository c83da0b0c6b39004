import { isRecord } from '../../../lib/json.ts';
import type { NotificationEvent } from '../event.ts';
import { basic } from './authorization.ts';
import { azureToken } from './azure-token.ts';
import { type CommitStatus, commitStatusOf } from './commit-status.ts';
import type { NotifierFactory } from './create-notifier.ts';
import { parseGitAddress } from './git-address.ts';
import { JsonApi } from './json-api.ts';
import { NotifyError } from './notifier.ts';
import { within } from './post-json.ts';
import { routeOf, withSecret } from './secrets-of.ts';

const states = { info: 'succeeded', error: 'error', otherwise: "can't convert to azure devops state" };
/** Azure DevOps in Entra ID (fluxcd/pkg auth/azure). */
const scope = '499b84ac-1321-427f-aa17-267ca6975798/.default';

/**
 * Azure DevOps: sets the status of the commit, unless it says the same already. Without a token, the identity of the
 * ServiceAccount or of the controller is used (internal/notifier/azure_devops.go).
 *
 * https://learn.microsoft.com/rest/api/azure/devops/git/statuses/create
 */
export const createAzureDevops: NotifierFactory = (settings, { commitStatus: name }, deps) => {
  const { origin, id } = parseGitAddress(settings.address);
  if (name === '') throw new NotifyError('commit status cannot be empty', { permanent: true });
  const parts = id.split('/');
  const [organization = '', project = '', , repository = ''] = parts;
  if (parts.length !== 4) {
    throw new NotifyError(`invalid repository id ${JSON.stringify(id)}`, { permanent: true });
  }
  const base = `${origin}/${encodeURIComponent(organization)}/${encodeURIComponent(project)}/_apis/git/repositories/${encodeURIComponent(repository)}`;
  const route = routeOf(settings);
  const open = async (signal: AbortSignal): Promise<JsonApi> => {
    const token =
      settings.token ||
      (await within('failed to acquire azure devops token', azureToken(settings, deps, scope, signal)));
    const headers = {
      accept: 'application/json;api-version=6.0',
      'x-tfs-fedauthredirect': 'Suppress',
      ...basic('', token),
    };
    return new JsonApi({ http: deps.http, route: withSecret(route, token), base, headers });
  };
  return {
    async post(event, signal) {
      const status = commitStatusOf(event, states);
      if (status === undefined) return;
      const api = await open(signal);
      const path = `/commits/${status.commit}/statuses`;
      const list = { method: 'GET', path, otherwise: 'could not list commit statuses' } as const;
      const listed = await api.call(list, signal);
      const context = { genre: genreOf(event), name };
      if (isSaid(listed, context, status)) return;
      const body = { context, description: status.description, state: status.state };
      const headers = { 'content-type': 'application/json;charset=utf-8' };
      const otherwise = 'could not create commit status';
      await api.call({ method: 'POST', path, body, headers, otherwise }, signal);
    },
  };
};

function genreOf({ metadata }: NotificationEvent): string {
  const { summary } = metadata;
  return summary === undefined ? 'fluxcd' : `fluxcd:${summary}`;
}

interface Context {
  readonly genre: string;
  readonly name: string;
}

/** Whether the latest status of this context says the same. */
function isSaid(listed: unknown, { genre, name }: Context, { state, description }: CommitStatus): boolean {
  const all = isRecord(listed) && Array.isArray(listed['value']) ? listed['value'].filter(isRecord) : [];
  const latest = all.find(({ context }) => isRecord(context) && context['genre'] === genre && context['name'] === name);
  return latest !== undefined && latest['state'] === state && latest['description'] === description;
}

import { createHmac } from 'node:crypto';
import { eventBody } from '../event.ts';
import { azureToken } from './azure-token.ts';
import type { NotifierDeps, NotifierFactory } from './create-notifier.ts';
import { goJson } from './go-json.ts';
import { NotifyError } from './notifier.ts';
import { within } from './post-json.ts';
import { routeOf, withSecret } from './secrets-of.ts';
import type { ProviderSettings } from './settings.ts';

/** Where an event hub is. */
interface Hub {
  readonly host: string;
  readonly name: string;
}

/** Event Hubs in Entra ID (fluxcd/pkg auth/azure/scopes.go). */
const scope = 'https://eventhubs.azure.net//.default';
const suffixes = ['.servicebus.windows.net', '.servicebus.chinacloudapi.cn', '.servicebus.usgovcloudapi.net'] as const;
/** How long a signature is good; each message has its own. */
const signatureMs = 300_000;

/**
 * Azure Event Hubs: sends the event as it is. The address is a connection string, or the name of a hub in the namespace
 * that is the channel, for a token: that of the Secret, or of the ServiceAccount's or controller's identity
 * (internal/notifier/azure_eventhub.go, which speaks AMQP; this is the REST API).
 *
 * https://learn.microsoft.com/rest/api/eventhub/send-event
 */
export const createAzureEventHub: NotifierFactory = (settings, _delivery, deps) => {
  checkAuth(settings);
  const isSigned = settings.address.includes('SharedAccessKey');
  const connection = isSigned ? connectionOf(settings.address) : undefined;
  const hub = connection?.hub ?? { host: hostOf(settings, deps), name: settings.address };
  const uri = `https://${hub.host}/${encodeURIComponent(hub.name)}`;
  const route = routeOf(settings);
  const authorize = async (signal: AbortSignal): Promise<{ readonly header: string; readonly secret: string }> => {
    if (connection !== undefined) {
      return { header: signature(connection, uri, deps.clock.now()), secret: connection.key };
    }
    const failed = 'failed to create a eventhub using managed identity';
    const token = settings.token || (await within(failed, azureToken(settings, deps, scope, signal)));
    return { header: `Bearer ${token}`, secret: token };
  };
  return {
    async post(event, signal) {
      const { header, secret } = await authorize(signal);
      const headers = { authorization: header, 'content-type': 'application/atom+xml;type=entry;charset=utf-8' };
      const url = `${uri}/messages?timeout=60&api-version=2014-01`;
      const call = { method: 'POST', url, headers, body: goJson(eventBody(event)) } as const;
      await within('failed to send msg', deps.http.succeed(call, withSecret(route, secret), signal));
    },
  };
};

function checkAuth({ address, token, serviceAccountName }: ProviderSettings): void {
  const fail = (problem: string): NotifyError => fault(`invalid authentication options: ${problem}`);
  if (address === '') throw fail('endpoint URL cannot be empty');
  if (address.includes('SharedAccessKey')) {
    if (serviceAccountName !== '')
      throw fail('serviceAccountName and SAS authentication cannot be set at the same time');
    if (token !== '') throw fail('jwt token and SAS authentication cannot be set at the same time');
  } else if (serviceAccountName !== '' && token !== '') {
    throw fail('serviceAccountName and jwt token authentication cannot be set at the same time');
  }
}

/**
 * The host of the namespace that is the channel. A token of an identity goes to Azure's hosts only: it would open other
 * hubs as well.
 */
function hostOf({ channel, token }: ProviderSettings, { cloud }: NotifierDeps): string {
  const host = channel.includes('.servicebus.') ? channel : `${channel}${suffixOf(cloud)}`;
  const isName = /^[a-z0-9][a-z0-9.-]{0,250}$/i.test(host);
  if (!isName || channel === '') throw fault(`invalid Event Hubs namespace '${channel}'`);
  if (token === '' && !suffixes.some((suffix) => host.toLowerCase().endsWith(suffix))) {
    throw fault(`the Event Hubs namespace must be in one of Azure's domains: ${suffixes.join(', ')}`);
  }
  return host;
}

function suffixOf({ environment }: NotifierDeps['cloud']): string {
  const authority = environment.variables['AZURE_AUTHORITY_HOST'] ?? '';
  if (authority.includes('chinacloudapi.cn')) return suffixes[1];
  if (authority.includes('microsoftonline.us')) return suffixes[2];
  return suffixes[0];
}

interface Connection {
  readonly hub: Hub;
  readonly keyName: string;
  readonly key: string;
}

/** `Endpoint=sb://host/;SharedAccessKeyName=...;SharedAccessKey=...;EntityPath=hub`. */
function connectionOf(text: string): Connection {
  const parts = new Map(
    text
      .split(';')
      .map((part) => part.split('='))
      .map(([name = '', ...value]) => [name.trim().toLowerCase(), value.join('=').trim()]),
  );
  const endpoint = parts.get('endpoint') ?? '';
  const keyName = parts.get('sharedaccesskeyname') ?? '';
  const key = parts.get('sharedaccesskey') ?? '';
  const name = parts.get('entitypath') ?? '';
  const fail = (problem: string): NotifyError => fault(`failed to create a eventhub using SAS: ${problem}`);
  if (!URL.canParse(endpoint)) throw fail('the connection string has no Endpoint');
  if (keyName === '' || key === '') throw fail('the connection string has no SharedAccessKeyName or SharedAccessKey');
  if (name === '') throw fail('connection string does not contain an EntityPath. eventHub cannot be an empty string');
  return { hub: { host: new URL(endpoint.replace(/^sb:/, 'https:')).host, name }, keyName, key };
}

/** https://learn.microsoft.com/rest/api/eventhub/generate-sas-token */
function signature({ keyName, key }: Connection, uri: string, now: number): string {
  const resource = encodeURIComponent(uri);
  const expiry = Math.ceil((now + signatureMs) / 1000);
  const digest = createHmac('sha256', key).update(`${resource}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(digest)}&se=${expiry}&skn=${encodeURIComponent(keyName)}`;
}

function fault(message: string): NotifyError {
  return new NotifyError(message, { permanent: true });
}

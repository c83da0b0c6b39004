import { isTimeout } from '../../../lib/errors.ts';
import { eventBody } from '../event.ts';
import type { NotifierDeps, NotifierFactory } from './create-notifier.ts';
import { goJson } from './go-json.ts';
import { NatsConnection, type NatsIdentity, type NatsServer } from './nats-connection.ts';
import { natsCredentials, natsKey } from './nats-key.ts';
import { NotifyError } from './notifier.ts';
import { within } from './post-json.ts';
import type { ProviderSettings } from './settings.ts';

/**
 * NATS: publishes the event to the subject that is the channel. Who we are comes from the Secret: `creds`, else `nkey`,
 * else user name and password (internal/notifier/nats.go). The address may list servers, which are tried in order.
 *
 * https://docs.nats.io/nats-concepts/core-nats/pubsub
 */
export const createNats: NotifierFactory = (settings, _delivery, { http }) => {
  const { address, channel: subject } = settings;
  if (address === '') throw fault('NATS server (address) cannot be empty');
  if (subject === '') throw fault('NATS subject (channel) cannot be empty');
  if (/[^\u0021-\u007e]/.test(subject)) throw fault('NATS subject (channel) has characters that no subject may have');
  const servers = address.split(',').map((text) => serverOf(text.trim(), settings, http));
  const identity = identityOf(settings);
  return {
    async post(event, signal) {
      const payload = Buffer.from(goJson(eventBody(event)));
      const failed = `error publishing event to subject ${subject}`;
      await within(failed, publish(servers, identity, { subject, payload }, signal));
    },
  };
};

interface Message {
  readonly subject: string;
  readonly payload: Buffer;
}

async function publish(
  servers: readonly NatsServer[],
  identity: NatsIdentity,
  { subject, payload }: Message,
  signal: AbortSignal,
): Promise<void> {
  try {
    using connection = await within('error connecting to server', anyOf(servers, identity, signal));
    await within('error publishing message to server', connection.publish(subject, payload));
  } catch (cause) {
    if (isTimeout(cause)) throw new NotifyError('context deadline exceeded', { permanent: false, cause });
    throw cause;
  }
}

/** The first server that takes us. */
async function anyOf(
  servers: readonly NatsServer[],
  identity: NatsIdentity,
  signal: AbortSignal,
): Promise<NatsConnection> {
  let failure: unknown;
  for (const server of servers) {
    try {
      return await NatsConnection.open(server, identity, signal);
    } catch (error) {
      if (!(error instanceof NotifyError)) throw error;
      failure = error;
    }
  }
  throw failure;
}

function serverOf(text: string, { tls }: ProviderSettings, { guard }: NotifierDeps['http']): NatsServer {
  const full = text.includes('://') ? text : `nats://${text}`;
  if (!URL.canParse(full)) throw fault('NATS server (address) is not a valid URL');
  const { protocol, hostname, port } = new URL(full);
  if (protocol !== 'nats:' && protocol !== 'tls:') {
    throw fault(`NATS server (address) must have the scheme nats or tls, got '${protocol.slice(0, -1)}'`);
  }
  const host = hostname.replace(/^\[|\]$/g, '');
  const refusal = guard.refusal(host);
  if (refusal !== undefined) throw fault(refusal);
  return { host, port: port === '' ? 4222 : Number(port), wantsTls: protocol === 'tls:', tls, lookup: guard.lookup };
}

function identityOf({ secretData, username, password, address }: ProviderSettings): NatsIdentity {
  const creds = secretData.get('creds')?.toString('utf8') ?? '';
  if (creds !== '') {
    const { jwt, key } = natsCredentials(creds);
    return (nonce) => ({ jwt, sig: key.sign(nonce) });
  }
  const seed = secretData.get('nkey')?.toString('utf8') ?? '';
  if (seed !== '') {
    const key = natsKey(seed);
    return (nonce) => ({ nkey: key.publicKey, sig: key.sign(nonce) });
  }
  if (username !== '' && password !== '') return () => ({ user: username, pass: password });
  return userInfo(address);
}

/** A user in the address, as NATS' own clients take one. */
function userInfo(address: string): NatsIdentity {
  const [first = ''] = address.split(',');
  const { username, password } = new URL(first.includes('://') ? first : `nats://${first}`);
  if (username === '') return () => ({});
  const user = decodeURIComponent(username);
  return () => (password === '' ? { auth_token: user } : { user, pass: decodeURIComponent(password) });
}

function fault(message: string): NotifyError {
  return new NotifyError(message, { permanent: true });
}

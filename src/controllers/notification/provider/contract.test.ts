import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { metadataServices } from '../../../auth/address-guard.ts';
import type { CloudAuth } from '../../../auth/cloud-auth.ts';
import { providerTypes } from '../../../crds/notification/provider.ts';
import type { Clock } from '../../../lib/clock.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { isRecord } from '../../../lib/json.ts';
import type { NotificationEvent } from '../event.ts';
import { createNotifier, type NotifierDeps } from './create-notifier.ts';
import { NotifierHttp } from './http.ts';
import type { ProviderSettings, ProviderType } from './settings.ts';
import { type Answer, CaptureServer, type SeenRequest, testdata } from './testing.ts';

/**
 * testdata/contract has a file for each type: cases, and the requests that notification-controller (main, 2e46958)
 * sends for them to a server that notes them. `error` is what it says when it fails; `says` what we say instead, where
 * the original quotes an address, or what its client library makes of an answer. Cases without a recording have
 * `source: documentation`.
 */
interface ContractCase {
  readonly name: string;
  readonly source?: 'documentation';
  readonly settings: Partial<Omit<ProviderSettings, 'secretData'>> & {
    readonly secretData?: Readonly<Record<string, string>>;
    readonly commitStatus?: string;
  };
  readonly event: string;
  readonly answers?: readonly Answer[];
  /** Requests of the original's client libraries that we need not send. */
  readonly ignore?: readonly string[];
  readonly requests: readonly SeenRequest[];
  /** What we send instead, where we ask for less. */
  readonly sends?: readonly SeenRequest[];
  readonly error?: string;
  readonly says?: string;
}

/** Types that speak no HTTP, and where their contract is tested. */
const elsewhere: Partial<Readonly<Record<ProviderType, string>>> = {
  nats: './nats.test.ts',
};

/** Waits for nothing. */
const hasty: Clock = {
  now: () => Date.parse('2026-01-02T15:04:05Z'),
  setTimeout(fn) {
    const timer = setImmediate(fn);
    return { cancel: () => clearImmediate(timer) };
  },
};

type GivenEvent = Partial<Omit<NotificationEvent, 'involvedObject'>> & {
  readonly involvedObject: Partial<NotificationEvent['involvedObject']>;
};

const events = testdata('contract/events.json') as Readonly<Record<string, GivenEvent>>;

describe('every type of Provider sends what the original does', () => {
  let server: CaptureServer;
  before(async () => {
    server = await CaptureServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const type of providerTypes) {
    const file = elsewhere[type];
    if (file !== undefined) {
      it(`${type}: ${file}`, () => assert.ok(existsSync(new URL(file, import.meta.url))));
      continue;
    }
    for (const given of testdata(`contract/${type}.json`) as readonly ContractCase[]) {
      it(`${type}: ${given.name}`, async () => {
        const local = localized(given, server.address);
        const { settings, answers = [], requests, sends = requests, error = '', says = error } = local;
        server.expect(answers);
        const problem = await outcome(type, settings, eventOf(given.event), depsFor(server));
        assert.equal(problem.replace(/^failed to initialize notifier: /, ''), says);
        assert.deepEqual(
          server.seen.map((seen) => comparable(type, seen)),
          sends.map((sent) => comparable(type, sent)),
        );
      });
    }
  }
});

async function outcome(
  type: ProviderType,
  { secretData, commitStatus = '', ...given }: ContractCase['settings'],
  event: NotificationEvent,
  deps: NotifierDeps,
): Promise<string> {
  const settings: ProviderSettings = {
    type,
    provider: { namespace: 'flux-system', name: 'sink', uid: '11111111-2222-3333-4444-555555555555' },
    address: '',
    channel: '',
    username: '',
    password: '',
    token: '',
    headers: {},
    serviceAccountName: '',
    timeoutMs: 30_000,
    ...given,
    secretData: new Map(
      Object.entries({ ...(given.token === undefined ? {} : { token: given.token }), ...secretData }).map(
        ([name, value]) => [name, Buffer.from(value)],
      ),
    ),
  };
  const alert = { namespace: 'flux-system', name: 'on-call', uid: '99999999-8888-7777-6666-555555555555' };
  try {
    await createNotifier(settings, { alert, commitStatus }, deps).post(event, new AbortController().signal);
    return '';
  } catch (error) {
    return errorMessage(error);
  }
}

function depsFor(server: CaptureServer): NotifierDeps {
  const options = { agents: server.agents, guard: metadataServices, clock: hasty, random: () => 0 };
  return { http: new NotifierHttp(options), clock: hasty, cloud: cloud, defaultServiceAccount: '' };
}

function localized(given: ContractCase, address: string): ContractCase {
  const text = JSON.stringify(given).replaceAll('$SERVER', `http://${address}`).replaceAll('$HOSTPORT', address);
  return JSON.parse(text) as ContractCase;
}

function eventOf(name: string): NotificationEvent {
  const given = events[name];
  assert.ok(given !== undefined);
  const involvedObject = { apiVersion: '', uid: '', ...given.involvedObject };
  return { metadata: {}, reportingInstance: '', ...given, involvedObject } as NotificationEvent;
}

/** Gives the same token to all, whoever they are. */
const cloud = {
  tokens: { get: async () => ({ token: 'cloud-token', expiresAt: Number.POSITIVE_INFINITY }) },
  environment: { variables: {} },
} as unknown as CloudAuth;

/**
 * Only what a service looks at: a request without a body has no type of it, a form may be encoded in several ways, and
 * ids that are random on both sides say nothing.
 */
function comparable(type: ProviderType, { body, headers, ...rest }: SeenRequest): unknown {
  const { 'content-type': contentType, ...others } = headers;
  if (body === undefined) return { ...rest, headers: others };
  if (type === 'sentry') return { ...rest, envelope: envelope(String(body)), headers: sentryHeaders(headers) };
  if (type === 'otel') return { ...rest, headers, span: span(String(body)) };
  const isForm = contentType === 'application/x-www-form-urlencoded';
  return { ...rest, headers, body: isForm ? Object.fromEntries(new URLSearchParams(String(body))) : body };
}

function sentryHeaders(headers: SeenRequest['headers']): SeenRequest['headers'] {
  return { ...headers, 'x-sentry-auth': headers['x-sentry-auth']?.replace(/sentry_client=[^,]+/, '') ?? '' };
}

/** What an envelope says of the event: not its random ids, and not what the original's library knows of its machine. */
function envelope(body: string): unknown {
  const [, item, payload] = textOf(body)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  assert.ok(payload !== undefined && isRecord(payload['contexts']));
  const { event_id: _id, platform: _platform, sdk: _sdk, contexts, spans, server_name: server, ...said } = payload;
  return {
    type: item?.['type'],
    ...said,
    ...(said['type'] === 'transaction' ? {} : { server, metadata: contexts['metadata'] }),
    spans: (Array.isArray(spans) ? spans : []).map(({ trace_id: _trace, span_id: _span, ...one }) => one),
  };
}

/** A span without its random id and the time of sending. */
function span(body: string): string {
  const bytes = Buffer.from(body.replace(/^base64:/, ''), 'base64').toString('latin1');
  const masked = bytes
    .replace(/(\x0a\x10[\s\S]{16}\x12\x08)[\s\S]{8}/, '$1--------')
    .replace(/(\x39[\s\S]{8}\x41)[\s\S]{8}/, '$1--------');
  return Buffer.from(masked, 'latin1').toString('base64');
}

function textOf(body: string): string {
  return body.startsWith('base64:') ? Buffer.from(body.slice('base64:'.length), 'base64').toString('utf8') : body;
}

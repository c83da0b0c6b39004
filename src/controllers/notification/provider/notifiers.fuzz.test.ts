import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { metadataServices } from '../../../auth/address-guard.ts';
import type { CloudAuth } from '../../../auth/cloud-auth.ts';
import { providerTypes } from '../../../crds/notification/provider.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { NotificationEvent } from '../event.ts';
import { createNotifier, type NotifierDeps } from './create-notifier.ts';
import { NotifierHttp } from './http.ts';
import { NotifyError } from './notifier.ts';
import type { ProviderSettings } from './settings.ts';
import { CaptureServer } from './testing.ts';

const seed = 20_260_102;

const clock: Clock = {
  now: () => 0,
  setTimeout(fn) {
    const timer = setImmediate(fn);
    return { cancel: () => clearImmediate(timer) };
  },
};

const cloud = {
  tokens: { get: async () => ({ token: 'cloud-token', expiresAt: Number.POSITIVE_INFINITY }) },
  environment: { variables: {} },
  cache: { getOrFetch: async () => ({ token: 'cloud-token', expiresAt: Number.POSITIVE_INFINITY }) },
} as unknown as CloudAuth;

/** What no message may show. Long, so that it is not by chance part of something else. */
const secret = 'hunter22-hunter22-hunter22';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.constantFrom(
    '',
    secret,
    `https://a.example.com/${secret}`,
    'https://a.example.com/acme/podinfo.git',
    'https://a.example.com/scm/acme/podinfo.git',
    'git@a.example.com:acme/podinfo',
    'https://dev.azure.com/o/p/_git/r',
    'a/b',
    'u:p',
    'Endpoint=sb://a.example.com/;SharedAccessKeyName=n;SharedAccessKey=k;EntityPath=e',
    '\r\nx-evil: 1',
    'http://[::1',
    `https://${secret}@sentry.example.com/1`,
  ),
);

const types = providerTypes.filter((type) => type !== 'nats');

const settings: fc.Arbitrary<ProviderSettings> = fc
  .record({
    type: fc.constantFrom(...types),
    address: text,
    channel: text,
    username: text,
    password: text,
    token: text,
    headers: fc.dictionary(text, text, { maxKeys: 2 }),
    entries: fc.dictionary(
      fc.constantFrom('token', 'githubAppID', 'githubAppPrivateKey', 'githubAppInstallationID'),
      text,
    ),
    serviceAccountName: text,
  })
  .map(({ entries, ...given }) => ({
    ...given,
    provider: { namespace: 'ns', name: 'sink', uid: 'u' },
    secretData: new Map(
      Object.entries({ ...entries, address: given.address }).map(([name, value]) => [name, Buffer.from(value)]),
    ),
    timeoutMs: 20_000,
  }));

const event: fc.Arbitrary<NotificationEvent> = fc
  .record({
    texts: fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { minLength: 8, maxLength: 8 }),
    severity: fc.constantFrom('trace', 'info', 'error'),
    metadata: fc.dictionary(
      fc.oneof(fc.constantFrom('revision', 'summary', 'change_request', '__proto__'), fc.string()),
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('7', 'main@sha1:0123456789abcdef0123456789abcdef01234567'),
      ),
      { maxKeys: 4 },
    ),
  })
  .map(
    ({
      texts: [apiVersion = '', kind = '', namespace = '', name = '', uid = '', message = '', reason = '', time = ''],
      ...rest
    }) => ({
      ...rest,
      involvedObject: { apiVersion, kind, namespace, name, uid },
      timestamp: time.length % 2 === 0 ? '2026-01-02T15:04:05Z' : time,
      message,
      reason,
      reportingController: name,
      reportingInstance: uid,
    }),
  );

const delivery = { alert: { namespace: 'ns', name: 'a', uid: 'u' }, commitStatus: 'kustomization/apps/1' };

describe('notifiers, whatever Providers and events say', () => {
  let server: CaptureServer;
  let deps: NotifierDeps;
  before(async () => {
    server = await CaptureServer.start();
    const http = new NotifierHttp({ agents: server.agents, guard: metadataServices, clock, random: () => 0 });
    deps = { http, cloud, clock, defaultServiceAccount: '' };
  });
  after(() => server[Symbol.asyncDispose]());

  it('send or tell what is wrong, without what is in the Secret', async () => {
    await fc.assert(
      fc.asyncProperty(settings, event, async (given, happened) => {
        server.expect([{ request: 'POST', status: 400, body: `no: ${secret}` }]);
        try {
          await createNotifier(given, delivery, deps).post(happened, new AbortController().signal);
        } catch (error) {
          assert.ok(error instanceof NotifyError, `${given.type}: ${error instanceof Error ? error.stack : error}`);
          const isKnown = given.token === secret || given.password === secret || given.address.includes(secret);
          if (isKnown) assert.ok(!error.message.includes(secret), `${given.type}: ${error.message}`);
        }
      }),
      { seed, numRuns: 1500 },
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiError } from '../../../../test/support/fake-client.ts';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { alertNamed, eventAbout } from '../alert/testing.ts';
import type { NotificationEvent } from '../event.ts';
import { NotifyError } from '../provider/notifier.ts';
import type { Delivery, ProviderSettings } from '../provider/settings.ts';
import { type ProviderObject, type SendDeps, Sender, SendFailure } from './send.ts';

const settings: ProviderSettings = {
  type: 'generic',
  provider: { namespace: 'apps', name: 'sink', uid: 'p1' },
  address: 'http://sink.example.com',
  channel: '',
  username: '',
  password: '',
  token: '',
  headers: {},
  secretData: new Map(),
  serviceAccountName: '',
  timeoutMs: 15_000,
};

const notification = {
  alert: alertNamed(),
  event: eventAbout(),
  provider: { namespace: 'apps', name: 'sink' },
  about: 'Kustomization/apps/app',
  bytes: 1,
};

function provider(resourceVersion = '1', suspend = false): ProviderObject {
  return {
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind: 'Provider',
    metadata: { namespace: 'apps', name: 'sink', uid: 'p1', resourceVersion },
    spec: { type: 'generic', suspend },
  };
}

function setUp(deps: Partial<SendDeps> = {}) {
  const clock = new ManualClock();
  const posted: { readonly event: NotificationEvent; readonly delivery: Delivery }[] = [];
  const counts = { resolved: 0 };
  const sender = new Sender({
    provider: () => provider(),
    refusal: () => undefined,
    resolve: () => {
      counts.resolved += 1;
      return Promise.resolve(settings);
    },
    commitStatus: () => 'kustomization/app/p1',
    createNotifier: (_settings, delivery) => ({
      post(event) {
        posted.push({ event, delivery });
        return Promise.resolve();
      },
    }),
    clock,
    ...deps,
  });
  const send = () => sender.send(notification, new AbortController().signal);
  return { clock, sender, send, posted, counts };
}

describe('Sender', () => {
  it('posts an event for its Alert', async () => {
    const { send, posted } = setUp();
    assert.equal(await send(), true);
    assert.deepEqual(posted, [
      {
        event: eventAbout(),
        delivery: {
          alert: { namespace: 'apps', name: 'alert', uid: 'uid-alert' },
          commitStatus: 'kustomization/app/p1',
        },
      },
    ]);
  });

  it('posts nothing through a Provider that was suspended meanwhile', async () => {
    const { send, posted } = setUp({ provider: () => provider('1', true) });
    assert.equal(await send(), false);
    assert.deepEqual(posted, []);
  });

  it('reads Secrets once for a burst, and anew for a Provider that changed or after a while', async () => {
    let version = '1';
    const { send, counts, clock } = setUp({ provider: () => provider(version) });
    await Promise.all([send(), send(), send()]);
    assert.equal(counts.resolved, 1);
    version = '2';
    await send();
    assert.equal(counts.resolved, 2);
    clock.advance(500);
    assert.equal(clock.pending, 0, 'and keeps none');
    await send();
    assert.equal(counts.resolved, 3);
  });

  const dispatch = 'failed to dispatch notification for Kustomization/apps/app';
  const post = (error: unknown): Partial<SendDeps> => ({
    createNotifier: () => ({ post: () => Promise.reject(error) }),
  });
  const timeout = new DOMException('timed out', 'TimeoutError');
  const failures: readonly {
    name: string;
    deps: Partial<SendDeps>;
    message: string;
    permanent: boolean;
    retryAfterMs?: number;
    unanswered?: boolean;
  }[] = [
    {
      name: 'no Provider',
      deps: { provider: () => undefined },
      message: `${dispatch}: failed to read provider: Provider.notification.toolkit.fluxcd.io "sink" not found`,
      permanent: true,
    },
    {
      name: 'an identity that is not allowed',
      deps: { refusal: () => 'please enable the feature gate' },
      message: `${dispatch}: please enable the feature gate`,
      permanent: true,
    },
    {
      name: 'no Secret yet',
      deps: {
        resolve: () =>
          Promise.reject(new NotifyError("failed to get secret 'apps/x': not found", { permanent: false })),
      },
      message: `${dispatch}: failed to initialize notifier for provider 'sink': failed to get secret 'apps/x': not found`,
      permanent: false,
    },
    {
      name: 'no API server',
      deps: { resolve: () => Promise.reject(apiError(503, 'ServiceUnavailable', 'out')) },
      message: `${dispatch}: failed to initialize notifier for provider 'sink': out`,
      permanent: false,
    },
    {
      name: 'settings that are none',
      deps: {
        createNotifier() {
          throw new NotifyError('invalid hook URL', { permanent: true });
        },
      },
      message: `${dispatch}: failed to initialize notifier for provider 'sink': invalid hook URL`,
      permanent: true,
    },
    {
      name: 'no commit status',
      deps: {
        commitStatus() {
          throw new Error('no such key: x');
        },
      },
      message: `${dispatch}: failed to create commit status: no such key: x`,
      permanent: true,
    },
    {
      name: 'a refusal',
      deps: post(new NotifyError('request failed with status code 400', { permanent: true })),
      message: 'failed to send notification for Kustomization/apps/app: request failed with status code 400',
      permanent: true,
    },
    {
      name: 'a wish for rest',
      deps: post(new NotifyError('request failed with status code 429', { permanent: false, retryAfterMs: 60_000 })),
      message: 'failed to send notification for Kustomization/apps/app: request failed with status code 429',
      permanent: false,
      retryAfterMs: 60_000,
    },
    {
      name: 'no answer in time',
      deps: post(timeout),
      message: 'failed to send notification for Kustomization/apps/app: context deadline exceeded',
      permanent: false,
      unanswered: true,
    },
    {
      name: 'a token in what the service says',
      deps: post(new NotifyError('GET https://user:hunter2@example.com/?token=abc failed', { permanent: true })),
      message:
        'failed to send notification for Kustomization/apps/app: GET https://*****@example.com/?token=***** failed',
      permanent: true,
    },
    {
      name: 'a fault of ours',
      deps: post(new TypeError('x is undefined')),
      message: 'failed to send notification for Kustomization/apps/app: x is undefined',
      permanent: true,
    },
  ];
  for (const { name, deps, message, permanent, retryAfterMs, unanswered = false } of failures) {
    it(`says why it failed: ${name}`, async () => {
      await assert.rejects(setUp(deps).send(), (error) => {
        assert.ok(error instanceof SendFailure);
        assert.deepEqual([error.message, error.permanent, error.retryAfterMs], [message, permanent, retryAfterMs]);
        assert.equal(error.unanswered, unanswered);
        return true;
      });
    });
  }
});

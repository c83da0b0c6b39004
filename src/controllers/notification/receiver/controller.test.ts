import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FakeServer, resource } from '../../../../test/support/fake-client.ts';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { waitFor } from '../../../../test/support/wait-for.ts';
import { receiver } from '../../../../test/support/webhook-world.ts';
import type { Receiver } from '../../../crds/notification/receiver.ts';
import type { KubeObject } from '../../../kube/object.ts';
import type { Environment } from '../../../runtime/composition.ts';
import type { Flags, FlagValues } from '../../../runtime/flag-types.ts';
import { commonFlags } from '../../../runtime/flags.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import { createMetrics } from '../../../runtime/metrics.ts';
import { notificationGatesFlag } from '../flags.ts';
import { receiverController } from './controller.ts';
import { webhookPath } from './webhook-path.ts';

function defaults<F extends Flags>(flags: F): FlagValues<F> {
  return Object.fromEntries(Object.entries(flags).map(([key, flag]) => [key, flag.default])) as FlagValues<F>;
}

describe('the controller of Receivers', () => {
  let stop: AbortController;
  let server: FakeServer;
  let clock: ManualClock;
  let events: string[];
  let running: Promise<unknown>;

  beforeEach(async () => {
    stop = new AbortController();
    server = new FakeServer();
    server.types = [...server.types, resource('notification.toolkit.fluxcd.io/v1', 'Receiver')];
    clock = new ManualClock();
    events = [];
    const environment: Environment = {
      client: server.client(),
      connect: () => {
        throw new Error('Receivers have one cluster');
      },
      clock,
      events: { event: (_object, { reason, message }) => void events.push(`${reason}: ${message}`) },
      flags: defaults(commonFlags({ concurrent: 4 })),
      log: silentLogger,
      metrics: createMetrics(),
      tempDir: '',
    };
    const {
      caches,
      standbyCaches = [],
      runnables,
    } = receiverController(environment, notificationGatesFlag.default, false);
    for (const cache of [...caches, ...standbyCaches]) cache.start(stop.signal);
    await Promise.all([...caches, ...standbyCaches].map(({ synced }) => synced));
    running = Promise.all(runnables.map((runnable) => runnable.start(stop.signal)));
  });
  afterEach(async () => {
    stop.abort();
    await running;
  });

  const secret = (token: string): void =>
    void server.edit({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'token', namespace: 'apps', labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } },
      data: { token: Buffer.from(token).toString('base64') },
    });
  const create = (): void => {
    const { status: _, ...fresh } = receiver({ type: 'generic' });
    server.edit(fresh as KubeObject);
  };
  const status = () => (server.find('Receiver', 'hook') as (Receiver & KubeObject) | undefined)?.status;
  const path = (token: string) => webhookPath(Buffer.from(token), { name: 'hook', namespace: 'apps' });
  const done = 'Succeeded: Reconciliation finished, next run in 10m0s';

  it('gives a Receiver its path, says so once, and looks again at its interval without a word or a write', async () => {
    secret('one');
    create();
    await waitFor(() => status()?.webhookPath === path('one'), 'the path');
    await waitFor(() => events.length === 1, 'the event');
    assert.deepEqual(events, [done]);
    assert.deepEqual(server.find('Receiver', 'hook')?.metadata.finalizers, ['finalizers.fluxcd.io']);
    server.taken();
    clock.advance(600_000);
    await waitFor(() => server.requests.length > 0, 'the next look');
    assert.deepEqual(server.taken(), ['get Secret/token']);
    assert.deepEqual(events, [done]);
  });

  it('follows a labelled Secret, and takes the path away with it', async () => {
    create();
    await waitFor(() => status()?.conditions?.some(({ reason }) => reason === 'TokenNotFound'), 'the failure');
    assert.match(events[0] ?? '', /^Failed: unable to read token from secret 'apps\/token' error: /);
    secret('one');
    await waitFor(() => status()?.webhookPath === path('one'), 'the path');
    secret('two');
    await waitFor(() => status()?.webhookPath === path('two'), 'the other path');
    const found = server.find('Secret', 'token');
    assert.ok(found !== undefined);
    server.remove(server.typeOf(found), found);
    await waitFor(() => status()?.webhookPath === undefined, 'no path');
    assert.equal(status()?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'TokenNotFound');
  });

  it('answers a request for a reconcile with an event', async () => {
    secret('one');
    create();
    await waitFor(() => events.length === 1, 'the first event');
    const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' };
    const object = server.find('Receiver', 'hook');
    assert.ok(object !== undefined);
    server.edit({ ...object, metadata: { ...object.metadata, annotations } });
    await waitFor(() => events.length === 2, 'the second event');
    assert.deepEqual(events, [done, done]);
    await waitFor(() => status()?.lastHandledReconcileAt === 'now', 'the echo');
  });
});

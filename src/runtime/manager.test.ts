import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { aborted, FatalError } from './controller.ts';
import { serveHttp } from './http-server.ts';
import { silentLogger } from './logging.ts';
import { type Cache, Manager, type ManagerOptions, type Runnable } from './manager.ts';
import { createMetrics } from './metrics.ts';

describe('Manager', () => {
  let steps: string[];
  let stop: AbortController;
  let clock: ManualClock;

  beforeEach(() => {
    steps = [];
    stop = new AbortController();
    clock = new ManualClock();
  });

  function manager(options: Partial<ManagerOptions> = {}): Manager {
    return new Manager({
      metricsAddr: '127.0.0.1:0',
      healthAddr: '127.0.0.1:0',
      log: silentLogger,
      metrics: createMetrics(),
      events: {
        flush: async () => void steps.push('events flushed'),
      },
      clock,
      ...options,
    });
  }

  function cache(): Cache & { fill(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    let isSynced = false;
    return {
      type: { kind: 'Thing', group: 'g.example' },
      synced: promise,
      get isSynced() {
        return isSynced;
      },
      start: () => void steps.push('cache started'),
      fill() {
        isSynced = true;
        resolve();
      },
    };
  }

  const runnable = (name: string): Runnable => ({
    async start(signal) {
      steps.push(`${name} started`);
      await aborted(signal);
      steps.push(`${name} ended`);
    },
  });

  const elector = (leads: Promise<boolean>, lost?: Promise<never>): NonNullable<ManagerOptions['elector']> => ({
    acquire: () => leads,
    hold: (signal) => Promise.race([aborted(signal), ...(lost === undefined ? [] : [lost])]),
    release: async () => void steps.push('lease released'),
  });

  const get = async (address: string | undefined, path: string): Promise<string> => {
    const response = await fetch(`http://${address}${path}`);
    return `${response.status} ${(await response.text()).split('\n')[0]}`;
  };

  it('starts in order, tells when it is ready, and stops in order', async () => {
    const lease = Promise.withResolvers<boolean>();
    const subject = manager({ elector: elector(lease.promise) });
    const things = cache();
    subject.addCache(things);
    subject.add(runnable('controller'));
    subject.add({ ...runnable('server'), needsLease: false });
    const running = subject.start(stop.signal);
    await waitFor(() => steps.length === 1, 'the server', { intervalMs: 1 });
    const { health, metrics } = subject.addresses;
    assert.equal(await get(health, '/healthz'), '200 ok');
    assert.equal(await get(health, '/readyz'), '200 ok');
    lease.resolve(true);
    await waitFor(() => steps.length === 2, 'the cache', { intervalMs: 1 });
    assert.equal(await get(health, '/readyz'), '500 not ready: waiting for Thing.g.example');
    things.fill();
    await waitFor(() => steps.length === 3, 'the controller', { intervalMs: 1 });
    assert.equal(await get(health, '/readyz'), '200 ok');
    assert.match(await get(metrics, '/metrics'), /^200 # HELP/);
    assert.equal(await get(metrics, '/other'), '404 404 page not found');
    stop.abort();
    await running;
    assert.deepEqual(steps, [
      'server started',
      'cache started',
      'controller started',
      'server ended',
      'controller ended',
      'events flushed',
      'lease released',
    ]);
    await assert.rejects(get(health, '/healthz'));
  });

  it('fills what servers need before it leads, and is not ready without', async () => {
    const waiting = elector(Promise.resolve(false));
    const subject = manager({ elector: { ...waiting, acquire: (signal) => aborted(signal).then(() => false) } });
    const things = cache();
    subject.addStandbyCache(things);
    const running = subject.start(stop.signal);
    await waitFor(() => steps.length === 1, 'the cache', { intervalMs: 1 });
    assert.equal(await get(subject.addresses.health, '/readyz'), '500 not ready: waiting for Thing.g.example');
    things.fill();
    assert.equal(await get(subject.addresses.health, '/readyz'), '200 ok');
    stop.abort();
    await running;
    assert.deepEqual(steps, ['cache started', 'events flushed']);
  });

  it('ends what ends last when the events of all others are delivered', async () => {
    const delivered = Promise.withResolvers<void>();
    const events = {
      async settle() {
        steps.push('events wait');
        await delivered.promise;
      },
      flush: async () => void steps.push('events flushed'),
    };
    const subject = manager({ events });
    subject.add({ ...runnable('endpoint'), needsLease: false, endsLast: true });
    subject.add(runnable('controller'));
    const ended = subject.start(stop.signal);
    await waitFor(() => steps.includes('controller started'), 'the start', { intervalMs: 1 });
    stop.abort(new Error('SIGTERM'));
    await waitFor(() => steps.includes('events wait'), 'the events', { intervalMs: 1 });
    assert.deepEqual(steps.splice(0), ['endpoint started', 'controller started', 'controller ended', 'events wait']);
    delivered.resolve();
    await ended;
    assert.deepEqual(steps, ['endpoint ended', 'events flushed']);
  });

  it('ends with an error, and without giving back what it does not have, when the lease is lost', async () => {
    const lost = Promise.withResolvers<never>();
    const subject = manager({ elector: elector(Promise.resolve(true), lost.promise) });
    subject.add(runnable('controller'));
    const running = subject.start(stop.signal);
    await waitFor(() => steps.length === 1, 'the controller', { intervalMs: 1 });
    lost.reject(new FatalError('leader election lost'));
    await assert.rejects(running, FatalError);
    assert.deepEqual(steps, ['controller started', 'controller ended', 'events flushed']);
  });

  it('ends when it is stopped before it leads', async () => {
    const waiting = elector(Promise.resolve(false));
    const subject = manager({ elector: { ...waiting, acquire: (signal) => aborted(signal).then(() => false) } });
    subject.add(runnable('controller'));
    const running = subject.start(stop.signal);
    stop.abort();
    await running;
    assert.deepEqual(steps, ['events flushed']);
  });

  it('ends when a part of it fails, or ends by itself', async () => {
    for (const start of [async () => Promise.reject(new Error('broken')), async () => undefined]) {
      const subject = manager();
      subject.add(runnable('controller'));
      subject.add({ start });
      await assert.rejects(subject.start(new AbortController().signal), /broken|ended by itself/);
    }
  });

  it('ends when the API server gives no list in time, and names the kind', async () => {
    const subject = manager();
    subject.addCache(cache());
    const running = subject.start(stop.signal);
    await waitFor(() => clock.pending === 1, 'the limit', { intervalMs: 1 });
    clock.advance(120_000);
    await assert.rejects(running, /Thing\.g\.example: are the CRDs installed/);
  });

  it('ends when a port is taken', async () => {
    const taken = await serveHttp('127.0.0.1:0', 'other', {});
    assert.ok(taken);
    await assert.rejects(manager({ metricsAddr: taken.address }).start(stop.signal), (error: Error) => {
      assert.ok(error instanceof FatalError);
      assert.match(error.message, /metrics server cannot listen at 127\.0\.0\.1:\d+: .*EADDRINUSE/);
      return true;
    });
    await taken.close();
  });
});

describe('serveHttp', () => {
  it('0 and nothing mean no server', async () => {
    assert.equal(await serveHttp('0', 'x', {}), undefined);
    assert.equal(await serveHttp('', 'x', {}), undefined);
  });

  for (const address of ['8080', ':99999', 'host:port', ':']) {
    it(`refuses ${JSON.stringify(address)}`, async () => {
      await assert.rejects(serveHttp(address, 'x', {}), /expected \[host\]:port/);
    });
  }

  it('answers HEAD, refuses other methods, and survives a route that throws', async () => {
    const server = await serveHttp('127.0.0.1:0', 'x', {
      '/ok': () => ({ status: 200, body: 'ok' }),
      '/bad': () => Promise.reject(new Error('bad')),
      '/worse': () => {
        throw new Error('worse');
      },
    });
    assert.ok(server);
    const ask = async (path: string, method = 'GET') =>
      (await fetch(`http://${server.address}${path}`, { method })).status;
    assert.equal(await ask('/ok', 'HEAD'), 200);
    assert.equal(await ask('/ok', 'POST'), 405);
    assert.equal(await ask('/bad'), 500);
    assert.equal(await ask('/worse'), 500);
    assert.equal(await ask('//'), 404);
    await server.close();
  });
});

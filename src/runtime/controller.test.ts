import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { ObjectKey } from '../kube/object.ts';
import { Controller, FatalError, type ReconcileContext, ReportedError } from './controller.ts';
import { type Logger, silentLogger } from './logging.ts';
import { createMetrics, type RuntimeMetrics } from './metrics.ts';
import type { Result } from './result.ts';

const key = (name: string): ObjectKey => ({ namespace: 'ns', name });

describe('Controller', () => {
  let clock: ManualClock;
  let metrics: RuntimeMetrics;
  let logged: { fields: Record<string, unknown>; message: string }[];
  let stop: AbortController;
  let log: Logger;

  beforeEach(() => {
    clock = new ManualClock();
    metrics = createMetrics();
    logged = [];
    stop = new AbortController();
    log = {
      ...silentLogger,
      child: () => log,
      error: (fields: object | string, message?: string) =>
        void logged.push({ fields: fields as Record<string, unknown>, message: message ?? '' }),
    };
  });

  function controller(
    reconcile: (key: ObjectKey, context: ReconcileContext) => Promise<Result>,
    concurrency = 2,
  ): Controller {
    return new Controller({
      name: 'thing',
      group: 'g.example',
      kind: 'Thing',
      concurrency,
      minRetryDelayMs: 750,
      maxRetryDelayMs: 900_000,
      gracefulShutdownMs: 1000,
      reconcile,
      metrics,
      log,
      clock,
    });
  }

  async function value(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
    const metric = await metrics.registry.getSingleMetric(name)?.get();
    const all = { controller: 'thing', ...labels };
    return metric?.values.find((v) => Object.entries(all).every(([k, x]) => v.labels[k] === x))?.value;
  }

  it('runs no more than it may at once, and never a key beside itself', async () => {
    const running = new Set<string>();
    let most = 0;
    let runs = 0;
    const subject = controller(async ({ name }) => {
      assert.ok(!running.has(name));
      running.add(name);
      most = Math.max(most, running.size);
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(name);
      runs += 1;
      return {};
    });
    for (const name of ['a', 'b', 'c', 'd', 'a']) subject.queue.add(key(name));
    const started = subject.start(stop.signal);
    await waitFor(() => runs === 4, 'four runs', { intervalMs: 1 });
    stop.abort();
    await started;
    assert.equal(most, 2);
  });

  it('looks again when a result asks for it', async () => {
    let runs = 0;
    const subject = controller(async () => ({ requeueAfterMs: ++runs === 1 ? 60_000 : 0 }));
    const started = subject.start(stop.signal);
    subject.queue.add(key('a'));
    await waitFor(() => runs === 1 && clock.pending === 1, 'the appointment', { intervalMs: 1 });
    clock.advance(60_000);
    await waitFor(() => runs === 2 && clock.pending === 1, 'the backoff of a run at once', { intervalMs: 1 });
    clock.advance(750);
    await waitFor(() => runs === 3, 'the run', { intervalMs: 1 });
    stop.abort();
    await started;
    assert.equal(await value('controller_runtime_reconcile_total', { result: 'requeue_after' }), 1);
  });

  it('retries what throws with backoff; a bug is logged with its stack and counted', async () => {
    let runs = 0;
    const subject = controller(async () => {
      runs += 1;
      if (runs === 1) throw new TypeError('a bug');
      if (runs === 2) throw new ReportedError('known');
      return {};
    });
    const started = subject.start(stop.signal);
    subject.queue.add(key('a'));
    await waitFor(() => runs === 1 && clock.pending === 1, 'the first retry', { intervalMs: 1 });
    clock.advance(749);
    assert.equal(runs, 1);
    clock.advance(1);
    await waitFor(() => runs === 2 && clock.pending === 1, 'the second retry', { intervalMs: 1 });
    clock.advance(1500);
    await waitFor(() => runs === 3, 'success', { intervalMs: 1 });
    stop.abort();
    await started;
    assert.equal(logged.length, 1);
    assert.match(String(logged[0]?.fields['stacktrace']), /TypeError: a bug\n/);
    assert.equal(await value('controller_runtime_reconcile_errors_total'), 2);
    assert.equal(await value('controller_runtime_reconcile_panics_total'), 1);
    assert.equal(await value('workqueue_retries_total'), 2);
  });

  it('lets running reconciles end, takes no more, and aborts after the grace period', async () => {
    const ran: string[] = [];
    const gate = Promise.withResolvers<void>();
    const subject = controller(async ({ name }, { signal }) => {
      ran.push(name);
      if (name === 'quick') await gate.promise;
      else await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      return {};
    });
    for (const name of ['quick', 'slow', 'never']) subject.queue.add(key(name));
    let ended = false;
    const started = subject.start(stop.signal).then(() => {
      ended = true;
    });
    await waitFor(() => ran.length === 2, 'both to run', { intervalMs: 1 });
    stop.abort();
    await waitFor(() => clock.pending === 1, 'the grace period', { intervalMs: 1 });
    gate.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(ended, false);
    clock.advance(1000);
    await started;
    assert.deepEqual(ran, ['quick', 'slow']);
  });

  it('gives no grace when the lease is lost', async () => {
    let aborts = 0;
    const subject = controller(async (_key, { signal }) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      aborts += 1;
      return {};
    });
    subject.queue.add(key('a'));
    const started = subject.start(stop.signal);
    await waitFor(() => subject.queue.runningSeconds().length === 1, 'the run', { intervalMs: 1 });
    stop.abort(new FatalError('lease lost'));
    await started;
    assert.equal(aborts, 1);
  });

  it('runs higher priorities first', async () => {
    const ran: string[] = [];
    const subject = controller(async ({ name }) => {
      ran.push(name);
      return {};
    }, 1);
    subject.queue.add(key('old'), -1);
    subject.queue.add(key('new'));
    const started = subject.start(stop.signal);
    await waitFor(() => ran.length === 2, 'both', { intervalMs: 1 });
    stop.abort();
    await started;
    assert.deepEqual(ran, ['new', 'old']);
  });
});

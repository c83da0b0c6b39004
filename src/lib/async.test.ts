import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { mapLimited, withDeadline } from './async.ts';
import { systemClock } from './clock.ts';
import { isTimeout } from './errors.ts';

test('withDeadline ends with the given signal', () => {
  const controller = new AbortController();
  const signal = withDeadline(controller.signal, 60_000);
  controller.abort(new Error('stop'));
  assert.equal(signal.aborted, true);
  assert.match(String(signal.reason), /stop/);
});

test('withDeadline ends with a TimeoutError', { timeout: 10_000 }, async () => {
  // Its timer does not keep the process alive: something else has to.
  const alive = systemClock.setTimeout(() => undefined, 9_000);
  const signal = withDeadline(undefined, 1);
  if (!signal.aborted) await once(signal, 'abort');
  alive.cancel();
  assert.ok(isTimeout(signal.reason));
});

test('withDeadline shares what begins at the same time, and nothing with other signals or times', () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const first = withDeadline(one.signal, 60_000);
  assert.equal(withDeadline(one.signal, 60_000), first);
  for (const different of [
    withDeadline(one.signal, 61_000),
    withDeadline(other.signal, 60_000),
    withDeadline(undefined, 60_000),
  ])
    assert.notEqual(different, first);
  one.abort();
  assert.equal(withDeadline(one.signal, 60_000).aborted, true);
  assert.equal(withDeadline(other.signal, 60_000).aborted, false);
});

test('withDeadline gives every call nearly its time', { timeout: 10_000 }, async () => {
  const alive = systemClock.setTimeout(() => undefined, 9_000);
  const first = withDeadline(undefined, 20);
  await once(first, 'abort');
  const second = withDeadline(undefined, 20);
  assert.equal(second.aborted, false);
  const startedAt = performance.now();
  await once(second, 'abort');
  alive.cancel();
  assert.ok(performance.now() - startedAt >= 15);
});

test('delays beyond 24 days do not fire at once', { timeout: 10_000 }, async () => {
  const fired: string[] = [];
  const far = systemClock.setTimeout(() => fired.push('far'), 2 ** 31);
  const signal = withDeadline(undefined, 2 ** 40);
  const { promise, resolve } = Promise.withResolvers<void>();
  systemClock.setTimeout(() => {
    fired.push('near');
    resolve();
  }, 5);
  await promise;
  far.cancel();
  assert.deepEqual(fired, ['near']);
  assert.equal(signal.aborted, false);
});

test('mapLimited keeps order and bound', async () => {
  let running = 0;
  let most = 0;
  const results = await mapLimited([5, 1, 3, 2, 4], 2, async (n, index) => {
    most = Math.max(most, ++running);
    for (let i = 0; i < n; i++) await Promise.resolve();
    running--;
    return `${index}:${n}`;
  });
  assert.deepEqual(results, ['0:5', '1:1', '2:3', '3:2', '4:4']);
  assert.equal(most, 2);
  assert.deepEqual(await mapLimited([], 2, async () => 1), []);
});

test('mapLimited fails with the earliest item and starts no more', async () => {
  const started: number[] = [];
  const slowFirst = mapLimited([0, 1, 2, 3, 4], 2, async (n) => {
    started.push(n);
    for (let i = 0; n === 0 && i < 50; i++) await Promise.resolve();
    throw new Error(`item ${n}`);
  });
  await assert.rejects(slowFirst, /item 0/);
  assert.deepEqual(started, [0, 1]);
});

test('mapLimited lets others have their turn', async () => {
  let turns = 0;
  const interval = setInterval(() => {
    turns += 1;
  }, 0);
  const busy = (ms: number): void => {
    const until = performance.now() + ms;
    while (performance.now() < until);
  };
  await mapLimited(Array.from({ length: 20 }), 1, async () => busy(5));
  clearInterval(interval);
  assert.ok(turns >= 4, `${turns} turns in 100 ms of work`);
});

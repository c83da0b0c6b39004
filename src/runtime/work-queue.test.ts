import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { backoffMs } from './backoff.ts';
import { jitter } from './jitter.ts';
import { WorkQueue } from './work-queue.ts';

const a = { namespace: 'ns', name: 'a' };
const b = { namespace: 'ns', name: 'b' };

describe('WorkQueue', () => {
  let clock: ManualClock;
  let dispatched: string[];
  let queue: WorkQueue;
  const seen: string[] = [];

  beforeEach(() => {
    clock = new ManualClock();
    dispatched = [];
    seen.length = 0;
    queue = new WorkQueue({
      minRetryDelayMs: 750,
      maxRetryDelayMs: 900_000,
      clock,
      dispatch: ({ name }) => void dispatched.push(name),
      observer: {
        added: () => seen.push('added'),
        retried: () => seen.push('retried'),
        started: (seconds) => seen.push(`started after ${seconds}`),
        finished: (seconds) => seen.push(`ran ${seconds}`),
      },
    });
  });

  it('holds a key once, however often it is added', () => {
    queue.add(a);
    queue.add(a);
    queue.add(b);
    assert.deepEqual(dispatched, ['a', 'b']);
    assert.equal(queue.depth, 2);
  });

  it('hastens keys that are queued, and adds none', () => {
    queue.add(a);
    queue.hasten(a, 1);
    queue.hasten(a, 1);
    queue.hasten(b, 1);
    assert.deepEqual(dispatched, ['a', 'a']);
    assert.deepEqual([queue.begin(a), queue.begin(a)], [true, false]);
    queue.hasten(a, 2);
    queue.add(a);
    queue.hasten(a, 2);
    queue.end(a);
    assert.deepEqual(dispatched, ['a', 'a', 'a']);
  });

  it('runs a key once more that is added while it runs', () => {
    queue.add(a);
    assert.equal(queue.begin(a), true);
    queue.add(a);
    queue.add(a);
    assert.deepEqual(dispatched, ['a']);
    assert.equal(queue.depth, 1);
    queue.end(a);
    assert.deepEqual(dispatched, ['a', 'a']);
    queue.begin(a);
    queue.end(a);
    assert.deepEqual(dispatched, ['a', 'a']);
    assert.equal(queue.depth, 0);
  });

  it('keeps the earliest appointment', () => {
    queue.addAfter(a, 1000);
    queue.addAfter(a, 5000);
    queue.addAfter(b, 5000);
    queue.addAfter(b, 1000);
    clock.advance(999);
    assert.deepEqual(dispatched, []);
    clock.advance(1);
    assert.deepEqual(dispatched, ['a', 'b']);
    clock.advance(10_000);
    assert.deepEqual(dispatched, ['a', 'b']);
  });

  it('adds at once what is due', () => {
    queue.addAfter(a, 0);
    assert.deepEqual(dispatched, ['a']);
  });

  it('a run fulfils appointments made before it, not those made while it runs', () => {
    queue.addAfter(a, 1000);
    queue.add(a);
    queue.begin(a);
    queue.addAfter(a, 2000);
    queue.end(a);
    clock.advance(1500);
    assert.deepEqual(dispatched, ['a']);
    clock.advance(500);
    assert.deepEqual(dispatched, ['a', 'a']);
  });

  it('takes an appointment back', () => {
    queue.addAfter(a, 1000);
    queue.cancel(a);
    clock.advance(2000);
    assert.deepEqual(dispatched, []);
  });

  it('doubles the delay of a key that fails until it is forgotten', () => {
    const delays = [queue.addRateLimited(a), queue.addRateLimited(a), queue.addRateLimited(a)];
    queue.forget(a);
    assert.deepEqual([...delays, queue.addRateLimited(a)], [750, 1500, 3000, 750]);
    assert.equal(queue.addRateLimited(b), 750);
  });

  it('tells how long keys waited and ran', () => {
    queue.add(a);
    clock.advance(2000);
    queue.begin(a);
    clock.advance(3000);
    assert.deepEqual(queue.runningSeconds(), [3]);
    queue.end(a);
    assert.deepEqual(seen, ['added', 'started after 2', 'ran 3']);
  });

  it('hands out nothing once it is closed', () => {
    queue.add(a);
    queue.addAfter(b, 10);
    queue.close();
    clock.advance(100);
    queue.add(b);
    assert.equal(queue.begin(a), false);
    assert.deepEqual(dispatched, ['a']);
  });

  it('does not begin a key that is not queued', () => {
    assert.equal(queue.begin(a), false);
    queue.add(a);
    queue.begin(a);
    assert.equal(queue.begin(a), false);
  });
});

it('backoff ends at the longest delay, however often a key failed', () => {
  assert.deepEqual(
    [0, 1, 10, 11, 5000].map((failures) => backoffMs(failures, 750, 900_000)),
    [750, 1500, 768_000, 900_000, 900_000],
  );
});

it('jitter stays within its percentage', () => {
  assert.deepEqual(
    [0, 0.5, 1].map((random) => Math.round(jitter(1000, 5, () => random))),
    [950, 1000, 1050],
  );
  assert.equal(jitter(1000, 0), 1000);
});

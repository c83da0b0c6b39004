import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { RateLimiter } from './rate-limiter.ts';

/** Starts `count` requests; gives which have passed so far. */
function starting(limiter: RateLimiter, count: number): { passed: number[] } {
  const passed: number[] = [];
  for (let i = 0; i < count; i++) {
    const turn = limiter.acquire();
    if (turn === undefined) passed.push(i);
    else void turn.then(() => passed.push(i));
  }
  return { passed };
}

/** Lets promises settle. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('RateLimiter', () => {
  test('lets a burst pass at once and the rest at its rate, in order', async () => {
    const clock = new ManualClock();
    const { passed } = starting(new RateLimiter(10, 3, clock), 6);
    assert.deepEqual(passed, [0, 1, 2]);
    clock.advance(99);
    await settled();
    assert.deepEqual(passed, [0, 1, 2]);
    clock.advance(1);
    await settled();
    assert.deepEqual(passed, [0, 1, 2, 3]);
    clock.advance(200);
    await settled();
    assert.deepEqual(passed, [0, 1, 2, 3, 4, 5]);
    assert.equal(clock.pending, 0);
  });

  test('refills up to its burst while nobody asks', () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(10, 3, clock);
    starting(limiter, 3);
    clock.advance(60_000);
    assert.deepEqual(starting(limiter, 5).passed, [0, 1, 2]);
  });

  for (const qps of [0, -1]) {
    test(`does not limit at ${qps} a second`, () => {
      assert.equal(starting(new RateLimiter(qps, 1, new ManualClock()), 1_000).passed.length, 1_000);
    });
  }

  test('lets everybody pass once it is disabled', async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(1, 1, clock);
    const { passed } = starting(limiter, 5);
    limiter.disable();
    await settled();
    assert.equal(passed.length, 5);
    assert.equal(clock.pending, 0);
    assert.equal(starting(limiter, 5).passed.length, 5);
  });

  test('gives up a turn whose signal is aborted, and no other', async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(10, 1, clock);
    starting(limiter, 1);
    const abort = new AbortController();
    const given = limiter.acquire(abort.signal);
    const { passed } = starting(limiter, 1);
    abort.abort(new Error('enough'));
    await assert.rejects(async () => given, /enough/);
    clock.advance(100);
    await settled();
    assert.deepEqual(passed, [0]);
  });

  test('is neither stopped nor opened by a clock that jumps back', async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(10, 1, clock);
    starting(limiter, 1);
    clock.jump(-3_600_000);
    const { passed } = starting(limiter, 1);
    assert.deepEqual(passed, []);
    clock.advance(100);
    await settled();
    assert.deepEqual(passed, [0]);
  });
});

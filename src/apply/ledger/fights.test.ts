import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fights } from './fights.ts';

const hour = 60 * 60_000;

/** Corrects and loses an object again and again, as fast as it may; the pauses before each correction. */
function pauses(rounds: number, maxPauseMs: number): number[] {
  const fights = new Fights();
  let now = 0;
  const delays: number[] = [];
  fights.corrected('x', now);
  for (let i = 0; i < rounds; i++) {
    const delay = fights.drifted('x', now, maxPauseMs);
    delays.push(delay);
    now += delay + 10;
    fights.corrected('x', now);
  }
  return delays;
}

test('the first corrections come at once, later ones with pauses that double up to the longest', () => {
  const atOnce = Array.from({ length: 7 }, () => 0);
  assert.deepEqual(pauses(12, hour), [...atOnce, 2_000, 4_000, 8_000, 16_000, 32_000]);
  assert.deepEqual(pauses(11, 5_000), [...atOnce, 2_000, 4_000, 5_000, 5_000]);
  assert.equal(pauses(40, hour).at(-1), hour);
});

test('a correction that holds for a while settles the matter', () => {
  const fights = new Fights();
  fights.corrected('x', 0);
  for (let lost = 1; lost <= 5; lost++) fights.drifted('x', 1, hour);
  assert.equal(fights.lost('x'), 5);
  assert.equal(fights.drifted('x', 61_000, hour), 0);
  assert.equal(fights.lost('x'), 0);
});

test('a slow rival is one all the same', () => {
  const fights = new Fights();
  let now = 0;
  fights.corrected('x', now);
  for (let lost = 1; lost <= 20; lost++) {
    now += fights.drifted('x', now, hour) + 50_000;
    fights.corrected('x', now);
    now += 50_000;
  }
  assert.ok(fights.lost('x') > 10);
});

test('objects that nobody changed have no history', () => {
  const fights = new Fights();
  assert.equal(fights.drifted('x', 0, hour), 0);
  fights.corrected('x', 0);
  fights.forget('x');
  assert.equal(fights.drifted('x', 0, hour), 0);
});

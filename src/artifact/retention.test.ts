import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { garbage } from './retention.ts';

const cases = [
  { name: 'one young predecessor stays', ages: { old: 10, current: 0 }, want: [] },
  {
    name: 'an expired predecessor goes, also when fewer than the records remain',
    ages: { old: 61, current: 0 },
    want: ['old'],
  },
  { name: 'of the young ones the oldest go', ages: { a: 30, b: 20, c: 10, current: 0 }, want: ['a', 'b'] },
  { name: 'the current one stays, however old', ages: { current: 9999, a: 1 }, want: [] },
  { name: 'expired and surplus together', ages: { a: 100, b: 50, c: 40, current: 0 }, want: ['a', 'b'] },
  { name: 'a file from the future counts as young', ages: { a: -5000, current: 0 }, want: [] },
  { name: 'without the current file the newest stay', ages: { a: 3, b: 2, c: 1 }, want: ['a'] },
] as const;

describe('garbage', () => {
  for (const { name, ages, want } of cases) {
    it(name, () => {
      const files = Object.entries(ages).map(([file, age]) => ({ name: file, modifiedAt: 1_000_000 - age * 1000 }));
      assert.deepEqual(garbage(files, 'current', 1_000_000, { ttlMs: 60_000, records: 2 }), want);
    });
  }
});

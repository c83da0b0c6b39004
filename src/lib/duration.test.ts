import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from './duration.ts';

const parsed: readonly (readonly [string, number])[] = [
  ['0', 0],
  ['0s', 0],
  ['5s', 5_000],
  ['1h0m0s', 3_600_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1_500],
  ['.5s', 500],
  ['5.s', 5_000],
  ['-1m', -60_000],
  ['+2ms', 2],
  ['250us', 0.25],
  ['250µs', 0.25],
  ['250μs', 0.25],
  ['1ns', 0.000001],
  ['9223372036854775807ns', 9223372036854.775],
  ['0.3333333333333333333333h', 1_200_000],
  ['720h', 2_592_000_000],
];

test('parses what time.ParseDuration parses', () => {
  for (const [text, want] of parsed) assert.ok(Math.abs(parseDuration(text) - want) < 1e-3, text);
});

const refused: readonly (readonly [string, string])[] = [
  ['', 'time: invalid duration ""'],
  ['3', 'time: missing unit in duration "3"'],
  ['-', 'time: invalid duration "-"'],
  ['s', 'time: invalid duration "s"'],
  ['.', 'time: invalid duration "."'],
  ['1d', 'time: unknown unit "d" in duration "1d"'],
  [' 1s', 'time: invalid duration " 1s"'],
  ['1 s', 'time: unknown unit " s" in duration "1 s"'],
  ['9223372036854775808ns', 'time: invalid duration "9223372036854775808ns"'],
  ['3000000h', 'time: invalid duration "3000000h"'],
];

test('refuses what time.ParseDuration refuses, in its words', () => {
  for (const [text, message] of refused) assert.throws(() => parseDuration(text), { name: 'RangeError', message });
});

const formatted: readonly (readonly [number, string])[] = [
  [0, '0s'],
  [60_000, '1m0s'],
  [3_600_000, '1h0m0s'],
  [750, '750ms'],
  [1_500, '1.5s'],
  [0.001, '1µs'],
  [0.0015, '1.5µs'],
  [0.000001, '1ns'],
  [90_061_001, '25h1m1.001s'],
  [-5_000, '-5s'],
  [1.1, '1.1ms'],
];

test('formats as Duration.String', () => {
  for (const [ms, want] of formatted) assert.equal(formatDuration(ms), want);
});

test('what it formats, it parses to the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => parseDuration(formatDuration(ms)) === ms),
    { seed: 1 },
  );
});

test('never hangs nor throws anything but RangeError', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[-+]?[0-9.hmsnuµ ]*$/), (text) => {
      try {
        return Number.isFinite(parseDuration(text));
      } catch (error) {
        return error instanceof RangeError;
      }
    }),
    { seed: 1 },
  );
});

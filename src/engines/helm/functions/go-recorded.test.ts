import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { epochOf } from './civil.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { GoTime } from './go-time.ts';
import { formatTime } from './time-format.ts';
import { parseTime } from './time-parse.ts';
import { fixedZone, utc } from './time-zone.ts';

/** What Go's package time answers, recorded with the version that the file names. */
interface Recorded {
  /** Nanoseconds, and how they print. */
  readonly durations: readonly (readonly [ns: string, text: string])[];
  /** A text, then `ns` and nanoseconds, or `error` and the message. */
  readonly durationTexts: readonly (readonly [text: string, outcome: string, want: string])[];
  /** A layout, and the two times below in it. */
  readonly dates: readonly (readonly [layout: string, first: string, second: string])[];
  /** A layout and a text, then `time` and the time in UTC, or `error` and the message. */
  readonly parsed: readonly (readonly [layout: string, text: string, outcome: string, want: string])[];
}

const recorded: Recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'testdata/go.json'), 'utf8'));

const cet = fixedZone('CET', 3600);
const first = new GoTime(
  epochOf({ year: 2024, month: 2, day: 9, hour: 4, minute: 5, second: 6, nanosecond: 78_901_234 }, cet),
  cet,
);
const second = new GoTime(
  epochOf({ year: 1999, month: 12, day: 31, hour: 23, minute: 59, second: 59, nanosecond: 999_999_999 }, utc),
  utc,
);

function outcomeOf(outcome: string, make: () => string): readonly [string, string] {
  try {
    return [outcome, make()];
  } catch (error) {
    if (error instanceof FunctionError) return ['error', error.message];
    throw error;
  }
}

describe("what Go's package time answers", () => {
  for (const [ns, want] of recorded.durations)
    it(`prints ${ns} ns`, () => assert.equal(formatDuration(BigInt(ns)), want));
  for (const [text, ...want] of recorded.durationTexts)
    it(`reads the duration ${JSON.stringify(text)}`, () =>
      assert.deepEqual(
        outcomeOf('ns', () => String(parseDuration(text))),
        want,
      ));
  for (const [layout, ...want] of recorded.dates)
    it(`formats as ${JSON.stringify(layout)}`, () =>
      assert.deepEqual([formatTime(first.civil, layout), formatTime(second.civil, layout)], want));
  for (const [layout, text, ...want] of recorded.parsed)
    it(`reads ${JSON.stringify(text)} as ${JSON.stringify(layout)}`, () =>
      assert.deepEqual(
        outcomeOf('time', () => parseTime(layout, text, utc).in(utc).marshal?.() ?? ''),
        want,
      ));
});

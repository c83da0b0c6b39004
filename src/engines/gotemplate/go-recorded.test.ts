import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ExecError } from './exec/exec-error.ts';
import { type FloatFormat, formatFloat } from './fmt/float.ts';
import { sprintf } from './fmt/printf.ts';
import { parseFloatGo, parseIntegerGo } from './parse/number.ts';
import { ParseError } from './parse/parse.ts';
import { quote } from './parse/quote.ts';
import { TemplateSet } from './template-set.ts';
import { fromBytes, toBytes } from './value/go-text.ts';
import { GoBytes, GoMap, GoSlice, int, type Value } from './value/values.ts';

/** What Go's own packages answer, recorded with the version that the file names: rows of arguments and the answer. */
interface Recorded {
  /** A template, then `output`, `parse` or `exec`, then the output or the error. */
  readonly templates: readonly (readonly [template: string, outcome: string, text: string])[];
  readonly floats: readonly (readonly [value: string, format: FloatFormat, precision: number, text: string])[];
  readonly verbs: readonly (readonly [kind: string, value: unknown, format: string, text: string])[];
  /** A text as bytes in hexadecimal, quoted, and quoted in ASCII. */
  readonly quotes: readonly (readonly [bytes: string, quoted: string, ascii: string])[];
  /** A literal, and the integer and the float that it is. */
  readonly numbers: readonly (readonly [text: string, integer: string | null, float: string | null])[];
}

const recorded: Recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'testdata/go.json'), 'utf8'));

const data = new GoMap(
  new Map<string, Value>([
    ['s', 'hello'],
    ['n', 3],
    ['b', true],
    ['l', new GoSlice(['a', 'b', 'c'])],
    [
      'm',
      new GoMap(
        new Map<string, Value>([
          ['b', 2],
          ['a', 'x'],
        ]),
      ),
    ],
    ['nil', null],
  ]),
);

function outcomeOf(template: string): readonly [string, string] {
  const set = new TemplateSet();
  try {
    set.parse('t', template);
    return ['output', set.execute('t', data)];
  } catch (error) {
    if (error instanceof ParseError) return ['parse', error.message];
    if (error instanceof ExecError) return ['exec', error.message];
    throw error;
  }
}

function goValue(kind: string, value: unknown): Value {
  if (kind === 'bytes') return new GoBytes(toBytes(String(value)));
  if (kind === 'strings') return new GoSlice(['x', 'y'], '[]string');
  if (kind === 'list') return new GoSlice([int(1), 'a', null, 2.5]);
  if (kind === 'map')
    return new GoMap(
      new Map<string, Value>([
        ['b', int(1)],
        ['a', 'x'],
      ]),
    );
  if (kind === 'int') return int(Number(value));
  if (kind === 'float') return Number(value);
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

function hexBytes(hex: string): Uint8Array {
  return Uint8Array.from((hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)));
}

/** All rows that are answered otherwise, so that one run shows them together. */
function assertAll<Row>(rows: readonly Row[], answer: (row: Row) => unknown, want: (row: Row) => unknown): void {
  assert.ok(rows.length > 0);
  const answered = rows.map((row) => ({ row, got: answer(row), want: want(row) }));
  assert.deepEqual(
    answered.filter(({ got, want: wanted }) => JSON.stringify(got) !== JSON.stringify(wanted)),
    [],
  );
}

describe('what Go answers', () => {
  it('executes templates', () => {
    assertAll(
      recorded.templates,
      ([template]) => outcomeOf(template),
      ([, outcome, text]) => [outcome, text],
    );
  });
  it('formats floats', () => {
    assertAll(
      recorded.floats,
      ([value, format, precision]) => formatFloat(Number(value), format, precision),
      ([, , , text]) => text,
    );
  });
  it('prints every verb', () => {
    assertAll(
      recorded.verbs,
      ([kind, value, format]) => sprintf(format, [goValue(kind, value)]),
      ([, , , text]) => text,
    );
  });
  it('quotes', () => {
    assertAll(
      recorded.quotes,
      ([bytes]) => [quote(fromBytes(hexBytes(bytes))), quote(fromBytes(hexBytes(bytes)), true)],
      ([, quoted, ascii]) => [quoted, ascii],
    );
  });
  it('reads numbers', () => {
    assertAll(
      recorded.numbers,
      ([text]) => {
        const whole = parseIntegerGo(text);
        const fits = whole !== undefined && BigInt.asIntN(64, whole) === whole;
        const float = parseFloatGo(text);
        return [fits ? String(whole) : null, float === undefined ? null : formatFloat(float, 'g', -1)];
      },
      ([, integer, float]) => [integer, float],
    );
  });
});

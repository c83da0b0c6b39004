import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isRawJson, isRecord, jsonEqual, parseJson, rawNumber, stableStringify } from './json.ts';

const texts: readonly string[] = [
  '{"a":9007199254740993,"b":[-18446744073709551615,1]}',
  '9007199254740991',
  '{"a":"9007199254740993"}',
  '{"__proto__":{"a":12345678901234567890}}',
  '[1.5,1e+21,null,true,""]',
];

test('a value leaves as it came', () => {
  for (const text of texts) assert.equal(JSON.stringify(parseJson(text)), text);
});

test('only integers that a double cannot hold are raw', () => {
  const value = parseJson(
    '[9007199254740991, 9007199254740992, 0.12345678901234567, 1234567890123456e2, -9007199254740992]',
  );
  assert.deepEqual(Array.isArray(value) && value.map(isRawJson), [false, true, false, false, true]);
});

test('a broken text is a SyntaxError', () => {
  for (const text of ['', '{', '{"a":12345678901234567890', 'NaN']) assert.throws(() => parseJson(text), SyntaxError);
  for (const text of ['', '"1"', 'x', '1 ']) assert.throws(() => rawNumber(text), SyntaxError);
});

test('isRecord takes objects only', () => {
  assert.deepEqual([{}, [], null, rawNumber('1'), 'x', undefined].map(isRecord), [
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test('stable text sorts keys at every depth, drops undefined and keeps digits', () => {
  const value = { b: [{ d: 1, c: undefined }], a: rawNumber('12345678901234567890'), __proto__: null };
  assert.equal(stableStringify(value), '{"a":12345678901234567890,"b":[{"d":1}]}');
  assert.equal(stableStringify([undefined]), '[null]');
  assert.throws(() => stableStringify({ a: Number.NaN }), RangeError);
});

const equality: readonly (readonly [unknown, unknown, boolean])[] = [
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
  [{ a: 1, b: undefined }, { a: 1 }, true],
  [{ a: 1 }, { a: 1, b: undefined }, true],
  [{ a: null }, {}, false],
  [{ a: undefined }, { b: 1 }, false],
  [[1, 2], [2, 1], false],
  [[], {}, false],
  [0, -0, true],
  [1, '1', false],
  [null, undefined, false],
  [rawNumber('12345678901234567890'), rawNumber('12345678901234567890'), true],
  [rawNumber('12345678901234567890'), rawNumber('12345678901234567891'), false],
  [rawNumber('9007199254740993'), 2 ** 53, false],
  [rawNumber('9007199254740992'), 2 ** 53, true],
  [rawNumber('9007199254740993'), '9007199254740993', false],
  [{ toString: 1 }, {}, false],
];

test('jsonEqual', () => {
  for (const [a, b, want] of equality) {
    assert.equal(jsonEqual(a, b), want, `${stableStringify(a ?? null)} and ${stableStringify(b ?? null)}`);
    assert.equal(jsonEqual(b, a), want);
  }
});

test('equal values have equal stable texts and the reverse', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.jsonValue(),
      (a, b) => jsonEqual(a, b) === (stableStringify(a) === stableStringify(b)),
    ),
    { seed: 1 },
  );
  fc.assert(
    fc.property(fc.jsonValue(), (a) => jsonEqual(a, parseJson(stableStringify(a)))),
    { seed: 1 },
  );
});

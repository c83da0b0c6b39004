import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { firstJson } from './first-json.ts';

describe('firstJson', () => {
  const taken: readonly (readonly [string, unknown])[] = [
    ['{}', {}],
    [' {"a":[1,"}]\\""]} trailing', { a: [1, '}]"'] }],
    ['[1] [2]', [1]],
    ['"a\\"b" x', 'a"b'],
    ['{"a":1}{"b":2}', { a: 1 }],
    ['null', null],
  ];
  for (const [text, want] of taken) it(`takes ${text}`, () => assert.deepEqual(firstJson(text), want));

  for (const text of ['', ' ', 'x', '{', '{"a', '{"a":1', '[1}', '{a}', ']']) {
    it(`finds nothing in ${JSON.stringify(text)}`, () => assert.throws(() => firstJson(text), SyntaxError));
  }

  it('finds any value before anything', () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), (json, rest) => {
        const value: unknown = JSON.parse(json);
        if (typeof value !== 'object' || value === null) return;
        assert.deepEqual(firstJson(json + rest), value);
      }),
    );
  });
});

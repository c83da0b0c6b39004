import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { load } from 'js-yaml';
import { rawNumber } from '../lib/json.ts';
import { yamlSafeJson } from './yaml-safe-json.ts';

describe('yamlSafeJson', () => {
  test('escapes what YAML refuses or reads as something else', () => {
    assert.equal(yamlSafeJson('a\u2028b\u0085c\u007fd\ufeffe\u2029'), '"a\\u2028b\\u0085c\\u007fd\\ufeffe\\u2029"');
  });

  test('leaves everything else as JSON has it', () => {
    assert.equal(
      yamlSafeJson({ a: 'ä☃😀', b: [1, null, true], n: rawNumber('12345678901234567890') }),
      '{"a":"ä☃😀","b":[1,null,true],"n":12345678901234567890}',
    );
  });

  test('is the same value to a JSON and to a YAML parser', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary', maxLength: 30 }), fc.string({ unit: 'binary' })),
        (value) => {
          const text = yamlSafeJson(value);
          assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
          if (!Object.hasOwn(value, '__proto__')) assert.deepEqual(load(text), JSON.parse(text));
        },
      ),
      { seed: 5, numRuns: 200 },
    );
  });
});

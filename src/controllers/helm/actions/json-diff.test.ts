import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jsonDiff } from './json-diff.ts';

describe('a JSON diff', () => {
  for (const [name, before, after, want] of [
    ['of equals is empty', { a: 1 }, { a: 1 }, []],
    ['changes single fields', { s: { a: 'one', b: 'two' } }, { s: { a: 'one', b: 'xxx' } }, ['replace /s/b']],
    ['adds and removes', { s: { a: 1 } }, { t: { b: 1 } }, ['remove /s', 'add /t']],
    [
      'of lists goes by place',
      { s: { list: [{ a: 1, text: 'a long one, and longer' }, { b: 1 }, { c: 1 }] } },
      { s: { list: [{ a: 2, text: 'a long one, and longer' }] } },
      ['replace /s/list'],
    ],
    [
      'appends',
      { s: { list: ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'] } },
      { s: { list: ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'b'] } },
      ['add /s/list/-'],
    ],
    ['escapes', { 'a/b~c': 'xxxxxxxxxxxxxxx' }, { 'a/b~c': 'y' }, ['replace /a~1b~0c']],
  ] as const)
    it(name, () =>
      assert.deepEqual(
        jsonDiff(before, after).map(({ op, path }) => `${op} ${path}`),
        want,
      ),
    );
});

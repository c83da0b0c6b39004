import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lineDiff } from './line-diff.ts';

describe('lineDiff', () => {
  const cases: readonly { name: string; given: readonly [string, string]; want: string }[] = [
    { name: 'nothing for equal texts', given: ['a\nb\n', 'a\nb\n'], want: '' },
    { name: 'lines at the end', given: ['a\n', 'a\nb\nc\n'], want: '+ b\n+ c' },
    { name: 'lines that are gone', given: ['a\nb\nc\n', 'a\nc\n'], want: '- b' },
    { name: 'lines in other words', given: ['a\nb\nc\n', 'a\nx\nc\n'], want: '- b\n+ x' },
    { name: 'a line that is repeated', given: ['a\na\n', 'a\na\na\n'], want: '+ a' },
  ];
  for (const { name, given, want } of cases) {
    it(`shows ${name}`, () => {
      assert.equal(lineDiff(...given), want);
    });
  }
});

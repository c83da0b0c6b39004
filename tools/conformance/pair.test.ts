import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstDifference, judgePair, type PairVerdict, pairDetails, type Result } from './pair.ts';

describe('comparing our answer with the original', () => {
  const cases: readonly { original: Result; ours: Result; want: PairVerdict; details: readonly string[] }[] = [
    { original: { output: 'a: 1\n' }, ours: { output: 'a: 1\n' }, want: 'equal bytes', details: [] },
    {
      original: { output: 'a: "x"\n' },
      ours: { output: 'a: x\n' },
      want: 'equal values',
      details: ['line 1:', '- a: "x"', '+ a: x'],
    },
    {
      original: { output: 'a: 1\n' },
      ours: { output: 'a: 2\n' },
      want: 'different',
      details: ['line 1:', '- a: 1', '+ a: 2'],
    },
    {
      original: { output: 'a: 1\n' },
      ours: { error: 'no' },
      want: 'only the original builds',
      details: ['ours:     no'],
    },
    {
      original: { error: 'no' },
      ours: { output: 'a: 1\n' },
      want: 'only ours builds',
      details: ['original: no'],
    },
    {
      original: { error: 'no' },
      ours: { error: 'never' },
      want: 'both fail',
      details: ['original: no', 'ours:     never'],
    },
    {
      original: { error: `Error: failed to run '/usr/bin/git fetch --depth=1 x HEAD': no` },
      ours: { error: 'never' },
      want: 'both need a network',
      details: [`original: Error: failed to run '/usr/bin/git fetch --depth=1 x HEAD': no`, 'ours:     never'],
    },
  ];
  for (const { original, ours, want, details } of cases) {
    it(want, () => {
      assert.equal(judgePair(original, ours), want);
      assert.deepEqual(pairDetails(original, ours), details);
    });
  }
});

describe('firstDifference', () => {
  it('shows the lines before', () => {
    assert.deepEqual(firstDifference('a\nb\nc\nd\n', 'a\nb\nc\ne\n'), ['line 4:', '  b', '  c', '- d', '+ e']);
  });
  it('shows where one ends', () => {
    assert.deepEqual(firstDifference('a\n', 'a\n---\nb\n'), ['line 2:', '  a', '- ', '+ ---']);
    assert.deepEqual(firstDifference('a', 'a\nb'), ['line 2:', '  a', '- (end)', '+ b']);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorMessage, isAbort, isTimeout } from './errors.ts';

test('errorMessage says something for anything', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [new Error('broken'), 'broken'],
    [new TypeError(), 'TypeError'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [new AggregateError([new Error('a'), new Error('b')]), 'a; b'],
    [new AggregateError([new Error('a')], 'all failed'), 'all failed'],
  ];
  for (const [error, want] of cases) assert.equal(errorMessage(error), want);
});

test('an abort is not a timeout', () => {
  const abort = AbortSignal.abort().reason;
  const timeout = new DOMException('too slow', 'TimeoutError');
  assert.deepEqual([abort, timeout, new Error('x'), undefined].map(isAbort), [true, false, false, false]);
  assert.deepEqual([abort, timeout, new Error('x'), undefined].map(isTimeout), [false, true, false, false]);
});

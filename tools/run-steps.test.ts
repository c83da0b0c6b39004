import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTestCounts, type Tally } from './run-steps.ts';

const cases = [
  {
    name: 'adds the closing counts of the spec reporter',
    given: 'ℹ tests 5\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\nℹ skipped 2\nℹ todo 0\n',
    counted: true,
    want: { passed: 3, failed: 2, skipped: 2 },
  },
  {
    name: 'reads the TAP reporter too',
    given: '# pass 4\n# fail 0\n# cancelled 0\n# skipped 0\n',
    counted: true,
    want: { passed: 4, failed: 0, skipped: 0 },
  },
  {
    name: 'takes the last run when a test printed such lines itself',
    given: 'ℹ pass 9\nℹ pass 1\nℹ fail 0\n',
    counted: true,
    want: { passed: 1, failed: 0, skipped: 0 },
  },
  {
    name: 'counts nothing where no test ran',
    given: 'nothing\n',
    counted: false,
    want: { passed: 0, failed: 0, skipped: 0 },
  },
];
for (const { name, given, counted, want } of cases) {
  test(name, () => {
    const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
    assert.equal(readTestCounts(given, tally), counted);
    assert.deepEqual(tally, want);
  });
}

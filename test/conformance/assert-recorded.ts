import assert from 'node:assert/strict';
import { readCases, type Suite } from '../../tools/conformance/case-file.ts';

/**
 * Holds every case of a recording to its bytes, but for those that are listed as different; a listed case that is right
 * must leave the list. Gives the number of cases.
 */
export async function assertRecorded<C>(
  file: string,
  suite: Suite<C>,
  differences: Readonly<Record<string, string>>,
): Promise<number> {
  const wrong: string[] = [];
  const stale: string[] = [];
  let line = 0;
  for await (const testCase of readCases<C>(file, suite.parse)) {
    const answer = suite.answer(testCase, ++line);
    const isRight = suite.judge(testCase, answer) === 'bytes';
    const isListed = Object.hasOwn(differences, answer.name);
    if (isRight && isListed) stale.push(answer.name);
    if (!isRight && !isListed) wrong.push(`${answer.name}: ${answer.error ?? 'other output'}`);
  }
  assert.ok(line > 0, `${file} has no cases`);
  assert.deepEqual(wrong, []);
  assert.deepEqual(stale, [], 'these are right now: take them off the list');
  return line;
}

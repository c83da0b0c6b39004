import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { readCases } from '../../tools/conformance/case-file.ts';
import { type ChartCase, chartsSuite } from '../../tools/conformance/charts.ts';

/** Charts rendered by the original, beside the project. */
const recorded = resolve(import.meta.dirname, '../../../shared/conformance/helm/charts.jsonl');

/** Cases that are answered otherwise, each with the reason. One that is right must leave the list. */
const differences: Readonly<Record<string, string>> = {
  'chart/coalesce/values/18': 'a key that is null: the error names its line, where the original shows its value',
};

describe('charts, as helm template renders them', { skip: existsSync(recorded) ? false : `no ${recorded}` }, () => {
  it('gives the recorded bytes', async () => {
    const wrong: string[] = [];
    const stale: string[] = [];
    let line = 0;
    for await (const testCase of readCases<ChartCase>(recorded)) {
      const answer = chartsSuite.answer(testCase, ++line);
      const isRight = chartsSuite.judge(testCase, answer) === 'bytes';
      const isListed = Object.hasOwn(differences, answer.name);
      if (isRight && isListed) stale.push(answer.name);
      if (!isRight && !isListed) wrong.push(`${answer.name}: ${answer.error ?? 'other output'}`);
    }
    assert.ok(line > 0, `${recorded} has no cases`);
    assert.deepEqual(wrong, []);
    assert.deepEqual(stale, [], 'these are right now: take them off the list');
  });
});

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { chartsSuite } from '../../tools/conformance/charts.ts';
import { assertRecorded } from './assert-recorded.ts';

/** Charts rendered by the original, beside the project. */
const recorded = resolve(import.meta.dirname, '../../../shared/conformance/helm/charts.jsonl');

/** Cases that are answered otherwise, each with the reason. One that is right must leave the list. */
const differences: Readonly<Record<string, string>> = {
  'chart/coalesce/values/18': 'a key that is null: the error names its line, where the original shows its value',
};

describe('charts, as helm template renders them', { skip: existsSync(recorded) ? false : `no ${recorded}` }, () => {
  it('gives the recorded bytes', async () => {
    await assertRecorded(recorded, chartsSuite, differences);
  });
});

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { gotemplateSuite } from '../../tools/conformance/gotemplate.ts';
import { assertRecorded } from './assert-recorded.ts';

/** Recorded answers of Helm 4.2, beside the project. */
const recorded = resolve(import.meta.dirname, '../../../shared/conformance/helm/functions.jsonl');

/** Cases that are answered otherwise, each with the reason. One that is right must leave the list. */
const differences: Readonly<Record<string, string>> = {
  'own/toToml/095': 'what is wrong with the TOML is said in the words of another parser',
};

/** At least so many of the cases are equal byte for byte. */
const LEAST_SHARE = 0.995;

describe("the recorded answers of Helm's templates", { skip: existsSync(recorded) ? false : `no ${recorded}` }, () => {
  it('functions.jsonl', async () => {
    const line = await assertRecorded(recorded, gotemplateSuite, differences);
    assert.ok(Object.keys(differences).length <= line * (1 - LEAST_SHARE));
  });
});

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { readCases, type Suite } from '../../tools/conformance/case-file.ts';
import { envsubstSuite } from '../../tools/conformance/envsubst.ts';
import { fluxSuite } from '../../tools/conformance/flux.ts';
import { kustomizeSuite } from '../../tools/conformance/kustomize.ts';
import { mergeSuite } from '../../tools/conformance/merge.ts';

/** Recorded answers of the originals, beside the project. */
const recorded = resolve(import.meta.dirname, '../../../shared/conformance');

/** Cases that are answered otherwise, each with the reason. One that is right must leave the list. */
const differences: Readonly<Record<string, string>> = {};

/** Holds every case of a file to the recorded bytes. */
function hold(file: string, suite: Suite<never>): void {
  it(basename(file), async () => {
    const wrong: string[] = [];
    const stale: string[] = [];
    let line = 0;
    for await (const testCase of readCases<never>(file)) {
      const answer = suite.answer(testCase, ++line);
      const isRight = suite.judge(testCase, answer) === 'bytes';
      const isListed = Object.hasOwn(differences, answer.name);
      if (isRight && isListed) stale.push(answer.name);
      if (!isRight && !isListed) wrong.push(`${answer.name}: ${answer.error ?? 'other output'}`);
    }
    assert.ok(line > 0, `${file} has no cases`);
    assert.deepEqual(wrong, []);
    assert.deepEqual(stale, [], 'these are right now: take them off the list');
  });
}

describe('the recorded answers of the originals', { skip: existsSync(recorded) ? false : `no ${recorded}` }, () => {
  if (!existsSync(recorded)) return;
  const builds = join(recorded, 'kustomize');
  for (const version of ['v5.8.2', 'v5.8.1'] as const) {
    describe(`kustomize build ${version}`, () => {
      const files = readdirSync(builds).filter((name) => name.endsWith('.jsonl'));
      for (const name of files) hold(join(builds, name), kustomizeSuite(version) as Suite<never>);
    });
  }
  hold(join(recorded, 'flux.jsonl'), fluxSuite as Suite<never>);
  hold(join(recorded, 'envsubst.jsonl'), envsubstSuite as Suite<never>);
  hold(join(recorded, 'merge2.jsonl'), mergeSuite as Suite<never>);
});

/**
 * Builds every kustomization below some folders with the original and with our engine, and tells the differences.
 *
 * Usage: node tools/compare-kustomize.ts DIR... --kustomize PATH [--load-restrictor LoadRestrictionsNone]
 *          [--timeout SECONDS] [--cache FOLDER] [--show-failures]
 *
 * A folder is one repository in the table at the end. `--cache` keeps the original's answers for the next run. With
 * `--show-failures` the messages are printed where both fail, too. Exits with 1 when anything is built otherwise.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { diskTree } from '../src/artifact/disk-tree.ts';
import { build } from '../src/engines/kustomize/build.ts';
import { kustomizationDirs, type Original, originalBuild } from './conformance/original.ts';
import {
  badVerdicts,
  judgePair,
  type PairVerdict,
  pairDetails,
  pairVerdicts,
  type Result,
} from './conformance/pair.ts';

/** How many programs run at a time. */
const parallel = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kustomize: { type: 'string', default: 'kustomize' },
    'load-restrictor': { type: 'string', default: 'LoadRestrictionsRootOnly' },
    timeout: { type: 'string', default: '60' },
    cache: { type: 'string' },
    'show-failures': { type: 'boolean', default: false },
  },
});
const original: Original = {
  program: values.kustomize,
  loadRestrictor:
    values['load-restrictor'] === 'LoadRestrictionsNone' ? 'LoadRestrictionsNone' : 'LoadRestrictionsRootOnly',
  timeoutMs: Number(values.timeout) * 1000,
  cache: values.cache,
};
const tree = diskTree('/');

if (positionals.length === 0) {
  console.error('usage: compare-kustomize DIR... [--kustomize PATH]');
  process.exitCode = 2;
} else {
  const table: Record<string, Record<PairVerdict, number>> = {};
  for (const root of positionals) table[root] = await compareBelow(root);
  console.table(table);
  if (Object.values(table).some((counts) => badVerdicts.some((verdict) => counts[verdict] > 0))) process.exitCode = 1;
}

async function compareBelow(root: string): Promise<Record<PairVerdict, number>> {
  const counts = Object.fromEntries(pairVerdicts.map((verdict) => [verdict, 0])) as Record<PairVerdict, number>;
  const waiting = kustomizationDirs(resolve(root));
  const work = async (): Promise<void> => {
    for (let dir = waiting.shift(); dir !== undefined; dir = waiting.shift()) counts[await compare(dir)]++;
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return counts;
}

async function compare(dir: string): Promise<PairVerdict> {
  const theirs = await originalBuild(original, dir);
  const ours = ourBuild(dir);
  const verdict = judgePair(theirs, ours);
  if (
    verdict === 'equal values' ||
    badVerdicts.includes(verdict) ||
    (values['show-failures'] && verdict !== 'equal bytes')
  ) {
    console.log(`${dir}: ${verdict}`);
    for (const line of pairDetails(theirs, ours)) console.log(`  ${line}`);
  }
  return verdict;
}

function ourBuild(dir: string): Result {
  const loadRestrictions = original.loadRestrictor === 'LoadRestrictionsNone' ? 'none' : 'rootOnly';
  try {
    return { output: build(tree, dir.slice(1), { loadRestrictions }).toYaml() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

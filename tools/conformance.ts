/**
 * Answers the cases of a conformance file with our engines.
 *
 * Usage: npm run -s conformance -- kustomize|kustomize-5.8.1|flux|envsubst|merge|gotemplate|charts FILE.jsonl... [--summary]
 *
 * Prints a JSON line per case: `name`, and `output` or `error`. With `--summary` the answers are judged instead: how
 * many are equal byte for byte, equal in value, and wrong, by file, with the names of the wrong ones.
 */
import { basename } from 'node:path';
import { type Answer, readCases, type Suite, type Verdict } from './conformance/case-file.ts';
import { chartsSuite } from './conformance/charts.ts';
import { envsubstSuite } from './conformance/envsubst.ts';
import { fluxSuite } from './conformance/flux.ts';
import { gotemplateSuite } from './conformance/gotemplate.ts';
import { kustomizeSuite } from './conformance/kustomize.ts';
import { mergeSuite } from './conformance/merge.ts';

const suites: Readonly<Record<string, Suite<never>>> = {
  kustomize: kustomizeSuite('v5.8.2'),
  'kustomize-5.8.1': kustomizeSuite('v5.8.1'),
  flux: fluxSuite,
  envsubst: envsubstSuite,
  merge: mergeSuite,
  gotemplate: gotemplateSuite,
  charts: chartsSuite,
};

const [kind = '', ...rest] = process.argv.slice(2);
const files = rest.filter((argument) => argument !== '--summary');
const suite = Object.hasOwn(suites, kind) ? suites[kind] : undefined;
if (suite === undefined || files.length === 0) {
  console.error(`usage: conformance ${Object.keys(suites).join('|')} FILE.jsonl... [--summary]`);
  process.exitCode = 2;
} else if (rest.includes('--summary')) await summarize(suite);
else await print(suite);

async function print(used: Suite<never>): Promise<void> {
  for (const file of files) {
    let line = 0;
    for await (const testCase of readCases<never>(file, used.parse)) {
      const { extra, ...answer } = used.answer(testCase, ++line);
      console.log(JSON.stringify({ ...answer, ...extra }));
    }
  }
}

async function summarize(used: Suite<never>): Promise<void> {
  const total: Record<Verdict, number> = { bytes: 0, value: 0, wrong: 0 };
  for (const file of files) {
    const counts: Record<Verdict, number> = { bytes: 0, value: 0, wrong: 0 };
    const wrong: Answer[] = [];
    let line = 0;
    for await (const testCase of readCases<never>(file, used.parse)) {
      const answer = used.answer(testCase, ++line);
      const verdict = used.judge(testCase, answer);
      counts[verdict]++;
      total[verdict]++;
      if (verdict === 'wrong') wrong.push(answer);
    }
    console.log(`${basename(file)}: ${text(counts)}`);
    for (const { name, error } of wrong)
      console.log(`  wrong: ${name}${error === undefined ? '' : ` (${error.slice(0, 300)})`}`);
  }
  console.log(`all: ${text(total)}`);
}

function text({ bytes, value, wrong }: Readonly<Record<Verdict, number>>): string {
  const count = bytes + value + wrong;
  const share = count === 0 ? 0 : (100 * (bytes + value)) / count;
  return `${bytes + value} of ${count} right (${share.toFixed(1)} %), ${bytes} of them byte for byte`;
}

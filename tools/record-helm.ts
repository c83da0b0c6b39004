/**
 * Records what the original prints for the cases of `sluice template` and `sluice lint`.
 *
 * Usage: node tools/record-helm.ts HELM
 *
 * HELM is the program (`go install helm.sh/helm/v4/cmd/helm` of the version that the engine follows). The cases lie in
 * `src/cli/testdata/template` and `lint`: for every `NAME.json` it writes `NAME.recorded.json`.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inCase, lintCases, type TemplateCase, templateCases } from '../test/support/template-case.ts';

const [program = ''] = process.argv.slice(2);
if (program === '') {
  console.error('usage: record-helm HELM');
  process.exitCode = 2;
} else {
  recordAll('template', templateCases);
  recordAll('lint', lintCases);
}

function recordAll(command: string, folder: string): void {
  const files = globSync('*.json', { cwd: folder }).filter((file) => !file.endsWith('.recorded.json'));
  for (const file of files) record(command, join(folder, file));
}

function record(command: string, file: string): void {
  const cases = JSON.parse(readFileSync(file, 'utf8')) as Record<string, TemplateCase>;
  const recorded = Object.entries(cases).map(([name, one]) => [
    name,
    inCase(one, (cwd, args) => {
      const { status, stdout, stderr } = spawnSync(program, [command, ...args], { cwd, encoding: 'utf8' });
      return { status: status ?? -1, stdout, stderr };
    }),
  ]);
  const text = `${JSON.stringify(Object.fromEntries(recorded), undefined, 2)}\n`;
  writeFileSync(file.replace('.json', '.recorded.json'), text);
}

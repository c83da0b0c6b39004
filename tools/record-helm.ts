/**
 * Records what the original prints for the cases of `sluice template`.
 *
 * Usage: node tools/record-helm.ts HELM
 *
 * HELM is the program (`go install helm.sh/helm/v4/cmd/helm` of the version that the engine follows). The cases lie in
 * `src/cli/testdata/template`: for every `NAME.json` it writes `NAME.recorded.json`.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inCase, type TemplateCase, templateCases } from '../test/support/template-case.ts';

const [program = ''] = process.argv.slice(2);
if (program === '') {
  console.error('usage: record-helm HELM');
  process.exitCode = 2;
} else {
  for (const file of globSync('*.json', { cwd: templateCases })) if (!file.endsWith('.recorded.json')) record(file);
}

function record(file: string): void {
  const cases = JSON.parse(readFileSync(join(templateCases, file), 'utf8')) as Record<string, TemplateCase>;
  const recorded = Object.entries(cases).map(([name, one]) => [
    name,
    inCase(one, (cwd, args) => {
      const { status, stdout, stderr } = spawnSync(program, ['template', ...args], { cwd, encoding: 'utf8' });
      return { status: status ?? -1, stdout, stderr };
    }),
  ]);
  const text = `${JSON.stringify(Object.fromEntries(recorded), undefined, 2)}\n`;
  writeFileSync(join(templateCases, file.replace('.json', '.recorded.json')), text);
}

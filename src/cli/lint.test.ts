import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runCommand } from '../../test/support/run-command.ts';
import { inCase, lintCases, type TemplateCase, type TemplateResult } from '../../test/support/template-case.ts';
import { lintCommand } from './lint.ts';

function read<T>(name: string): Readonly<Record<string, T>> {
  return JSON.parse(readFileSync(join(lintCases, name), 'utf8')) as Record<string, T>;
}

/** Cases that end otherwise on purpose, or whose text is not worth having. */
const differences: Readonly<Record<string, string>> = {};

for (const recording of globSync('*.recorded.json', { cwd: lintCases }).sort())
  describe(`sluice lint, as helm: ${recording.replace('.recorded.json', '')}`, () => {
    const recorded = read<TemplateResult>(recording);
    for (const [name, one] of Object.entries(read<TemplateCase>(recording.replace('.recorded', ''))))
      it(name, () => {
        const result = inCase(one, (cwd, args) => runCommand(lintCommand(), cwd, args));
        if (!Object.hasOwn(differences, name)) assert.deepEqual(result, recorded[name]);
        else {
          assert.notDeepEqual(result, recorded[name], 'this is right now: take it off the list');
          assert.equal(result.status, recorded[name]?.status);
        }
      });
  });

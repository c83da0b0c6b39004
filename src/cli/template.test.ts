import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runCommand } from '../../test/support/run-command.ts';
import { inCase, type TemplateCase, type TemplateResult, templateCases } from '../../test/support/template-case.ts';
import { templateCommand } from './template.ts';

function read<T>(name: string): Readonly<Record<string, T>> {
  return JSON.parse(readFileSync(join(templateCases, name), 'utf8')) as Record<string, T>;
}

/** Cases that end otherwise on purpose, or whose text is not worth having. */
const differences: Readonly<Record<string, string>> = {
  'no chart': 'there are no repositories to name: the path is what is wrong',
  'Chart.yaml tab': 'the scanner does not tell a tab in an indentation from others',
  'bad type in schema': 'a schema is checked by hand, not with its metaschema: the fact is the same',
  'bad pattern in schema': 'as above',
};

for (const recording of globSync('*.recorded.json', { cwd: templateCases }).sort())
  describe(`sluice template, as helm: ${recording.replace('.recorded.json', '')}`, () => {
    const recorded = read<TemplateResult>(recording);
    for (const [name, one] of Object.entries(read<TemplateCase>(recording.replace('.recorded', ''))))
      it(name, () => {
        const result = inCase(one, (cwd, args) => runCommand(templateCommand(), cwd, args));
        if (!Object.hasOwn(differences, name)) assert.deepEqual(result, recorded[name]);
        else {
          assert.notDeepEqual(result, recorded[name], 'this is right now: take it off the list');
          assert.equal(result.status, recorded[name]?.status);
        }
      });
  });

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { link } from './link.ts';

const dir = mkdtempSync(join(tmpdir(), 'link-'));
after(() => rmSync(dir, { recursive: true, force: true }));

/** Writes modules, and answers the path of the first. */
function written(modules: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(dir, name), text);
  return join(dir, Object.keys(modules)[0] ?? '');
}

describe('linking', () => {
  it('gives a module that exports what the first one does', async () => {
    const entry = written({
      'entry.mjs': `import { sep } from 'node:path';
import { one as first, Two } from './one.mjs';
import * as all from './two.mjs';
import * as lazy from 'no-such-package';
export const sum = () => first + new Two().value + all.three;
export { Two as Second, three } from './two.mjs';
export async function later() { return sep; }
export function broken() { return lazy.anything; }
const hidden = 4;
export { hidden as four };
`,
      'one.mjs': `export { Two } from './two.mjs';\nexport var one = 1;\n`,
      'two.mjs': `let made = 0;\nexport class Two { value = 2; count = ++made; }\nexport const three = 3;\n`,
    });
    writeFileSync(join(dir, 'linked.mjs'), link(entry));
    const linked = await import(pathToFileURL(join(dir, 'linked.mjs')).href);
    assert.deepEqual(Object.keys(linked).toSorted(), ['Second', 'broken', 'four', 'later', 'sum', 'three']);
    assert.deepEqual([linked.sum(), linked.three, linked.four, await linked.later()], [6, 3, 4, '/']);
    assert.equal(new linked.Second().count, 2, 'the module ran once');
    assert.throws(() => linked.broken(), { code: 'MODULE_NOT_FOUND' });
  });

  for (const text of [
    'export let changing = 1;',
    'export default 1;',
    "export * from './two.mjs';",
    "import two from './two.mjs'; export { two };",
    "export const two = () => import('./two.mjs');",
    'export const { url } = import.meta;',
  ]) {
    it(`refuses ${text}`, () => {
      assert.throws(
        () => link(written({ 'refused.mjs': text, 'two.mjs': 'export const three = 3;' })),
        /cannot be linked/,
      );
    });
  }
});

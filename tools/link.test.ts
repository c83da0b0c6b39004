import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Script } from 'node:vm';
import { link } from './link.ts';

const dir = mkdtempSync(join(tmpdir(), 'link-'));
after(() => rmSync(dir, { recursive: true, force: true }));

/** Writes modules, and answers the path of the first. */
function written(modules: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(dir, name), text);
  return join(dir, Object.keys(modules)[0] ?? '');
}

describe('linking', () => {
  it('gives a script that answers what the first module exports', async () => {
    const entry = written({
      'entry.mjs': `import { sep } from 'node:path';
import { one as first, Two } from './one.mjs';
import * as all from './two.mjs';
import { createHash, Hash as Digest } from 'node:crypto';
import * as lazy from 'no-such-package';
export const sum = () => first + new Two().value + all.three;
export { Two as Second, three } from './two.mjs';
export const digest = () => createHash('md5').update('').digest('hex');
export const made = () => new Digest('md5').update('').digest('hex');
export async function later() { return sep; }
export function broken() { return lazy.anything; }
const hidden = 4;
export { hidden as four };
`,
      'one.mjs': `export { Two } from './two.mjs';\nexport var one = 1;\n`,
      'two.mjs': `let made = 0;\nexport class Two { value = 2; count = ++made; }\nexport const three = 3;\n`,
    });
    const linked = new Script(link(entry)).runInThisContext()(createRequire(entry));
    assert.deepEqual(Object.keys(linked).toSorted(), [
      'Second',
      'broken',
      'digest',
      'four',
      'later',
      'made',
      'sum',
      'three',
    ]);
    assert.deepEqual([linked.sum(), linked.three, linked.four], [6, 3, 4]);
    assert.equal(await linked.later(), '/');
    assert.equal(linked.digest(), 'd41d8cd98f00b204e9800998ecf8427e', 'a function of Node is found when it is called');
    assert.equal(linked.made(), linked.digest(), 'and a class when it is made');
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

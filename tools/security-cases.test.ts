import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '..');

describe('docs/security-cases.md', () => {
  it('names tests that exist', async () => {
    const page = await readFile(join(root, 'docs/security-cases.md'), 'utf8');
    const rows = [...page.matchAll(/`([^`]+\.test\.ts)`: (.+) \|$/gm)];
    assert.ok(rows.length > 40);
    for (const [, file = '', title = ''] of rows) {
      const text = (await readFile(join(root, file), 'utf8')).replaceAll("\\'", "'");
      assert.ok(text.includes(title), `${file} has no test "${title}"`);
    }
  });
});

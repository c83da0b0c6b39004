import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { reasons } from '../src/crds/meta/reasons.ts';

const folder = join(import.meta.dirname, '../docs/spec');

/** What the first cells of the tables under a heading `reason` name. */
function reasonsIn(page: string): readonly string[] {
  const tables = page.matchAll(/^\| reason \|.*\n\|[-|]+\n((?:\|.*\n)*)/gm);
  return [...tables].flatMap(([, rows = '']) =>
    rows
      .split('\n')
      .flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name)),
  );
}

describe('docs/spec', () => {
  for (const file of readdirSync(folder)) {
    it(`names only reasons that exist, in ${file}`, () => {
      const known: readonly string[] = reasons;
      const unknown = reasonsIn(readFileSync(join(folder, file), 'utf8')).filter((name) => !known.includes(name));
      assert.deepEqual(unknown, []);
    });
  }

  it('documents every reason once', () => {
    assert.deepEqual(reasonsIn(readFileSync(join(folder, 'reasons.md'), 'utf8')), reasons);
  });
});

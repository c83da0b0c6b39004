import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { providerTypes } from '../../../crds/notification/provider.ts';

const text = readFileSync(new URL('../../../../docs/spec/provider.md', import.meta.url), 'utf8');
const rows = text.split('\n').filter((line) => /^\| `/.test(line) && line.includes('](https://'));

describe('docs/spec/provider.md links to the documentation of each type', () => {
  for (const type of providerTypes) {
    it(type, () => assert.equal(rows.filter((row) => row.startsWith(`| \`${type}\` |`)).length, 1));
  }

  it('and of no other', () => assert.equal(rows.length, providerTypes.length));
});

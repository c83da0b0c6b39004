import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { quickTemplate } from './quick-template.ts';

const dir = mkdtempSync(join(tmpdir(), 'sluice-chart-'));
const file = (name: string): string => join(dir, name);
const rendered = (): string => readFileSync(file('out/shop/templates/t.yaml'), 'utf8');

before(() => {
  mkdirSync(file('templates'));
  writeFileSync(file('Chart.yaml'), 'apiVersion: v2\nname: shop\nversion: 1.2.3\n');
  writeFileSync(file('values.yaml'), 'size: 1\n');
  writeFileSync(file('more.yaml'), 'size: 3\n');
  writeFileSync(
    file('templates/t.yaml'),
    'kind: {{ .Release.Name }}\nsize: {{ .Values.size }}\nin: {{ .Release.Namespace }}\n',
  );
});

after(() => rmSync(dir, { recursive: true }));

describe('the short way of sluice template', () => {
  it('follows the flags as the full command does', () => {
    assert.equal(quickTemplate(['rel', dir, '-f', file('more.yaml'), '-nhere', '--output-dir', file('out')]), true);
    assert.match(rendered(), /kind: rel\nsize: 3\nin: here\n/);
    assert.equal(quickTemplate([dir, '--set', 'size=4', `--output-dir=${file('out')}`]), true);
    assert.match(rendered(), /kind: release-name\nsize: 4\nin: default\n/);
  });

  for (const [what, args] of [
    ['no chart', []],
    ['too many arguments', ['a', dir, 'c']],
    ['help', [dir, '--help']],
    ['a flag that is refused', [dir, '--verify']],
    ['a chart that is not there', [join(dir, 'none')]],
    ['values that can be read only once', [dir, '-f', '-']],
  ] as const)
    it(`leaves ${what} to the full command`, () => assert.equal(quickTemplate([...args]), false));
});

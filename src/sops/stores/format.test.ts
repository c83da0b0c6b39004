import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { detectFormat, type Format, formatOfPath, hasMarker } from './format.ts';

const encrypted = (name: string): Buffer => readFileSync(join(import.meta.dirname, '../testdata', name, 'encrypted'));

test('encrypted documents are found by their mark, whatever formats them afterwards', () => {
  const cases: readonly (readonly [Uint8Array, Format])[] = [
    [encrypted('yaml-secret'), 'YAML'],
    [
      Buffer.from(
        encrypted('yaml-secret')
          .toString()
          .replace(/mac: (.*)/, 'mac: "$1"'),
      ),
      'YAML',
    ],
    [encrypted('json-values'), 'JSON'],
    [Buffer.from(JSON.stringify(JSON.parse(encrypted('json-values').toString()))), 'JSON'],
    [encrypted('binary-bytes'), 'JSON'],
    [encrypted('dotenv'), 'dotenv'],
    [encrypted('ini'), 'INI'],
  ];
  for (const [content, format] of cases) assert.equal(detectFormat(content), format, content.toString());
  for (const text of ['', '[sops]\na = b\n', 'mac: ENC[x]', 'about ENC[AES256_GCM,data: and so on']) {
    assert.equal(detectFormat(Buffer.from(text)), undefined, text);
  }
  assert.equal(hasMarker(encrypted('yaml-secret'), 'dotenv'), false);
});

test('names tell formats', () => {
  const cases: readonly (readonly [string, Format])[] = [
    ['a/b.yaml', 'YAML'],
    ['b.yml', 'YAML'],
    ['c.json', 'JSON'],
    ['.dockerconfigjson', 'JSON'],
    ['production.env', 'dotenv'],
    ['.env', 'dotenv'],
    ['x.ini', 'INI'],
    ['key', 'binary'],
    ['x.YAML', 'binary'],
  ];
  for (const [path, want] of cases) assert.equal(formatOfPath(path), want, path);
});

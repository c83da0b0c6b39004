import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJsonPatch } from './json-patch.ts';

const operation = { op: 'add', path: '/data/b', value: 'added' };

const read = [
  { name: 'JSON', text: '[{"op": "add", "path": "/data/b", "value": "added"}]', want: [operation] },
  { name: 'a YAML list', text: '- op: add\n  path: /data/b\n  value: added\n', want: [operation] },
  {
    name: 'a YAML list that begins with a space',
    text: ' - {op: add, path: /data/b, value: added}\n',
    want: [operation],
  },
];
for (const { name, text, want } of read) {
  test(`a JSON patch may be written as ${name}`, () => assert.deepEqual(structuredClone(parseJsonPatch(text)), want));
}

test('a flow list with bare words is no JSON, and refused as the original refuses it', () => {
  assert.throws(() => parseJsonPatch('[{op: add, path: /data/b, value: added}]'));
});

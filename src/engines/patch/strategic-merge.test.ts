import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emitNode } from '../../yaml/emit-node.ts';
import { parseNodes } from '../../yaml/parse-nodes.ts';
import { SchemaRegistry } from '../kustomize/openapi/registry.ts';
import { MergeError } from './merge-error.ts';
import { strategicMerge } from './strategic-merge.ts';

const { schemaFor } = new SchemaRegistry({ version: 'v5.8.2', additive: false });

function merge(dest: string, patch: string): string {
  const [into] = parseNodes(dest);
  const [from] = parseNodes(patch);
  assert.ok(into !== undefined && from !== undefined);
  const merged = strategicMerge(into, from, { schemaFor, prepend: true });
  return merged === undefined ? '' : emitNode(merged);
}

const pod = 'apiVersion: v1\nkind: Pod\n';

const merges: readonly { name: string; dest: string; patch: string; want: string }[] = [
  {
    name: 'scalars are replaced, new fields added',
    dest: 'a: 1\nb: 2\n',
    patch: 'b: 3\nc: 4\n',
    want: 'a: 1\nb: 3\nc: 4\n',
  },
  { name: 'null takes a field away', dest: 'a: 1\nb: {c: 1}\n', patch: 'a: null\nb: {c: null}\n', want: 'b: {}\n' },
  {
    name: 'lists of kinds that are not known are replaced',
    dest: 'l: [{name: a}]\n',
    patch: 'l: [{name: b}]\n',
    want: 'l: [{name: b}]\n',
  },
  {
    name: 'lists with a merge key are merged, new items first',
    dest: `${pod}spec:\n  containers:\n  - name: a\n    image: x\n`,
    patch: `${pod}spec:\n  containers:\n  - name: b\n    image: z\n  - name: a\n    tty: true\n`,
    want: `${pod}spec:\n  containers:\n  - name: b\n    image: z\n  - name: a\n    image: x\n    tty: true\n`,
  },
  {
    name: 'ports are the same only with the same protocol',
    dest: `${pod}spec:\n  containers:\n  - name: a\n    ports:\n    - containerPort: 53\n      protocol: UDP\n`,
    patch: `${pod}spec:\n  containers:\n  - name: a\n    ports:\n    - containerPort: 53\n      protocol: TCP\n`,
    want: `${pod}spec:\n  containers:\n  - name: a\n    ports:\n    - containerPort: 53\n      protocol: TCP\n    - containerPort: 53\n      protocol: UDP\n`,
  },
  {
    name: '$patch: delete takes an item away',
    dest: `${pod}spec:\n  containers:\n  - name: a\n  - name: b\n`,
    patch: `${pod}spec:\n  containers:\n  - name: a\n    $patch: delete\n`,
    want: `${pod}spec:\n  containers:\n  - name: b\n`,
  },
  {
    name: '$patch: replace replaces a list',
    dest: `${pod}spec:\n  containers:\n  - name: a\n  - name: b\n`,
    patch: `${pod}spec:\n  containers:\n  - name: c\n  - $patch: replace\n`,
    want: `${pod}spec:\n  containers:\n  - name: c\n`,
  },
  {
    name: '$patch: replace replaces a map',
    dest: 'm:\n  a: 1\n',
    patch: 'm:\n  $patch: replace\n  b: 2\n',
    want: 'm:\n  b: 2\n',
  },
  {
    name: '$patch: delete takes a map away',
    dest: 'm:\n  a: 1\nn: 1\n',
    patch: 'm:\n  $patch: delete\n',
    want: 'n: 1\n',
  },
  { name: 'or everything', dest: `${pod}`, patch: `${pod}$patch: delete\n`, want: '' },
  {
    name: 'finalizers are a set',
    dest: `${pod}metadata:\n  finalizers: [a, b]\n`,
    patch: `${pod}metadata:\n  finalizers: [b, c]\n`,
    want: `${pod}metadata:\n  finalizers: [b, c, a]\n`,
  },
];

describe('strategic merges', () => {
  for (const { name, dest, patch, want } of merges) it(name, () => assert.equal(merge(dest, patch), want));

  it('refuse to merge unlike things', () => {
    assert.throws(() => merge('a: {b: 1}\n', 'a: [1]\n'), MergeError);
    assert.throws(() => merge('a: {b: 1}\n', 'a:\n  $patch: sometimes\n'), /sometimes/);
  });
});

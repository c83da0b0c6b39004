import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KubeObject, ManagedFieldsEntry } from '../kube/object.ts';
import { rivalsOf, rivalText } from './rivals.ts';

const own = 'kustomize-controller';

function object(...managedFields: readonly ManagedFieldsEntry[]): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', managedFields } };
}

function entry(manager: string, fieldsV1: unknown, more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry {
  return { manager, operation: 'Apply', fieldsV1, ...more };
}

const containers = { 'k:{"name":"app"}': { '.': {}, 'f:image': {}, 'f:name': {} } };
const wanted = { 'f:spec': { 'f:replicas': {}, 'f:template': { 'f:spec': { 'f:containers': containers } } } };

const cases: readonly {
  readonly name: string;
  readonly live: readonly ManagedFieldsEntry[];
  readonly want: readonly string[];
}[] = [
  { name: 'nobody', live: [entry(own, wanted)], want: [] },
  {
    name: 'a scaler through its subresource',
    live: [
      entry(own, { 'f:spec': { 'f:template': wanted['f:spec']['f:template'] } }),
      entry('scaler', { 'f:spec': { 'f:replicas': {} } }, { operation: 'Update', subresource: 'scale' }),
    ],
    want: ['.spec.replicas by scaler (Update through scale)'],
  },
  {
    name: 'one who changed an item of a list, and one who removed a field',
    live: [
      entry(own, { 'f:metadata': { 'f:labels': { 'f:a': {} } } }),
      entry('editor', { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': containers } } } }),
    ],
    want: [
      '.spec.template.spec.containers[name="app"].image, .spec.template.spec.containers[name="app"].name by editor (Apply)',
      '.spec.replicas removed',
    ],
  },
];

for (const { name, live, want } of cases) {
  test(`names ${name}`, () => {
    assert.deepEqual(rivalsOf(object(...live), object(entry(own, wanted)), own).map(rivalText), want);
  });
}

test('many fields are counted', () => {
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`f:${i}`, {}]));
  const [rival] = rivalsOf(object(entry('other', many)), object(entry(own, many)), own);
  assert.deepEqual(rival?.fields, ['.0', '.1', '.2', '.3', '.4', '4 more']);
});

test('whatever managedFields hold, it ends', () => {
  const tree = fc.object({
    key: fc.constantFrom('f:a', 'f:b', 'k:{"x":1}', 'k:{', 'v:"s"', 'i:0', '.', ''),
    maxDepth: 4,
  });
  fc.assert(
    fc.property(tree, tree, tree, (a, b, c) => {
      rivalsOf(object(entry(own, a), entry('other', b)), object(entry(own, c)), own);
    }),
    { seed: 1 },
  );
});

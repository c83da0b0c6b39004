import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, ManagedFieldsEntry } from '../kube/object.ts';
import { compileIgnoreRules, type IgnoreRule, withoutIgnored, yieldIgnored } from './drift-ignore.ts';
import { parsePointer, valueAtPointer, withoutPointer, withPointer } from './json-pointer.ts';

const value = { a: { 'b/c~d': [{ x: 1 }, { x: 2 }] }, e: null };

test('JSON pointers', () => {
  const path = parsePointer('/a/b~1c~0d/1/x');
  assert.deepEqual(path, ['a', 'b/c~d', '1', 'x']);
  assert.equal(valueAtPointer(value, path), 2);
  assert.deepEqual(withoutPointer(value, path), { a: { 'b/c~d': [{ x: 1 }, {}] }, e: null });
  assert.deepEqual(withoutPointer(value, path.slice(0, 3)), { a: { 'b/c~d': [{ x: 1 }] }, e: null });
  assert.deepEqual(withPointer(value, path, 9), { a: { 'b/c~d': [{ x: 1 }, { x: 9 }] }, e: null });
  assert.deepEqual(withPointer(value, ['a', 'new'], 1), { a: { ...value.a, new: 1 }, e: null });
  for (const absent of ['/z', '/a/z/y', '/a/b~1c~0d/2', '/a/b~1c~0d/-', '/a/b~1c~0d/01', '/toString', '/e/f']) {
    assert.equal(valueAtPointer(value, parsePointer(absent)), undefined, absent);
    assert.equal(withoutPointer(value, parsePointer(absent)), value, absent);
  }
  assert.equal(withPointer(value, ['z', 'y'], 1), value);
  assert.equal(withPointer(value, ['a', 'b/c~d', '2'], 1), value);
  for (const bad of ['', 'a', '.spec']) assert.throws(() => parsePointer(bad), SyntaxError);
});

function deployment(spec: unknown, managedFields: readonly ManagedFieldsEntry[] = []): KubeObject {
  const metadata = { name: 'web', namespace: 'ns', labels: { app: 'web' }, managedFields };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
}

test('rules are about the objects that they select', () => {
  const paths = ['/spec/replicas'];
  const targets: readonly (readonly [IgnoreRule['target'], boolean])[] = [
    [undefined, true],
    [{}, true],
    [{ kind: 'Deployment' }, true],
    [{ kind: 'Deploy' }, false],
    [{ kind: 'Deploy.*|X' }, true],
    [{ group: 'apps', version: 'v1', name: 'w.b', namespace: 'ns' }, true],
    [{ group: 'batch' }, false],
    [{ namespace: 'other' }, false],
    [{ labelSelector: 'app=web' }, true],
    [{ labelSelector: 'app!=web' }, false],
    [{ annotationSelector: 'x' }, false],
  ];
  for (const [target, want] of targets) {
    const ignored = compileIgnoreRules([target === undefined ? { paths } : { paths, target }]);
    assert.deepEqual(ignored(deployment({})), want ? [['spec', 'replicas']] : [], JSON.stringify(target));
  }
  for (const target of [{ name: '(' }, { labelSelector: 'a b' }, { annotationSelector: '=' }]) {
    assert.throws(() => compileIgnoreRules([{ paths, target }]), {
      name: 'SyntaxError',
      message: /^failed to create ignore rule selector: invalid/,
    });
  }
});

const fields = (manager: string, fieldsV1: unknown, operation: 'Apply' | 'Update' = 'Apply'): ManagedFieldsEntry => ({
  manager,
  operation,
  fieldsV1,
});
const container = (image: string) => ({
  containers: [
    { name: 'a', image: 'a' },
    { name: 'c', image },
  ],
});
const theirs = { 'f:spec': { 'f:replicas': {}, 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {} } } } };

interface Case {
  readonly name: string;
  readonly path: string;
  readonly desired: unknown;
  readonly live: unknown;
  readonly managers: readonly ManagedFieldsEntry[];
  readonly want: unknown;
}

const cases: readonly Case[] = [
  {
    name: 'equal fields are sent',
    path: '/spec/replicas',
    desired: { replicas: 2 },
    live: { replicas: 2 },
    managers: [fields('vpa', theirs)],
    want: { replicas: 2 },
  },
  {
    name: 'applied by another: left out',
    path: '/spec/replicas',
    desired: { replicas: 2, x: 1 },
    live: { replicas: 5 },
    managers: [fields('vpa', theirs)],
    want: { x: 1 },
  },
  {
    name: 'written by another: its value',
    path: '/spec/replicas',
    desired: { replicas: 2 },
    live: { replicas: 5 },
    managers: [fields('vpa', theirs, 'Update')],
    want: { replicas: 5 },
  },
  {
    name: 'applied by us: its value',
    path: '/spec/replicas',
    desired: { replicas: 2 },
    live: { replicas: 5 },
    managers: [fields('us', theirs)],
    want: { replicas: 5 },
  },
  {
    name: 'removed by another: left out',
    path: '/spec/replicas',
    desired: { replicas: 2 },
    live: {},
    managers: [],
    want: {},
  },
  {
    name: 'applied by another in a list',
    path: '/spec/containers/1/image',
    desired: container('1'),
    live: container('2'),
    managers: [fields('vpa', theirs)],
    want: { containers: [{ name: 'a', image: 'a' }, { name: 'c' }] },
  },
  {
    name: 'another item is applied by another',
    path: '/spec/containers/0/image',
    desired: container('1'),
    live: { containers: [{ name: 'a', image: 'z' }] },
    managers: [fields('vpa', theirs)],
    want: {
      containers: [
        { name: 'a', image: 'z' },
        { name: 'c', image: '1' },
      ],
    },
  },
];

test('ignored fields that differ', () => {
  for (const { name, path, desired, live, managers, want } of cases) {
    const isOurs = ({ manager }: ManagedFieldsEntry): boolean => manager === 'us';
    const drifted = {
      object: deployment(desired),
      live: deployment(live, managers),
      result: deployment(desired),
      isOurs,
    };
    assert.deepEqual(yieldIgnored(drifted, [parsePointer(path)])['spec'], want, name);
  }
  assert.deepEqual(
    withoutIgnored(deployment({ replicas: 1, a: 2 }), [
      ['spec', 'replicas'],
      ['spec', 'z'],
    ])['spec'],
    { a: 2 },
  );
});

test('a selector that would backtrack for ever answers at once', () => {
  const rules = compileIgnoreRules([{ paths: ['/data/a'], target: { name: '(a+)+b' } }]);
  const name = 'a'.repeat(20_000);
  const start = performance.now();
  assert.deepEqual(rules({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ns' } }), []);
  assert.ok(performance.now() - start < 2_000);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, ManagedFieldsEntry } from '../kube/object.ts';
import { cleanupPatch, isTakenOver, managersToReplace, migrationPatch } from './field-managers.ts';
import { unionFields } from './fields-v1.ts';

const own = 'kustomize-controller';
const fields = (...names: readonly string[]): unknown => ({
  'f:data': Object.fromEntries(names.map((name) => [`f:${name}`, {}])),
});

function entry(text: string, ...names: readonly string[]): ManagedFieldsEntry {
  const [manager = '', operation, subresource] = text.split(' ');
  return {
    manager,
    operation: operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: fields(...names),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

function live(managedFields: readonly ManagedFieldsEntry[], metadata = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', resourceVersion: '7', managedFields, ...metadata },
  };
}

const desired: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } };
const bound = { op: 'replace', path: '/metadata/resourceVersion', value: '7' };
const others: readonly ManagedFieldsEntry[] = [entry('someone Update', 'z'), entry('helm Apply', 'y')];

interface Case {
  readonly name: string;
  readonly given: readonly ManagedFieldsEntry[];
  /** undefined: nothing to do. */
  readonly want: readonly ManagedFieldsEntry[] | undefined;
}

const cases: readonly Case[] = [
  { name: 'nobody to replace', given: [entry(`${own} Apply`, 'a'), ...others], want: undefined },
  { name: 'none at all', given: [], want: undefined },
  {
    name: "kubectl's fields join ours, which comes last",
    given: [entry(`${own} Apply`, 'a'), entry('kubectl-edit Update', 'b'), ...others, entry('kubectl Apply', 'c')],
    want: [...others, entry(`${own} Apply`, 'a', 'b', 'c')],
  },
  {
    name: 'without an entry of ours the first one becomes it',
    given: [entry('kubectl-client-side-apply Update', 'a'), entry('before-first-apply Update', 'b')],
    want: [entry(`${own} Apply`, 'a', 'b')],
  },
  { name: 'our own old writes', given: [entry(`${own} Update`, 'a')], want: [entry(`${own} Apply`, 'a')] },
  { name: 'writes of subresources stay', given: [entry('kubectl Update scale', 'a')], want: undefined },
  { name: 'other operations stay', given: [entry('before-first-apply Apply', 'a')], want: undefined },
];

test('fields of former tools become ours', () => {
  for (const { name, given, want } of cases) {
    const patch = cleanupPatch(desired, live(given), own, managersToReplace(own));
    const expected = want === undefined ? [] : [{ op: 'replace', path: '/metadata/managedFields', value: want }, bound];
    assert.deepEqual(patch, expected, name);
  }
});

test('disallowed managers are replaced too', () => {
  const patch = cleanupPatch(
    desired,
    live([entry('helm Apply', 'y'), entry('helm Update', 'x')]),
    own,
    managersToReplace(own, ['helm']),
  );
  assert.deepEqual(patch[0]?.value, [entry(`${own} Apply`, 'y', 'x')]);
});

test('annotations and labels of former tools go', () => {
  const metadata = {
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: 'x' },
    labels: { 'fluxcd.io/sync-gc-mark': 'x' },
  };
  assert.deepEqual(cleanupPatch(desired, live([], metadata), own, managersToReplace(own)), [
    { op: 'remove', path: '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration' },
    { op: 'remove', path: '/metadata/labels/fluxcd.io~1sync-gc-mark' },
    bound,
  ]);
});

test('an annotation that the source wants stays', () => {
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
  const wanting = { ...desired, metadata: { name: 'x', annotations } };
  assert.deepEqual(cleanupPatch(wanting, live([], { annotations }), own, managersToReplace(own)), []);
});

test('migrating writes one version into all entries', () => {
  const old = live([
    { ...entry('a Update', 'x'), apiVersion: 'x.io/v1' },
    { ...entry('b Apply status', 'y'), apiVersion: 'x.io/v2' },
  ]);
  assert.deepEqual(migrationPatch(old, 'x.io/v2')[0]?.value, [
    { ...entry('a Update', 'x'), apiVersion: 'x.io/v2' },
    { ...entry('b Apply status', 'y'), apiVersion: 'x.io/v2' },
  ]);
  assert.deepEqual(migrationPatch(live([entry('a Update', 'x')]), 'v1'), []);
  assert.deepEqual(migrationPatch(live([]), 'v1'), []);
});

test('what kubectl asks for once is not taken over', () => {
  const annotation = (key: string) => ({ 'f:metadata': { 'f:annotations': { '.': {}, [`f:${key}`]: {} } } });
  const restart = { 'f:spec': { 'f:template': annotation('kubectl.kubernetes.io/restartedAt') } };
  const entryOf = (manager: string, fieldsV1: unknown) => ({ manager, operation: 'Update' as const, fieldsV1 });
  const replaced = managersToReplace('kustomize-controller');
  const cases: readonly (readonly [boolean, ManagedFieldsEntry])[] = [
    [false, entryOf('kubectl-rollout', restart)],
    [false, entryOf('kubectl-annotate', annotation('reconcile.fluxcd.io/requestedAt'))],
    [true, entryOf('kubectl-annotate', annotation('mine'))],
    [true, entryOf('kubectl-edit', { ...restart, 'f:data': {} })],
    [true, entryOf('kubectl-edit', {})],
    [true, entryOf('kustomize-controller', restart)],
    [false, entryOf('someone', annotation('mine'))],
  ];
  for (const [taken, entry] of cases) assert.equal(isTakenOver(entry, replaced), taken, JSON.stringify(entry));
});

const unions: readonly (readonly [unknown, unknown, unknown])[] = [
  [{ 'f:a': {} }, { 'f:b': {} }, { 'f:a': {}, 'f:b': {} }],
  [{ 'f:a': {} }, { 'f:a': { 'f:b': {} } }, { 'f:a': { '.': {}, 'f:b': {} } }],
  [{ 'f:a': { '.': {}, 'f:b': {} } }, { 'f:a': { 'f:c': {} } }, { 'f:a': { '.': {}, 'f:b': {}, 'f:c': {} } }],
  [{ 'f:a': { 'f:b': {} } }, { 'f:a': { 'f:c': {} } }, { 'f:a': { 'f:b': {}, 'f:c': {} } }],
  [{ 'k:{"name":"a"}': { '.': {} } }, { 'k:{"name":"a"}': {} }, { 'k:{"name":"a"}': {} }],
  [undefined, { 'f:a': {} }, { 'f:a': {} }],
  [undefined, undefined, undefined],
];

test('unions of field sets', () => {
  for (const [a] of unions.slice(0, 4)) assert.deepEqual(unionFields(a, a), a);
  for (const [a, b, want] of unions.slice(0, 5)) {
    assert.deepEqual(unionFields(a, b), want);
    assert.deepEqual(unionFields(b, a), want);
  }
  for (const [a, b, want] of unions.slice(5)) assert.deepEqual(unionFields(a, b), want);
});

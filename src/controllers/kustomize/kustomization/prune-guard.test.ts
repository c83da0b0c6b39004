import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePruneGuard, whyHeld } from './prune-guard.ts';

const readable: readonly (readonly [text: string, guard: ReturnType<typeof parsePruneGuard>])[] = [
  ['10', { maxObjects: 10, onDelete: false }],
  ['0', { maxObjects: 0, onDelete: false }],
  ['25%', { maxPercent: 25, onDelete: false }],
  [' 10 , 25%, on-delete ', { maxObjects: 10, maxPercent: 25, onDelete: true }],
  ['on-delete', { onDelete: true }],
  ['none', undefined],
];
for (const [text, guard] of readable)
  test(`'${text}' is a guard`, () => assert.deepEqual(parsePruneGuard(text), guard));

for (const text of ['', '10,', '-1', '101%', '1.5', 'many', '10 objects', 'none,10', '99999999999']) {
  test(`'${text}' is none, and what is wrong with it is told`, () =>
    assert.throws(() => parsePruneGuard(text), { name: 'RangeError', message: /^'.*': / }));
}

const configMap = { group: '', kind: 'ConfigMap' };
const some = (count: number) => Array.from({ length: count }, () => configMap);

const cases: readonly {
  readonly name: string;
  readonly guard: string;
  readonly deletions: Parameters<typeof whyHeld>[1];
  readonly of?: number;
  readonly want: string | undefined;
}[] = [
  { name: 'as many as allowed may go', guard: '2', deletions: some(2), want: undefined },
  { name: 'one more is held', guard: '2', deletions: some(3), want: 'more than 2 objects' },
  { name: 'a share is one of the inventory', guard: '25%', deletions: some(2), of: 8, want: undefined },
  { name: 'above it is held', guard: '25%', deletions: some(3), of: 8, want: 'more than 25% of 8' },
  { name: 'nothing is never held', guard: '0,0%', deletions: [], of: 0, want: undefined },
  {
    name: 'all reasons are told',
    guard: '1,10%',
    deletions: [...some(2), { group: '', kind: 'Namespace' }],
    want: 'more than 1 objects, more than 10% of 10, of kind Namespace',
  },
  {
    name: 'a definition is held, whatever the limits',
    guard: '100',
    deletions: [{ group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' }],
    want: 'of kind CustomResourceDefinition',
  },
  {
    name: 'a volume is held',
    guard: 'on-delete',
    deletions: [{ group: '', kind: 'PersistentVolume' }],
    want: 'of kind PersistentVolume',
  },
  {
    name: 'a kind of the same name in another group is not',
    guard: '10',
    deletions: [{ group: 'example.org', kind: 'Namespace' }],
    want: undefined,
  },
];
for (const { name, guard, deletions, of = 10, want } of cases) {
  test(name, () => {
    const parsed = parsePruneGuard(guard);
    assert.ok(parsed !== undefined);
    assert.equal(whyHeld(parsed, deletions, of), want);
  });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { installOrder, uninstallOrder } from './kind-order.ts';
import { sortManifests } from './manifests.ts';

const files = new Map([
  ['a.yaml', ['Deployment', 'Zebra', 'Namespace', 'Apple', 'Service'].map((kind) => `kind: ${kind}\n`).join('---\n')],
]);

describe('the order of kinds', () => {
  const kinds = (order: typeof installOrder): readonly string[] =>
    sortManifests(files, order).manifests.map(({ kind }) => kind);

  it('installs what others need first, unknown kinds last by name', () =>
    assert.deepEqual(kinds(installOrder), ['Namespace', 'Service', 'Deployment', 'Apple', 'Zebra']));

  it('removes what others live in last but for unknown kinds', () =>
    assert.deepEqual(kinds(uninstallOrder), ['Service', 'Deployment', 'Namespace', 'Apple', 'Zebra']));

  it('knows the same kinds for both', () =>
    assert.deepEqual([...installOrder.keys()].sort(), [...uninstallOrder.keys()].sort()));
});

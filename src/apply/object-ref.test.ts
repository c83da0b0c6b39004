import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiVersionOf, formatId, type ObjectRef, parseId, splitApiVersion, subjectOf } from './object-ref.ts';

const rbac = 'rbac.authorization.k8s.io';
const ids: readonly (readonly [string, Omit<ObjectRef, 'version'>, string])[] = [
  ['ns_one__ConfigMap', { namespace: 'ns', name: 'one', group: '', kind: 'ConfigMap' }, 'ConfigMap/ns/one'],
  ['_ns__Namespace', { namespace: '', name: 'ns', group: '', kind: 'Namespace' }, 'Namespace/ns'],
  ['ns_web_apps_Deployment', { namespace: 'ns', name: 'web', group: 'apps', kind: 'Deployment' }, 'Deployment/ns/web'],
  [
    `_system__node_${rbac}_ClusterRole`,
    { namespace: '', name: 'system:node', group: rbac, kind: 'ClusterRole' },
    'ClusterRole/system:node',
  ],
];

test('ids, refs and subjects', () => {
  for (const [id, ref, subject] of ids) {
    assert.equal(formatId(ref), id);
    assert.deepEqual(parseId(id, 'v1'), { ...ref, version: 'v1' });
    assert.equal(subjectOf(ref), subject);
  }
});

test('colons are written as underscores for RBAC kinds only', () => {
  assert.equal(formatId({ namespace: '', name: 'a:b', group: 'x', kind: 'Role' }), '_a:b_x_Role');
});

test('malformed ids are refused', () => {
  for (const id of ['', 'a', 'a_b', 'a_b_c']) assert.throws(() => parseId(id, 'v1'), SyntaxError, id);
});

test('apiVersion', () => {
  for (const apiVersion of ['v1', 'apps/v1', 'a.b.c/v1beta1']) {
    assert.equal(apiVersionOf(splitApiVersion(apiVersion)), apiVersion);
  }
  assert.deepEqual(splitApiVersion('v1'), { group: '', version: 'v1' });
});

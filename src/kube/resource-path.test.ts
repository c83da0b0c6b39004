import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ObjectKey, ResourceType } from './object.ts';
import { collectionPath, objectPath, pathSegment, withQuery } from './resource-path.ts';

const pods: ResourceType = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const roles: ResourceType = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
};

describe('paths', () => {
  const rbac = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
  const objects: readonly { name: string; type: ResourceType; key: ObjectKey; sub?: string; want: string }[] = [
    { name: 'core kinds', type: pods, key: { namespace: 'a', name: 'b' }, want: '/api/v1/namespaces/a/pods/b' },
    { name: 'groups', type: roles, key: { name: 'view' }, want: `${rbac}/view` },
    {
      name: 'subresources',
      type: pods,
      key: { namespace: 'a', name: 'b' },
      sub: 'status',
      want: '/api/v1/namespaces/a/pods/b/status',
    },
    { name: 'names with capitals and colons', type: roles, key: { name: 'My:Role' }, want: `${rbac}/My%3ARole` },
    {
      name: 'a cluster-scoped kind that comes with a namespace',
      type: roles,
      key: { namespace: 'x', name: 'y' },
      want: `${rbac}/y`,
    },
    { name: 'spaces and question marks', type: roles, key: { name: 'a b?c#d' }, want: `${rbac}/a%20b%3Fc%23d` },
  ];
  for (const { name, type, key, sub, want } of objects) {
    test(`of ${name}`, () => assert.equal(objectPath(type, key, sub), want));
  }

  test('of collections', () => {
    assert.equal(collectionPath(pods), '/api/v1/pods');
    assert.equal(collectionPath(pods, 'a'), '/api/v1/namespaces/a/pods');
    assert.equal(collectionPath(roles, 'a'), rbac);
  });

  const refused: readonly { name: string; type: ResourceType; key: ObjectKey }[] = [
    { name: 'no name', type: roles, key: { name: '' } },
    { name: 'a parent folder', type: roles, key: { name: '..' } },
    { name: 'a slash', type: roles, key: { name: 'a/b' } },
    { name: 'an escaped slash', type: roles, key: { name: 'a%2Fb' } },
    { name: 'no namespace', type: pods, key: { name: 'a' } },
    { name: 'an empty namespace', type: pods, key: { namespace: '', name: 'a' } },
    { name: 'a namespace that climbs', type: pods, key: { namespace: '..', name: 'a' } },
    { name: 'a group that climbs', type: { ...roles, group: '../api' }, key: { name: 'a' } },
    { name: 'a version that climbs', type: { ...roles, version: '..' }, key: { name: 'a' } },
  ];
  for (const { name, type, key } of refused) {
    test(`refuse ${name}`, () => assert.throws(() => objectPath(type, key), TypeError));
  }

  test('have one segment per name, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        let segment: string;
        try {
          segment = pathSegment('name', name);
        } catch (error) {
          assert.ok(error instanceof TypeError);
          return;
        }
        const { pathname, search, hash } = new URL(`https://h/base/${segment}`);
        assert.equal(decodeURIComponent(pathname), `/base/${name.toWellFormed()}`);
        assert.equal(search + hash, '');
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  test('take parameters that are set', () => {
    assert.equal(withQuery('/a', { x: undefined }), '/a');
    assert.equal(withQuery('/a', { x: 'a=b,c in (d)', y: true, z: 5 }), '/a?x=a%3Db%2Cc%20in%20(d)&y=true&z=5');
  });
});

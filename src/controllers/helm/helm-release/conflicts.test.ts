import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HelmRelease, helmReleaseKind } from '../../../crds/helm/helm-release.ts';
import { objectConflict, releaseClaims, releaseConflict } from './conflicts.ts';
import { snapshotOf } from './snapshot.ts';
import { releaseRecord } from './testing.ts';

interface Parts {
  readonly namespace?: string;
  readonly created?: string;
  readonly spec?: Partial<HelmRelease['spec']>;
  readonly released?: string;
  readonly inventory?: readonly string[];
}

function helmRelease(
  name: string,
  { namespace = 'apps', created = '1', spec, released, inventory }: Parts = {},
): HelmRelease {
  const record = releaseRecord({ name: released ?? '', namespace: 'apps' });
  const history =
    released === undefined ? [] : [snapshotOf(record, { ociDigest: '', action: 'install', algorithm: 'sha256' })];
  return {
    apiVersion: helmReleaseKind.apiVersion,
    kind: helmReleaseKind.kind,
    metadata: { name, namespace, uid: `${namespace}/${name}`, creationTimestamp: created },
    spec: { interval: '1h', ...spec },
    status: {
      history,
      ...(inventory === undefined ? {} : { inventory: { entries: inventory.map((id) => ({ id, v: 'v1' })) } }),
    },
  };
}

const shared = { releaseName: 'shop', targetNamespace: 'apps', storageNamespace: 'apps' };

describe('releaseConflict', () => {
  const me = helmRelease('b', { spec: shared, created: '2' });
  const told = 'release apps/shop is that of HelmRelease apps/a, and cannot be that of HelmRelease apps/b, too';
  const cases: readonly (readonly [string, HelmRelease, string | undefined])[] = [
    ['nobody else', me, undefined],
    ['another name', helmRelease('a', { spec: { ...shared, releaseName: 'other' } }), undefined],
    ['another storage', helmRelease('a', { spec: { ...shared, storageNamespace: 'other' } }), undefined],
    ['another cluster', helmRelease('a', { spec: { ...shared, kubeConfig: { secretRef: { name: 'k' } } } }), undefined],
    ['one that was made first', helmRelease('a', { spec: shared }), told],
    ['one that was made later', helmRelease('a', { spec: shared, created: '3' }), undefined],
    [
      'one that was made later and has the release',
      helmRelease('a', { spec: shared, created: '3', released: 'shop' }),
      told,
    ],
  ];
  for (const [name, other, want] of cases) it(name, () => assert.equal(releaseConflict(me, [me, other]), want));

  it('leaves the release to exactly one of two', () => {
    const [a, b] = [helmRelease('a', { spec: shared }), helmRelease('b', { spec: shared })];
    assert.equal(releaseConflict(a, [a, b]), undefined);
    assert.equal(releaseConflict(b, [a, b]), told);
  });
});

describe('objectConflict', () => {
  const me = helmRelease('b');
  const other = helmRelease('a', {
    inventory: ['apps_cm__ConfigMap', 'apps_web_apps_Deployment', '_x.y_apiextensions.k8s.io_CustomResourceDefinition'],
  });
  const entries = (...ids: readonly string[]) => ids.map((id) => ({ id, v: 'v1' }));
  const conflict = (object: HelmRelease, ...ids: readonly string[]): string | undefined =>
    objectConflict(object, releaseClaims(object, entries(...ids), [me, other]));

  it('names the objects and both owners', () => {
    assert.equal(
      conflict(me, 'apps_web_apps_Deployment', 'apps_cm__ConfigMap', 'apps_mine__ConfigMap'),
      'ConfigMap/apps/cm is an object of HelmRelease apps/a, Deployment/apps/web is an object of HelmRelease apps/a, and cannot be one of HelmRelease apps/b, too',
    );
  });

  it('lets definitions be shared, and what is its own', () => {
    assert.equal(conflict(me, '_x.y_apiextensions.k8s.io_CustomResourceDefinition', 'apps_new__ConfigMap'), undefined);
    assert.equal(conflict(other, 'apps_cm__ConfigMap'), undefined);
  });
});

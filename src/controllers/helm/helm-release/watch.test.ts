import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HelmRelease, helmReleaseKind } from '../../../crds/helm/helm-release.ts';
import { helmChartKind } from '../../../crds/source/helm-chart.ts';
import { ociRepositoryKind } from '../../../crds/source/oci-repository.ts';
import type { Client, WatchHandlers } from '../../../kube/client.ts';
import { configMapType } from '../../../kube/config-map.ts';
import type { KubeObject, PartialObject, ResourceType } from '../../../kube/object.ts';
import { secretType } from '../../../kube/secret.ts';
import { Informer } from '../../../runtime/informer.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import type { WorkQueue } from '../../../runtime/work-queue.ts';
import type { SourceObject } from './source.ts';
import { trimSource, wakeOnChanges } from './watch.ts';

type Release = HelmRelease & KubeObject;

/** Informers that hear what the test says, and the names of what was woken. */
function setUp(...objects: readonly Release[]) {
  const handlers = new Map<string, WatchHandlers<never>>();
  const watch = (type: { plural: string }, _options: unknown, given: WatchHandlers<never>) =>
    handlers.set(type.plural, given);
  const client = { watch } as unknown as Client;
  const log = silentLogger;
  const source = (type: ResourceType) => new Informer<SourceObject>({ client, type, log, trim: trimSource });
  const config = (type: ResourceType) => new Informer<PartialObject>({ client, type, log });
  const releases = new Informer<Release>({ client, type: helmReleaseKind, log });
  const sources = { HelmChart: source(helmChartKind), OCIRepository: source(ociRepositoryKind) };
  const configs = { ConfigMap: config(configMapType), Secret: config(secretType) };
  const woken: string[] = [];
  const queue = { add: ({ name }: { name: string }) => woken.push(name) } as unknown as WorkQueue;
  wakeOnChanges({ releases, sources, configs }, queue);
  const all = [releases, ...Object.values(sources), ...Object.values(configs)];
  for (const informer of all) informer.start(new AbortController().signal);
  for (const given of handlers.values()) given.replace([]);
  handlers.get('helmreleases')?.replace(objects as never);
  let version = 1;
  const changed = (plural: string, object: PartialObject): readonly string[] => {
    woken.length = 0;
    const metadata = { ...object.metadata, resourceVersion: String(++version) };
    handlers.get(plural)?.upsert({ ...object, metadata } as never);
    return [...woken].sort();
  };
  woken.length = 0;
  return { changed };
}

function release(name: string, spec: Partial<HelmRelease['spec']> = {}, status: HelmRelease['status'] = {}): Release {
  return {
    apiVersion: helmReleaseKind.apiVersion,
    kind: helmReleaseKind.kind,
    metadata: { name, namespace: 'apps', uid: name, generation: 1 },
    spec: { interval: '1h', ...spec },
    status,
  };
}

const time = '2026-01-01T00:00:00Z';
const ready = (status: 'True' | 'False', message = '') => [
  { type: 'Ready', status, reason: 'R', message, lastTransitionTime: time },
];
const artifact = (revision: string) => ({
  revision,
  digest: `sha256:${revision}`,
  path: 'p',
  url: 'u',
  lastUpdateTime: time,
});

function chart(status: NonNullable<SourceObject['status']>, name = 'shop'): SourceObject {
  return { apiVersion: helmChartKind.apiVersion, kind: 'HelmChart', metadata: { name, namespace: 'apps' }, status };
}

const chartRef = { kind: 'HelmChart' as const, name: 'shop' };

describe('wakeOnChanges', () => {
  it('wakes one whose spec or annotation of ours changed, not one whose status did', () => {
    const object = release('a');
    const { changed } = setUp(object);
    assert.deepEqual(changed('helmreleases', { ...object, status: { observedGeneration: 1 } } as PartialObject), []);
    assert.deepEqual(changed('helmreleases', { ...object, metadata: { ...object.metadata, generation: 2 } }), ['a']);
    const annotations = { 'sluice.dev/explain-retries': 'enabled' };
    const annotated = { ...object.metadata, generation: 2, annotations };
    assert.deepEqual(changed('helmreleases', { ...object, metadata: annotated }), ['a']);
  });

  it('wakes the users of a chart for another artifact, readiness, and another failure', () => {
    const { changed } = setUp(release('a', { chartRef }), release('b'));
    assert.deepEqual(changed('helmcharts', chart({ conditions: ready('False', 'one') })), ['a']);
    assert.deepEqual(changed('helmcharts', chart({ conditions: ready('False', 'one') })), []);
    assert.deepEqual(changed('helmcharts', chart({ conditions: ready('False', 'two') })), ['a']);
    assert.deepEqual(changed('helmcharts', chart({ artifact: artifact('1'), conditions: ready('False', 'two') })), [
      'a',
    ]);
    assert.deepEqual(changed('helmcharts', chart({ artifact: artifact('1'), conditions: ready('True') })), ['a']);
    assert.deepEqual(changed('helmcharts', chart({ artifact: artifact('1'), conditions: ready('True') })), []);
  });

  it('lets be who has the revision already', () => {
    const done = { conditions: ready('True'), lastAttemptedRevision: '1' };
    const { changed } = setUp(release('a', { chartRef }, done));
    assert.deepEqual(changed('helmcharts', chart({ artifact: artifact('1'), conditions: ready('True') })), []);
    assert.deepEqual(changed('helmcharts', chart({ artifact: artifact('2'), conditions: ready('True') })), ['a']);
  });

  it('compares digests where the source has tags', () => {
    const spec = { chartRef: { kind: 'OCIRepository' as const, name: 'shop' } };
    const done = { conditions: ready('True'), lastAttemptedRevision: '1+a', lastAttemptedRevisionDigest: 'sha256:a' };
    const { changed } = setUp(release('a', spec, done));
    const repository = (revision: string) => ({ ...chart({ artifact: artifact(revision) }), kind: 'OCIRepository' });
    assert.deepEqual(changed('ocirepositories', repository('1@sha256:a')), []);
    assert.deepEqual(changed('ocirepositories', repository('1@sha256:b')), ['a']);
  });

  it('wakes dependents for readiness, and for anything where an expression may look at it', () => {
    const base = release('base');
    const { changed } = setUp(
      base,
      release('plain', { dependsOn: [{ name: 'base' }] }),
      release('expr', { dependsOn: [{ name: 'base', readyExpr: 'true' }] }),
    );
    const withStatus = (status: HelmRelease['status']) => changed('helmreleases', { ...base, status } as PartialObject);
    assert.deepEqual(withStatus({ conditions: ready('True'), observedGeneration: 1 }), ['expr', 'plain']);
    assert.deepEqual(withStatus({ conditions: ready('True'), observedGeneration: 1, failures: 1 }), ['expr']);
  });

  it('wakes who reads a ConfigMap or Secret', () => {
    const { changed } = setUp(
      release('values', { valuesFrom: [{ kind: 'ConfigMap', name: 'v' }] }),
      release('cluster', { kubeConfig: { secretRef: { name: 'v' } } }),
    );
    const object = (kind: string) => ({ apiVersion: 'v1', kind, metadata: { name: 'v', namespace: 'apps' } });
    assert.deepEqual(changed('configmaps', object('ConfigMap')), ['values']);
    assert.deepEqual(changed('secrets', object('Secret')), ['cluster']);
  });
});

describe('trimSource', () => {
  it('keeps of a HelmChart what it is made with, and of others what they have', () => {
    const metadata = { name: 'shop', namespace: 'apps', labels: { a: 'b' }, managedFields: [] };
    const given = { ...chart({ artifact: artifact('1') }), metadata, spec: { chart: 'x' } } as unknown as SourceObject;
    assert.deepEqual(trimSource(given), {
      apiVersion: given.apiVersion,
      kind: 'HelmChart',
      metadata: { name: 'shop', namespace: 'apps', labels: { a: 'b' } },
      spec: { chart: 'x' },
      status: { artifact: artifact('1') },
    });
    const other = trimSource({ ...given, kind: 'OCIRepository' });
    assert.deepEqual([other.metadata.labels, other.spec], [undefined, undefined]);
  });
});

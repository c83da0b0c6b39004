import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HelmRepository } from '../../../crds/source/helm-repository.ts';
import type { PartialObject } from '../../../kube/object.ts';
import type { Change } from '../../../runtime/predicates.ts';
import { WorkQueue } from '../../../runtime/work-queue.ts';
import type { SourceCaches } from '../caches.ts';
import { gitRepository } from '../git-repository/testing.ts';
import { helmChart } from './testing.ts';
import { wakeOnChanges } from './watch.ts';

/** Just enough of an informer. */
class FakeCache<T extends PartialObject> {
  readonly objects: T[] = [];
  readonly #listeners: ((change: Change<T>) => void)[] = [];
  readonly #indexes = new Map<string, (object: T) => readonly string[]>();

  onChange = (listener: (change: Change<T>) => void): void => void this.#listeners.push(listener);
  addIndex = (name: string, keys: (object: T) => readonly string[]): void => void this.#indexes.set(name, keys);
  byIndex = (name: string, key: string): readonly T[] =>
    this.objects.filter((object) => this.#indexes.get(name)?.(object).includes(key));
  list = (): readonly T[] => this.objects;

  tell(change: Change<T>): void {
    for (const listener of this.#listeners) listener(change);
  }
}

const artifact = (revision: string) => ({
  revision,
  digest: 'sha256:d',
  path: 'p',
  url: 'u',
  lastUpdateTime: '2026-01-01T00:00:00Z',
});

function repository(revision: string | undefined, spec: Partial<HelmRepository['spec']> = {}): HelmRepository {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmRepository',
    metadata: { name: 'charts', namespace: 'apps', generation: 1, uid: 'u' },
    spec: { url: 'https://charts.example.com', provider: 'generic', ...spec },
    ...(revision === undefined ? {} : { status: { artifact: artifact(revision) } }),
  };
}

describe('a HelmChart is woken', () => {
  function watched() {
    const caches = {
      helmCharts: new FakeCache<ReturnType<typeof helmChart>>(),
      helmRepositories: new FakeCache<HelmRepository>(),
      gitRepositories: new FakeCache<ReturnType<typeof gitRepository>>(),
      buckets: new FakeCache<PartialObject>(),
      secrets: new FakeCache<PartialObject>(),
    };
    const woken: string[] = [];
    const queue = new WorkQueue({
      minRetryDelayMs: 1,
      maxRetryDelayMs: 1,
      dispatch: ({ name }) => void woken.push(name),
    });
    wakeOnChanges(caches as unknown as SourceCaches, queue);
    caches.helmCharts.objects.push(
      helmChart({}, { observedSourceArtifactRevision: 'r1' }, 'old'),
      helmChart({}, { observedSourceArtifactRevision: 'r2' }, 'new'),
      helmChart({ sourceRef: { kind: 'GitRepository', name: 'charts' } }, {}, 'git'),
      helmChart({ sourceRef: { kind: 'HelmRepository', name: 'other' } }, {}, 'other'),
    );
    return { caches, woken };
  }

  it('by a new index, when it was taken from another', () => {
    const { caches, woken } = watched();
    caches.helmRepositories.tell({ old: repository('r1'), current: repository('r2') });
    assert.deepEqual(woken, ['old']);
  });

  it('by a source that comes, of whatever kind', () => {
    const { caches, woken } = watched();
    caches.helmRepositories.tell({ current: repository('r2') });
    caches.gitRepositories.tell({ current: gitRepository({}, { artifact: artifact('r3') }, 'charts') });
    assert.deepEqual(woken, ['old', 'git']);
  });

  it('by a registry that comes or changes', () => {
    const { caches, woken } = watched();
    const registry = repository(undefined, { type: 'oci' });
    caches.helmRepositories.tell({ current: registry });
    assert.deepEqual(woken, ['old', 'new']);
  });

  it('by a Secret of its registry', () => {
    const { caches, woken } = watched();
    caches.helmRepositories.objects.push(repository(undefined, { type: 'oci', secretRef: { name: 'creds' } }));
    const secret = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'apps' } });
    caches.secrets.tell({ current: secret('other') });
    assert.deepEqual(woken, []);
    caches.secrets.tell({ current: secret('creds') });
    assert.deepEqual(woken, ['old', 'new']);
  });

  it('by nothing that was there at the start, has no artifact, or says nothing new', () => {
    const { caches, woken } = watched();
    caches.helmRepositories.tell({ current: repository('r9'), initial: true });
    caches.helmRepositories.tell({ current: repository(undefined) });
    caches.helmRepositories.tell({ old: repository('r3'), current: repository('r3') });
    caches.helmRepositories.tell({ old: repository('r3') });
    assert.deepEqual(woken, []);
  });
});

import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { HelmChart } from '../../../crds/source/helm-chart.ts';
import type { ObjectKey, PartialObject } from '../../../kube/object.ts';
import type { Informer } from '../../../runtime/informer.ts';
import { type Change, isWakeWorthy } from '../../../runtime/predicates.ts';
import type { WorkQueue } from '../../../runtime/work-queue.ts';
import type { SourceCaches } from '../caches.ts';
import type { ChartSourceObject } from './get-source.ts';

const BY_SOURCE = 'source';

type Caches = Pick<SourceCaches, 'helmCharts' | 'helmRepositories' | 'gitRepositories' | 'buckets' | 'secrets'>;

/**
 * Wakes a HelmChart when it changes itself, when its source comes, or has another revision than the chart was taken from,
 * and when a labelled Secret of its registry changes. Upstream waits for the next retry in the first and last of the
 * latter.
 */
export function wakeOnChanges(caches: Caches, queue: WorkQueue): void {
  const { helmCharts, helmRepositories, gitRepositories, buckets, secrets } = caches;
  helmCharts.addIndex(BY_SOURCE, ({ metadata: { namespace }, spec: { sourceRef } }) => [
    sourceKey(sourceRef.kind, { namespace, name: sourceRef.name }),
  ]);
  helmCharts.onChange((change) => {
    // What was there at the start comes after what is news.
    if (isWakeWorthy(change) && change.current !== undefined) queue.add(keyOf(change.current), change.initial ? -1 : 0);
  });
  for (const cache of [helmRepositories, gitRepositories, buckets] as readonly Informer<ChartSourceObject>[]) {
    cache.onChange((change) => wakeUsers(change, helmCharts, queue));
  }
  secrets?.onChange(({ old, current, initial }) => {
    const secret = current ?? old;
    if (secret === undefined || initial === true) return;
    for (const registry of helmRepositories.list()) {
      if (isRegistryWith(registry, secret)) wake(usersOf(registry, helmCharts), queue);
    }
  });
}

function wakeUsers(
  { old, current, initial }: Change<ChartSourceObject>,
  helmCharts: Informer<HelmChart>,
  queue: WorkQueue,
): void {
  if (current === undefined || initial === true) return;
  const users = usersOf(current, helmCharts);
  const artifact = artifactOf(current);
  const cameNow = old === undefined || old.metadata.uid !== current.metadata.uid;
  const changedRegistry = current.kind === 'HelmRepository' && old?.metadata.generation !== current.metadata.generation;
  if (artifact === undefined) {
    // A registry never has an artifact; others tell when they have one.
    if (cameNow || changedRegistry) wake(users.filter(isRegistryUser(current)), queue);
    return;
  }
  if (!cameNow && artifact.revision === artifactOf(old)?.revision) return;
  wake(
    users.filter(({ status }) => status?.observedSourceArtifactRevision !== artifact.revision),
    queue,
  );
}

function isRegistryUser(source: ChartSourceObject): () => boolean {
  const isRegistry = source.kind === 'HelmRepository' && 'type' in source.spec && source.spec.type === 'oci';
  return () => isRegistry;
}

function isRegistryWith(
  { metadata, spec }: Pick<ChartSourceObject, 'metadata' | 'spec'>,
  secret: PartialObject,
): boolean {
  if (metadata.namespace !== secret.metadata.namespace || !('type' in spec) || spec.type !== 'oci') return false;
  return [spec.secretRef, spec.certSecretRef].some((ref) => ref?.name === secret.metadata.name);
}

function usersOf(source: PartialObject, helmCharts: Informer<HelmChart>): readonly HelmChart[] {
  return helmCharts.byIndex(BY_SOURCE, sourceKey(source.kind, keyOf(source)));
}

function wake(objects: readonly HelmChart[], queue: WorkQueue): void {
  for (const object of objects) queue.add(keyOf(object));
}

function artifactOf(object: ChartSourceObject | undefined): Artifact | undefined {
  return object?.status?.artifact;
}

function keyOf({ metadata: { namespace, name } }: PartialObject): ObjectKey {
  return namespace === undefined ? { name } : { namespace, name };
}

function sourceKey(kind: string, { namespace = '', name }: ObjectKey): string {
  return `${kind}/${namespace}/${name}`;
}

import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { KubeObject, ObjectKey, PartialObject } from '../../../kube/object.ts';
import { findCondition, isReady } from '../../../runtime/conditions.ts';
import type { Informer } from '../../../runtime/informer.ts';
import { isWakeWorthy } from '../../../runtime/predicates.ts';
import { keyText, type WorkQueue } from '../../../runtime/work-queue.ts';
import { decryptionSecretOf, extensionsChanged } from './extensions.ts';
import { digestIn } from './revision.ts';
import type { SourceObject } from './source.ts';
import { dependencyKeys, type SourceKind, sourceKey } from './spec.ts';

const BY_SOURCE = 'source';
const BY_DEPENDENCY = 'dependency';
const BY_CONFIG = 'config';

/** Leaves of a source what a HelmRelease looks at; of a HelmChart also what it is made with. */
export function trimSource({ apiVersion, kind, metadata, spec, status }: SourceObject): SourceObject {
  const { namespace, name, uid, resourceVersion, generation, deletionTimestamp, labels, annotations } = metadata;
  const chart = kind === 'HelmChart' ? present({ labels, annotations, deletionTimestamp }) : {};
  const kept = { namespace, name, ...present({ uid, resourceVersion, generation }), ...chart };
  const { artifact, observedGeneration, conditions } = status ?? {};
  const wanted = conditions?.filter(({ type }) => type === 'Ready' || type === 'Stalled' || type === 'Reconciling');
  return {
    apiVersion,
    kind,
    metadata: kept,
    ...(kind === 'HelmChart' && spec !== undefined ? { spec } : {}),
    status: present({ artifact, observedGeneration, conditions: wanted }),
  };
}

function present<T extends Readonly<Record<string, unknown>>>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** The caches that a HelmRelease is reconciled from. ExternalArtifacts are watched only where their gate is on. */
export interface Caches {
  readonly releases: Informer<HelmRelease & KubeObject>;
  readonly sources: Readonly<Partial<Record<SourceKind, Informer<SourceObject>>>>;
  /** The ConfigMaps and Secrets whose label asks for it; none with the feature gate DisableConfigWatchers. */
  readonly configs: Readonly<Partial<Record<'ConfigMap' | 'Secret', Informer<PartialObject>>>>;
}

/**
 * Wakes a HelmRelease when it changes itself, when its chart does or its source becomes ready, when a release that it
 * depends on changes its readiness, and when a labelled ConfigMap or Secret that it reads changes (helmrelease_manager.go,
 * helmrelease_indexers.go). Nothing is polled: the dependency interval is a safety net.
 */
export function wakeOnChanges({ releases, sources, configs }: Caches, queue: WorkQueue): void {
  releases.addIndex(BY_SOURCE, (object) => {
    const { kind, ...key } = sourceKey(object);
    return [indexKey(kind, key)];
  });
  releases.addIndex(BY_DEPENDENCY, (object) => dependencyKeys(object).map(keyText));
  releases.addIndex(BY_CONFIG, configKeys);

  releases.onChange((change) => {
    const { old, current, initial } = change;
    // What was there at the start comes after what is news.
    if ((isWakeWorthy(change) || extensionsChanged(change)) && current !== undefined)
      queue.add(keyOf(current), initial === true ? -1 : 0);
    if (current === undefined) return;
    const isNews = readinessOf(old) !== readinessOf(current);
    for (const dependent of releases.byIndex(BY_DEPENDENCY, keyText(keyOf(current))))
      if (isNews || hasReadyExpr(dependent, keyOf(current))) queue.add(keyOf(dependent), 1);
  });

  for (const [kind, informer] of Object.entries(configs)) {
    informer.onChange(({ old, current, initial }) => {
      const { namespace = '', name } = (current ?? old)?.metadata ?? { name: '' };
      if (initial === true) return;
      for (const user of releases.byIndex(BY_CONFIG, indexKey(kind, { namespace, name }))) queue.add(keyOf(user));
    });
  }

  for (const [kind, informer] of Object.entries(sources)) {
    informer.onChange(({ old, current }) => {
      if (current === undefined || !isNewsOf(old, current)) return;
      for (const user of releases.byIndex(BY_SOURCE, indexKey(kind, keyOf(current))))
        if (!isUpToDate(user, current)) queue.add(keyOf(user), 1);
    });
  }
}

/** Whether a source has another artifact, became ready, or failed otherwise than before: what waits for it tells that. */
function isNewsOf(old: SourceObject | undefined, current: SourceObject): boolean {
  const before = old?.status;
  const now = current.status;
  const wasReady = isReady(before?.conditions ?? []);
  const problem = (conditions: NonNullable<typeof now>['conditions'] = []): string => {
    const ready = findCondition(conditions, 'Ready');
    return ready?.status === 'False' ? ready.message : '';
  };
  return (
    before?.artifact?.revision !== now?.artifact?.revision ||
    before?.artifact?.digest !== now?.artifact?.digest ||
    before?.artifact?.url !== now?.artifact?.url ||
    (!wasReady && isReady(now?.conditions ?? [])) ||
    problem(before?.conditions) !== problem(now?.conditions)
  );
}

/** Whether the release has this artifact already, or is at it. */
function isUpToDate({ status }: HelmRelease, { kind, status: source }: SourceObject): boolean {
  const revision = source?.artifact?.revision;
  const conditions = status?.conditions ?? [];
  const isFine = isReady(conditions);
  if (!isFine || revision === undefined) return false;
  const isDigested = kind === 'OCIRepository' || (kind === 'ExternalArtifact' && revision.includes(':'));
  return isDigested
    ? digestIn(revision) === status?.lastAttemptedRevisionDigest
    : revision === status?.lastAttemptedRevision;
}

/** The ConfigMaps and Secrets that values and keys come from, and the one that tells of the target cluster. */
function configKeys({ metadata, spec }: HelmRelease): readonly string[] {
  const { namespace } = metadata;
  const { secretRef, configMapRef } = spec.kubeConfig ?? {};
  const keys = decryptionSecretOf({ metadata });
  const references = [
    ...(keys === undefined ? [] : [{ kind: 'Secret', name: keys }]),
    ...(spec.valuesFrom ?? []),
    ...(secretRef === undefined ? [] : [{ kind: 'Secret', name: secretRef.name }]),
    ...(configMapRef === undefined ? [] : [{ kind: 'ConfigMap', name: configMapRef.name }]),
  ];
  return references.map(({ kind, name }) => indexKey(kind, { namespace, name }));
}

/** An expression may look at any field of the dependency, so that any change of it is news to its dependent. */
function hasReadyExpr(dependent: HelmRelease, key: Required<ObjectKey>): boolean {
  const expressions = dependent.spec.dependsOn ?? [];
  return dependencyKeys(dependent).some(
    (one, index) => keyText(one) === keyText(key) && (expressions[index]?.readyExpr ?? '') !== '',
  );
}

/** What the built-in check looks at. */
function readinessOf(object: HelmRelease | undefined): string {
  if (object === undefined) return '';
  const ready = findCondition(object.status?.conditions ?? [], 'Ready');
  return JSON.stringify([object.metadata.generation, object.status?.observedGeneration, ready?.status]);
}

function keyOf({
  metadata,
}: {
  readonly metadata: { readonly namespace: string; readonly name: string };
}): Required<ObjectKey> {
  return { namespace: metadata.namespace, name: metadata.name };
}

function indexKey(kind: string, key: Required<ObjectKey>): string {
  return `${kind}/${keyText(key)}`;
}

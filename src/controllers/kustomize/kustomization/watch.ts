import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { NamespacedMeta } from '../../../crds/meta/object-meta.ts';
import type { KubeObject, ObjectKey, PartialObject } from '../../../kube/object.ts';
import type { Informer } from '../../../runtime/informer.ts';
import { isWakeWorthy } from '../../../runtime/predicates.ts';
import type { WorkQueue } from '../../../runtime/work-queue.ts';
import { extensionsChanged } from './extensions.ts';
import type { SourceKind } from './source.ts';
import { dependencyKeys, sourceKey } from './spec.ts';

const BY_SOURCE = 'source';
const BY_DEPENDENCY = 'dependency';
const BY_CONFIG = 'config';

/** What is kept of a source: who it is, and its artifact. */
export type SourceObject = KubeObject & {
  readonly metadata: NamespacedMeta;
  readonly status?: { readonly artifact?: Artifact };
};

/** Leaves of a source what a Kustomization looks at. */
export function trimSource({ apiVersion, kind, metadata, status }: SourceObject): SourceObject {
  const { namespace, name, uid, resourceVersion, generation } = metadata;
  const kept = {
    namespace,
    name,
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(generation === undefined ? {} : { generation }),
  };
  const artifact = status?.artifact;
  return { apiVersion, kind, metadata: kept, ...(artifact === undefined ? {} : { status: { artifact } }) };
}

/** The caches that a Kustomization is reconciled from. ExternalArtifacts are watched only where their gate is on. */
export interface Caches {
  readonly kustomizations: Informer<Kustomization & KubeObject>;
  readonly sources: Readonly<Partial<Record<SourceKind, Informer<SourceObject>>>>;
  /** The ConfigMaps and Secrets whose label asks for it; none with the feature gate DisableConfigWatchers. */
  readonly configs: Readonly<Partial<Record<'ConfigMap' | 'Secret', Informer<PartialObject>>>>;
}

/**
 * Wakes a Kustomization when it changes itself, when its source has other files, when one that it depends on changes its
 * readiness or what it applied, and when a labelled ConfigMap or Secret that it reads changes. Nothing is polled: the
 * dependency interval is a safety net. `targetChanged` is told when what describes an object's target cluster did.
 */
export function wakeOnChanges(
  { kustomizations, sources, configs }: Caches,
  queue: WorkQueue,
  targetChanged: (key: ObjectKey) => void,
): void {
  kustomizations.addIndex(BY_SOURCE, (object) => [sourceIndexKey(object.spec.sourceRef.kind, sourceKey(object))]);
  kustomizations.addIndex(BY_DEPENDENCY, (object) => dependencyKeys(object).map(indexKey));

  kustomizations.onChange((change) => {
    // What was there at the start comes after what is news.
    if ((isWakeWorthy(change) || extensionsChanged(change)) && change.current !== undefined)
      queue.add(keyOf(change.current), change.initial ? -1 : 0);
    const { current } = change;
    if (current === undefined) return;
    const news = readinessOf(change.old) !== readinessOf(current);
    for (const dependent of kustomizations.byIndex(BY_DEPENDENCY, indexKey(keyOf(current)))) {
      // It is what others waited for that goes on first.
      if (news || hasReadyExpr(dependent, keyOf(current))) queue.add(keyOf(dependent), 1);
    }
  });

  kustomizations.addIndex(BY_CONFIG, configKeys);
  for (const [kind, informer] of Object.entries(configs)) {
    informer.onChange(({ old, current, initial }) => {
      const { namespace = '', name } = (current ?? old)?.metadata ?? { name: '' };
      if (initial === true) return;
      for (const user of kustomizations.byIndex(BY_CONFIG, sourceIndexKey(kind, { namespace, name }))) {
        if (targetConfigs(user).some((config) => config.kind === kind && config.name === name))
          targetChanged(keyOf(user));
        queue.add(keyOf(user));
      }
    });
  }

  for (const [kind, informer] of Object.entries(sources)) {
    informer.onChange(({ old, current }) => {
      const news = current === undefined ? 'none' : artifactNews(old?.status?.artifact, current.status?.artifact);
      if (current === undefined || news === 'none') return;
      for (const user of usersOf(kustomizations, kind, keyOf(current)))
        if (news === 'files' || !isReady(user)) queue.add(keyOf(user));
    });
  }
}

/** The Kustomizations that a source has, by its kind and name. */
export function usersOf(
  kustomizations: Caches['kustomizations'],
  kind: string,
  key: Required<ObjectKey>,
): readonly (Kustomization & KubeObject)[] {
  return kustomizations.byIndex(BY_SOURCE, sourceIndexKey(kind, key));
}

/** The ConfigMaps and Secrets that variables come from, the Secret with keys, and the one that tells of the target cluster. */
function configKeys({ metadata: { namespace }, spec }: Kustomization): readonly string[] {
  const { decryption, postBuild } = spec;
  const keys = decryption?.secretRef === undefined ? [] : [{ kind: 'Secret', name: decryption.secretRef.name }];
  const references = [...(postBuild?.substituteFrom ?? []), ...keys, ...targetConfigs({ spec })];
  return references.map(({ kind, name }) => sourceIndexKey(kind, { namespace, name }));
}

/** The Secret or ConfigMap that tells of the target cluster. */
function targetConfigs({ spec: { kubeConfig } }: Pick<Kustomization, 'spec'>) {
  const { secretRef, configMapRef } = kubeConfig ?? {};
  return [
    ...(secretRef === undefined ? [] : [{ kind: 'Secret', name: secretRef.name }]),
    ...(configMapRef === undefined ? [] : [{ kind: 'ConfigMap', name: configMapRef.name }]),
  ];
}

/** An expression may look at any field of the dependency, so that any change of it is news to its dependent. */
function hasReadyExpr(dependent: Kustomization, key: Required<ObjectKey>): boolean {
  const expressions = dependent.spec.dependsOn ?? [];
  return dependencyKeys(dependent).some(
    ({ namespace, name }, index) =>
      namespace === key.namespace && name === key.name && (expressions[index]?.readyExpr ?? '') !== '',
  );
}

/** What the built-in check looks at (kustomization_controller.go, checkDependencies). */
function readinessOf(object: Kustomization | undefined): string {
  if (object === undefined) return '';
  const ready = object.status?.conditions?.find((condition) => condition.type === 'Ready');
  return JSON.stringify([
    object.metadata.generation,
    object.status?.observedGeneration,
    object.status?.lastAppliedRevision,
    ready?.status,
  ]);
}

/**
 * What happened to an artifact. Files that are stored anew or elsewhere, as after the loss of a source-controller's
 * storage, are news to those alone who could not get them; Flux lets these wait for their interval.
 */
function artifactNews(old: Artifact | undefined, current: Artifact | undefined): 'files' | 'place' | 'none' {
  if (current === undefined) return 'none';
  if (current.revision !== old?.revision || current.digest !== old.digest) return 'files';
  return current.url !== old.url || current.lastUpdateTime !== old.lastUpdateTime ? 'place' : 'none';
}

function isReady({ status }: Kustomization): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
}

function keyOf(object: {
  readonly metadata: { readonly namespace: string; readonly name: string };
}): Required<ObjectKey> {
  return { namespace: object.metadata.namespace, name: object.metadata.name };
}

function indexKey(key: Required<ObjectKey>): string {
  return `${key.namespace}/${key.name}`;
}

function sourceIndexKey(kind: string, key: Required<ObjectKey>): string {
  return `${kind}/${indexKey(key)}`;
}

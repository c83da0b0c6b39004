import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { Condition } from '../../../crds/meta/condition.ts';
import type { NamespacedMeta } from '../../../crds/meta/object-meta.ts';
import type { KubeObject, ObjectKey } from '../../../kube/object.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { findCondition, isTrue } from '../../../runtime/conditions.ts';
import { Fault } from '../../../runtime/fault.ts';
import { type SourceKind, sourceKey } from './spec.ts';

/** What is looked at of a HelmChart, OCIRepository or ExternalArtifact. */
export type SourceObject = KubeObject & {
  readonly metadata: NamespacedMeta;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly artifact?: Artifact;
    readonly observedGeneration?: number;
    readonly conditions?: readonly Condition[];
  };
};

export interface SourceOptions {
  /** The object as the cache has it, or read anew (feature gate DirectSourceFetch); undefined when there is none. */
  lookup(
    kind: SourceKind,
    key: Required<ObjectKey>,
    signal: AbortSignal,
  ): SourceObject | undefined | Promise<SourceObject | undefined>;
  readonly noCrossNamespaceRefs: boolean;
  readonly allowExternalArtifact: boolean;
}

/**
 * The object whose artifact is the chart. Throws a stalled fault where the reference is forbidden, and a retryable one
 * when there is no such object (helmrelease_controller.go, getSource).
 */
export async function findSource(
  object: HelmRelease,
  options: SourceOptions,
  signal: AbortSignal,
): Promise<SourceObject> {
  const { kind, namespace, name } = sourceKey(object);
  const denied = accessProblem(object, kind, { namespace, name }, options);
  if (denied !== undefined) throw new Fault('stalled', 'AccessDenied', denied);
  const failed = (reason: string, cause?: unknown): Fault =>
    new Fault('retry', 'ArtifactFailed', `could not get Source object: ${reason}`, { event: false, cause });
  let source: SourceObject | undefined;
  try {
    source = await options.lookup(kind, { namespace, name }, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw failed(errorMessage(error), error);
  }
  if (source === undefined) throw failed(`${kind}.source.toolkit.fluxcd.io "${name}" not found`);
  return source;
}

/** Why this reference is forbidden; undefined when it is not (internal/acl/acl.go, AllowsAccessTo). */
export function accessProblem(
  { metadata }: HelmRelease,
  kind: SourceKind,
  { namespace, name }: Required<ObjectKey>,
  options: Pick<SourceOptions, 'noCrossNamespaceRefs' | 'allowExternalArtifact'>,
): string | undefined {
  if (options.noCrossNamespaceRefs && namespace !== metadata.namespace)
    return `cross-namespace references are not allowed: cannot access ${kind} ${namespace}/${name}`;
  if (kind === 'ExternalArtifact' && !options.allowExternalArtifact)
    return `can't access '${kind}/${namespace}/${name}', ExternalArtifact feature gate is disabled`;
  return undefined;
}

/** Why a source has no chart to give now; undefined when it has (isSourceReady). */
export function whyNotReady({ kind, metadata, status }: SourceObject): string | undefined {
  const { namespace, name, generation = 0 } = metadata;
  const conditions = status?.conditions ?? [];
  const because = (reason: string): string => `${kind} '${namespace}/${name}' is not ready: ${reason}`;
  const missing = status?.artifact === undefined ? because('does not have an artifact') : undefined;
  if (kind === 'ExternalArtifact') return missing;
  if (status?.observedGeneration !== generation) {
    const ready = findCondition(conditions, 'Ready');
    return because(ready?.status === 'False' ? ready.message : 'latest generation of object has not been reconciled');
  }
  if (isTrue(conditions, 'Stalled')) return because(findCondition(conditions, 'Stalled')?.message ?? '');
  return missing;
}

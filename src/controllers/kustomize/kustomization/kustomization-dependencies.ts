import { evaluateReadyExpr } from '../../../appliers/ready-expr.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import { Fault } from '../../../runtime/fault.ts';
import { crossNamespace } from './cross-namespace.ts';
import type { Source } from './source.ts';
import { dependencyKeys, sourceKey } from './spec.ts';

export interface DependencyOptions {
  lookup(key: Required<ObjectKey>): Kustomization | undefined;
  /** Whether `lookup` knows all Kustomizations: no shard's, no single namespace's. */
  readonly seesAll: boolean;
  readonly noCrossNamespaceRefs: boolean;
  /** The built-in check holds beside a readyExpr (feature gate AdditiveCELDependencyCheck). */
  readonly additiveCel: boolean;
  readonly requeueDependencyMs: number;
}

/**
 * Checks that every dependency exists, is ready at its current generation, and, where it shares the source, has applied
 * the revision that is about to be applied here. Throws a waiting fault that names the first that is not, a stalled one
 * for a readyExpr that is wrong (kustomization_controller.go, checkKustomizations).
 */
export function checkKustomizations(object: Kustomization, source: Source, options: DependencyOptions): void {
  const keys = dependencyKeys(object);
  refuseForeignNamespaces(object, keys, options);
  for (const [index, key] of keys.entries()) {
    const reason = whyNotReady(object, source, key, object.spec.dependsOn?.[index]?.readyExpr, options);
    if (reason !== undefined) {
      throw new Fault('waiting', 'DependencyNotReady', `dependency '${key.namespace}/${key.name}' ${reason}`, {
        retryAfterMs: options.requeueDependencyMs,
      });
    }
  }
}

/** Differs from Flux, where the flag does not concern dependencies (ADR 18): a readyExpr can ask for any field. */
function refuseForeignNamespaces(
  { metadata }: Kustomization,
  keys: readonly Required<ObjectKey>[],
  { noCrossNamespaceRefs }: DependencyOptions,
): void {
  const foreign = keys.find(({ namespace }) => noCrossNamespaceRefs && namespace !== metadata.namespace);
  if (foreign !== undefined) throw crossNamespace(`Kustomization/${foreign.namespace}/${foreign.name}`);
}

function whyNotReady(
  object: Kustomization,
  source: Source,
  key: Required<ObjectKey>,
  readyExpr: string | undefined,
  options: DependencyOptions,
): string | undefined {
  const dependency = options.lookup(key);
  if (dependency === undefined) return `not found: kustomizations.kustomize.toolkit.fluxcd.io "${key.name}" not found`;
  if (readyExpr !== undefined && readyExpr !== '') {
    if (!evaluateReadyExpr(readyExpr, object, dependency)) return 'is not ready according to readyExpr eval';
    if (!options.additiveCel) return undefined;
  }
  const { status } = dependency;
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready');
  if (status?.observedGeneration !== dependency.metadata.generation || ready?.status !== 'True') return 'is not ready';
  if (hasSameSource(object, dependency) && status?.lastAppliedRevision !== source.artifact?.revision) {
    return 'revision is not up to date';
  }
  return undefined;
}

function hasSameSource(object: Kustomization, dependency: Kustomization): boolean {
  const [mine, its] = [sourceKey(object), sourceKey(dependency)];
  return (
    mine.name === its.name &&
    mine.namespace === its.namespace &&
    object.spec.sourceRef.kind === dependency.spec.sourceRef.kind
  );
}

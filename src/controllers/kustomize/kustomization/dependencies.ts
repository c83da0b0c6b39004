import { formatId, type ObjectRef } from '../../../apply/object-ref.ts';
import { type Kustomization, kustomizationKind } from '../../../crds/kustomize/kustomization.ts';
import { isNotFound } from '../../../kube/errors.ts';
import type { KubeObject, ObjectKey } from '../../../kube/object.ts';
import type { HeldTarget } from '../../../kube/target/target-clusters.ts';
import { withDeadline } from '../../../lib/async.ts';
import { stableStringify } from '../../../lib/json.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import { keyText } from '../../../runtime/work-queue.ts';
import type { KustomizationDeps } from './deps.ts';
import { checkKustomizations } from './kustomization-dependencies.ts';
import { type ObjectDependency, objectDependencies, whyObjectsNotReady } from './object-dependencies.ts';
import type { Source } from './source.ts';
import { dependencyKeys } from './spec.ts';
import { acquireTarget, watchTarget } from './target.ts';

const requestMs = 30_000;

/**
 * Throws a waiting fault until everything is ready that the Kustomization depends on: Kustomizations (`spec.dependsOn`),
 * and objects of any kind (our annotation). What the caches do not have, a dependency in another shard or an object, is
 * read, and watched as long as it is waited for.
 */
export async function checkDependencies(
  object: Kustomization,
  source: Source,
  attempt: AttemptContext,
  deps: KustomizationDeps,
): Promise<void> {
  const objects = objectDependencies(object);
  const foreign = deps.dependencies.seesAll ? [] : unseen(object, deps);
  if (objects.length === 0 && foreign.length === 0) {
    checkKustomizations(object, source, deps.dependencies);
    deps.dependencyWatches.end(object.metadata);
    return;
  }
  using target = objects.length === 0 ? undefined : await acquireTarget(object, deps.targets, attempt.signal);
  try {
    const found = await readForeign(foreign, attempt, deps);
    const lookup = (key: Required<ObjectKey>) => deps.dependencies.lookup(key) ?? found.get(keyText(key));
    checkKustomizations(object, source, { ...deps.dependencies, lookup });
    if (target !== undefined) await checkObjects(object, objects, target, attempt, deps);
    deps.dependencyWatches.end(object.metadata);
  } catch (error) {
    if (error instanceof Fault && error.faultClass === 'waiting') watch(object, foreign, objects, target, deps);
    throw error;
  }
}

/** Dependencies that are not among the Kustomizations that this controller works on. */
function unseen(object: Kustomization, { dependencies }: KustomizationDeps): readonly Required<ObjectKey>[] {
  const { noCrossNamespaceRefs, lookup } = dependencies;
  const { namespace } = object.metadata;
  return dependencyKeys(object).filter(
    (key) => lookup(key) === undefined && !(noCrossNamespaceRefs && key.namespace !== namespace),
  );
}

async function readForeign(
  keys: readonly Required<ObjectKey>[],
  { signal }: AttemptContext,
  { client }: KustomizationDeps,
): Promise<ReadonlyMap<string, Kustomization>> {
  const found = new Map<string, Kustomization>();
  for (const key of keys) {
    try {
      const options = { signal: withDeadline(signal, requestMs) };
      found.set(keyText(key), await client.get<Kustomization & KubeObject>(kustomizationKind, key, options));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return found;
}

async function checkObjects(
  object: Kustomization,
  dependencies: readonly ObjectDependency[],
  { client }: HeldTarget,
  { signal }: AttemptContext,
  { dependencies: options }: KustomizationDeps,
): Promise<void> {
  const reason = await whyObjectsNotReady(object, dependencies, { client, signal, ...options });
  if (reason === undefined) return;
  throw new Fault('waiting', 'DependencyNotReady', reason, { retryAfterMs: options.requeueDependencyMs });
}

function watch(
  object: Kustomization,
  foreign: readonly Required<ObjectKey>[],
  objects: readonly ObjectDependency[],
  target: HeldTarget | undefined,
  deps: KustomizationDeps,
): void {
  const { waiter, client, dependencyWatches } = deps;
  const { group, version, kind } = kustomizationKind;
  const refs = foreign.map((key): ObjectRef => ({ group, version, kind, ...key }));
  const objectRefs = objects.map(({ ref }) => ref);
  const options = { everyChange: true, onChange: () => deps.wake(object.metadata) };
  const what = stableStringify([refs.map(formatId), objectRefs.map(formatId), target?.identity]);
  dependencyWatches.keep(object.metadata, what, () => [
    ...(refs.length === 0 ? [] : [waiter.watchObjects(client, refs, options)]),
    ...(target === undefined ? [] : [watchTarget(target, waiter, objectRefs, options)]),
  ]);
}

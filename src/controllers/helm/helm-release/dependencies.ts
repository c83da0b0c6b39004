import { evaluateReadyExpr, TERMINAL_ERROR } from '../../../appliers/ready-expr.ts';
import type { ObjectRef } from '../../../apply/object-ref.ts';
import { type HelmRelease, helmReleaseKind } from '../../../crds/helm/helm-release.ts';
import { isNotFound } from '../../../kube/errors.ts';
import type { KubeObject, ObjectKey } from '../../../kube/object.ts';
import { withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import { keyText } from '../../../runtime/work-queue.ts';
import type { HelmReleaseDeps } from './deps.ts';
import { dependencyKeys } from './spec.ts';

export interface DependencyOptions {
  lookup(key: Required<ObjectKey>): HelmRelease | undefined;
  /** Whether `lookup` knows all HelmReleases: no shard's, no single namespace's. */
  readonly seesAll: boolean;
  readonly noCrossNamespaceRefs: boolean;
  /** The built-in check holds beside a readyExpr (feature gate AdditiveCELDependencyCheck). */
  readonly additiveCel: boolean;
}

/** What the check of dependencies needs. */
type Deps = Pick<
  HelmReleaseDeps,
  'client' | 'dependencies' | 'dependencyWatches' | 'requeueDependencyMs' | 'waiter' | 'wake'
>;

const requestMs = 30_000;

/**
 * Throws a waiting fault that names the first of `spec.dependsOn` that is not ready, a stalled one for a readyExpr that is
 * wrong (helmrelease_controller.go, checkDependencies). What the cache does not have is read, and watched as long as it is
 * waited for.
 */
export async function checkDependencies(
  object: HelmRelease,
  attempt: Pick<AttemptContext, 'signal'>,
  deps: Deps,
): Promise<void> {
  const { noCrossNamespaceRefs } = deps.dependencies;
  const unseen: Required<ObjectKey>[] = [];
  try {
    for (const [index, key] of dependencyKeys(object).entries()) {
      // Differs from Flux, where the flag does not concern dependencies (ADR 18): a readyExpr can ask for any field.
      if (noCrossNamespaceRefs && key.namespace !== object.metadata.namespace)
        throw new Fault('stalled', 'AccessDenied', foreign(key));
      const dependency = await find(key, unseen, attempt, deps);
      checkOne(object, dependency, key, object.spec.dependsOn?.[index]?.readyExpr, deps);
    }
    deps.dependencyWatches.end(object.metadata);
  } catch (error) {
    if (error instanceof Fault && error.faultClass === 'waiting') watch(object, unseen, deps);
    throw error;
  }
}

function foreign({ namespace, name }: Required<ObjectKey>): string {
  return `cross-namespace references are not allowed: cannot access HelmRelease ${namespace}/${name}`;
}

async function find(
  key: Required<ObjectKey>,
  unseen: Required<ObjectKey>[],
  attempt: Pick<AttemptContext, 'signal'>,
  deps: Deps,
): Promise<HelmRelease> {
  const known = deps.dependencies.lookup(key);
  if (known !== undefined) return known;
  const missing = (reason: string, cause?: unknown): Fault =>
    notReady(`unable to get '${keyText(key)}' dependency: ${reason}`, deps, cause);
  const { group, plural } = helmReleaseKind;
  if (deps.dependencies.seesAll) throw missing(`${plural}.${group} "${key.name}" not found`);
  unseen.push(key);
  try {
    const signal = withDeadline(attempt.signal, requestMs);
    return await deps.client.get<HelmRelease & KubeObject>(helmReleaseKind, key, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw missing(errorMessage(error), error);
  }
}

function checkOne(
  object: HelmRelease,
  dependency: HelmRelease,
  key: Required<ObjectKey>,
  readyExpr: string | undefined,
  deps: Deps,
): void {
  const name = `dependency '${keyText(key)}'`;
  if (readyExpr !== undefined && readyExpr !== '') {
    if (!isReadyBy(readyExpr, object, dependency))
      throw notReady(`${name} is not ready according to readyExpr eval`, deps);
    if (!deps.dependencies.additiveCel) return;
  }
  const { metadata, status } = dependency;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (metadata.generation !== status?.observedGeneration || ready?.status !== 'True')
    throw notReady(`${name} is not ready`, deps);
}

/** An expression that is wrong is told with its error alone in the event. */
function isReadyBy(readyExpr: string, self: object, dep: Pick<HelmRelease, 'metadata' | 'spec' | 'status'>): boolean {
  try {
    return evaluateReadyExpr(readyExpr, self, dep);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const event = error.message.replace(`${TERMINAL_ERROR}: `, '');
    throw new Fault(error.faultClass, error.reason, error.message, { ...error.options, event });
  }
}

function notReady(message: string, { requeueDependencyMs }: Deps, cause?: unknown): Fault {
  return new Fault('waiting', 'DependencyNotReady', message, {
    retryAfterMs: requeueDependencyMs,
    event: message,
    cause,
  });
}

function watch(
  { metadata }: HelmRelease,
  keys: readonly Required<ObjectKey>[],
  { client, waiter, dependencyWatches, wake }: Deps,
): void {
  const { group, version, kind } = helmReleaseKind;
  const refs = keys.map((key): ObjectRef => ({ group, version, kind, ...key }));
  dependencyWatches.keep(metadata, refs.map(keyText).join(' '), () =>
    refs.length === 0 ? [] : [waiter.watchObjects(client, refs, { everyChange: true, onChange: () => wake(metadata) })],
  );
}

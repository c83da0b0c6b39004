import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import { formatDuration, parseDuration } from '../../../lib/duration.ts';
import { Fault } from '../../../runtime/fault.ts';
import { invalidDuration, isDuration } from '../../../runtime/spec-durations.ts';

/** Below this, a timeout is too short to build and apply anything (kustomize-controller api/v1, GetTimeout). */
const MIN_TIMEOUT_MS = 30_000;

/** Go's longest duration, about 292 years, in milliseconds: what a longer one is taken for. */
const LONGEST_MS = 9_223_372_036_854;

/** Throws a stalled fault that names a duration which is too long to be one; see {@link invalidDuration}. */
export function refuseDurations({ spec }: Kustomization): void {
  const problem = invalidDuration(spec, ['interval', 'retryInterval', 'timeout']);
  if (problem !== undefined) throw new Fault('stalled', 'ReconciliationFailed', problem);
}

function durationMs(text: string): number {
  return isDuration(text) ? parseDuration(text) : LONGEST_MS;
}

/** `spec.interval` in milliseconds. */
export function intervalMs(object: Kustomization): number {
  return durationMs(object.spec.interval);
}

/** `spec.retryInterval` in milliseconds, the interval when it is absent. */
export function retryIntervalMs(object: Kustomization): number {
  return object.spec.retryInterval === undefined ? intervalMs(object) : durationMs(object.spec.retryInterval);
}

/**
 * How long build, apply and health checks may take, in milliseconds: `spec.timeout`, else 30 seconds less than the
 * interval, and never under 30 seconds.
 */
export function timeoutMs(object: Kustomization): number {
  const given =
    object.spec.timeout === undefined ? intervalMs(object) - MIN_TIMEOUT_MS : durationMs(object.spec.timeout);
  return Math.max(given, MIN_TIMEOUT_MS);
}

/** What becomes of the applied objects when the Kustomization is deleted. */
export function shouldDeleteObjects(object: Kustomization): boolean {
  if (object.spec.suspend === true) return false;
  switch (object.spec.deletionPolicy ?? 'MirrorPrune') {
    case 'MirrorPrune':
      return object.spec.prune;
    case 'Delete':
    case 'WaitForTermination':
      return true;
    case 'Orphan':
      return false;
  }
}

/** The object that `spec.sourceRef` names, with its namespace filled in. */
export function sourceKey(object: Kustomization): { readonly namespace: string; readonly name: string } {
  return { namespace: object.spec.sourceRef.namespace ?? object.metadata.namespace, name: object.spec.sourceRef.name };
}

/** The Kustomizations that `spec.dependsOn` names, with their namespaces filled in. */
export function dependencyKeys(object: Kustomization): readonly Required<ObjectKey>[] {
  return (object.spec.dependsOn ?? []).map(({ name, namespace }) => ({
    name,
    namespace: namespace ?? object.metadata.namespace,
  }));
}

/** {@link timeoutMs} as messages show it, for example `59m30s`. */
export function formatTimeout(object: Kustomization): string {
  return formatDuration(timeoutMs(object));
}

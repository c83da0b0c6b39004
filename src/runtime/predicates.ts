import { REQUESTED_AT } from '../crds/meta/names.ts';
import type { PartialObject } from '../kube/object.ts';

/** What happened to an object in the cache: appeared (no `old`), changed, or went (no `current`). */
export interface Change<T> {
  readonly old?: T;
  readonly current?: T;
  /** Part of the first list after the start, not news. */
  readonly initial?: boolean;
}

/** Whether the spec changed, or deletion began: both move `metadata.generation` of a custom resource. */
export function generationChanged(old: PartialObject, current: PartialObject): boolean {
  return old.metadata.generation !== current.metadata.generation;
}

/** Whether someone asked for a reconcile (fluxcd/pkg runtime/predicates, ReconcileRequestedPredicate). */
export function requestedAtChanged(old: PartialObject, current: PartialObject): boolean {
  const value = requestedAt(current);
  return value !== undefined && value !== requestedAt(old);
}

export function deletionStarted(old: PartialObject, current: PartialObject): boolean {
  return old.metadata.deletionTimestamp === undefined && current.metadata.deletionTimestamp !== undefined;
}

/**
 * Whether a change of an object wakes its own reconcile: it appeared, its spec changed, a reconcile was requested,
 * or its deletion began. Changes of the status, which are mostly our own, do not; nor does its end.
 */
export function isWakeWorthy({ old, current }: Change<PartialObject>): boolean {
  if (current === undefined) return false;
  if (old === undefined || old.metadata.uid !== current.metadata.uid) return true;
  return generationChanged(old, current) || requestedAtChanged(old, current) || deletionStarted(old, current);
}

/** The value of the annotation that asks for a reconcile. */
export function requestedAt(object: PartialObject): string | undefined {
  return object.metadata.annotations?.[REQUESTED_AT];
}

import type { KubeObject } from '../kube/object.ts';
import { type ObjectRef, subjectOf } from './object-ref.ts';
import type { Rival } from './rivals.ts';

/** What became of one object, in the words that events and logs use (fluxcd/pkg ssa/changeset.go). */
export type Action = 'created' | 'configured' | 'unchanged' | 'deleted' | 'skipped' | 'unknown';

export interface Change {
  readonly ref: ObjectRef;
  /** `Kind/namespace/name`. */
  readonly subject: string;
  readonly action: Action;
  /** The object as the API server last showed it; absent when it was not asked for, or is deleted. */
  readonly live?: KubeObject;
  /** Whose changes were undone, as far as that is known. */
  readonly rivals?: readonly Rival[];
}

export interface ChangeSet {
  readonly entries: readonly Change[];
  /** The ledger knows all of them (or they are not to be applied). */
  readonly known?: boolean;
}

export function change(ref: ObjectRef, action: Action, live?: KubeObject): Change {
  return { ref, subject: subjectOf(ref), action, ...(live === undefined ? {} : { live }) };
}

/** Whether anything was done to the object (kustomize-controller internal/controller/utils.go, HasChanged). */
export function hasChanged({ action }: Change): boolean {
  return action !== 'skipped' && action !== 'unchanged';
}

/** The changes as a log shows them: by object, or by action (kustomize-controller's feature gate GroupChangeLog). */
export function changeOutput(
  changes: readonly Change[],
  grouped: boolean,
): Readonly<Record<string, string | readonly string[]>> {
  if (!grouped) return Object.fromEntries(changes.map(({ subject, action }) => [subject, action]));
  const byAction = Map.groupBy(changes, ({ action }) => action);
  return Object.fromEntries([...byAction].map(([action, some]) => [action, some.map(({ subject }) => subject)]));
}

/** One line per change, `Kind/namespace/name action`, as events show them. */
export function changeLog(changes: readonly Change[]): string {
  return changes.map(({ subject, action }) => `${subject} ${action}`).join('\n');
}

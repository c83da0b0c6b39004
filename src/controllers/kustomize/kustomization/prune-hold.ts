import { type Entry, toRef } from '../../../apply/inventory.ts';
import { type ObjectRef, subjectOf } from '../../../apply/object-ref.ts';
import type { PruneOptions } from '../../../apply/prune.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { Client } from '../../../kube/client.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import { withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { sha256Hex } from '../../../lib/hash.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { Result } from '../../../runtime/result.ts';
import { keyText } from '../../../runtime/work-queue.ts';
import { applierFor } from './applier.ts';
import type { KustomizationDeps } from './deps.ts';
import { APPROVE_PRUNE, invalidAnnotation, PRUNE_GUARD } from './extensions.ts';
import { inventoryEntries } from './inventory.ts';
import { isKustomization, type PruneGuard, parsePruneGuard, whyHeld } from './prune-guard.ts';
import { intervalMs, shouldDeleteObjects, timeoutMs } from './spec.ts';

/** Objects that a message names. */
const maxNamed = 20;

/** The guard of a Kustomization: that of its annotation, else that of the flag. Throws a stalled InvalidAnnotation fault. */
export function pruneGuardOf(
  { metadata }: Kustomization,
  { pruneGuard }: Pick<KustomizationDeps, 'pruneGuard'>,
): PruneGuard | undefined {
  const text = metadata.annotations?.[PRUNE_GUARD];
  if (text === undefined) return pruneGuard;
  try {
    return parsePruneGuard(text);
  } catch (error) {
    throw invalidAnnotation(PRUNE_GUARD, errorMessage(error), error);
  }
}

export interface PruneHoldInput {
  readonly object: Kustomization;
  /** What would be deleted, as far as it is there and ours. */
  readonly entries: readonly Entry[];
  readonly client: Client;
  readonly attempt: AttemptContext;
  readonly deps: KustomizationDeps;
}

/**
 * The fault when the Kustomization's guard wants to be asked before the entries are deleted, and nobody has approved
 * exactly that; undefined when they may go. Stalled, because only people can help, yet looked at again in the interval,
 * because the rest is kept as it should be meanwhile (ADR 23). Told by an event once.
 */
export async function heldPrune(
  input: PruneHoldInput & { readonly total: number; readonly keepUids?: ReadonlySet<string> },
): Promise<Fault | undefined> {
  const { object, deps, attempt, total } = input;
  const guard = pruneGuardOf(object, deps);
  if (guard === undefined) return undefined;
  const revision = String(attempt.status['lastAttemptedRevision'] ?? '');
  const message = await whyHolding(guard, revision, total, input);
  if (message === undefined) return undefined;
  return new Fault('stalled', 'PruneHeld', message, {
    retryAfterMs: intervalMs(object),
    ...(isTold(object, message) ? { event: false } : {}),
  });
}

/**
 * Holds the deletion of the Kustomization itself where its guard says `on-delete`: the condition tells, and when it is
 * looked at again. Undefined when its objects may go.
 */
export async function heldDeletion(input: PruneHoldInput): Promise<Result | undefined> {
  const { object, deps, attempt, entries } = input;
  const guard = pruneGuardOf(object, deps);
  if (guard === undefined || !guard.onDelete) return undefined;
  const { lastAppliedRevision, lastAttemptedRevision } = object.status ?? {};
  const revision = lastAppliedRevision ?? lastAttemptedRevision ?? '';
  const message = await whyHolding(guard, revision, entries.length, input);
  if (message === undefined) return undefined;
  if (!isTold(object, message)) {
    attempt.log.error({ error: 'PruneHeld' }, message);
    attempt.event({ severity: 'error', reason: 'PruneHeld', message });
  }
  await attempt.commit({}, [
    { type: 'Ready', status: 'False', reason: 'PruneHeld', message },
    { type: 'Stalled', status: 'True', reason: 'PruneHeld', message },
    { type: 'Reconciling', status: 'absent' },
  ]);
  return { requeueAfterMs: intervalMs(object) };
}

function isTold({ status }: Kustomization, message: string): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.reason === 'PruneHeld' && ready.message === message;
}

/** What the guard has to say, with the approval that it waits for; undefined when it is content, or has that approval. */
async function whyHolding(
  guard: PruneGuard,
  revision: string,
  total: number,
  input: PruneHoldInput & { readonly keepUids?: ReadonlySet<string> },
): Promise<string | undefined> {
  const { object, attempt, deps } = input;
  const own = await wouldGo(input);
  // Children in other clusters are none of which this controller knows.
  const children = object.spec.kubeConfig === undefined ? own.flatMap((ref) => below(ref, deps, new Set())) : [];
  const all = [...own, ...children];
  const reason = whyHeld(guard, all, total + children.length);
  if (reason === undefined) return undefined;
  const approval = `${revision}#${digestOf(input.entries, children)}`;
  const asked = object.metadata.annotations?.[APPROVE_PRUNE];
  if (asked === approval) {
    attempt.log.info(`deletion of ${all.length} objects was approved: ${approval}`);
    return undefined;
  }
  const names = all.slice(0, maxNamed).map((ref) => subjectOf(ref));
  const more = all.length > maxNamed ? ` and ${all.length - maxNamed} more` : '';
  return (
    `the prune guard holds the deletion of ${all.length} objects (${reason}), and nothing was deleted: ` +
    `${names.join(', ')}${more}. To approve it, set the annotation ${APPROVE_PRUNE}=${approval}`
  );
}

/** The objects of the entries that a deletion would remove: there, ours, not kept by a switch. Unknown ones count. */
async function wouldGo({
  object,
  entries,
  client,
  attempt,
  deps,
  keepUids,
}: PruneHoldInput & { readonly keepUids?: ReadonlySet<string> }): Promise<readonly ObjectRef[]> {
  const { name, namespace } = object.metadata;
  const options: PruneOptions = {
    owner: { name, namespace },
    dryRun: true,
    signal: withDeadline(attempt.signal, timeoutMs(object)),
    ...(keepUids === undefined ? {} : { keepUids }),
  };
  const { changes, failed } = await applierFor(client, deps).prune(entries, options);
  return [
    ...changes.filter(({ action }) => action === 'deleted').map(({ ref }) => ref),
    ...failed.flatMap(({ entry }) => refsOf(entry)),
  ];
}

/** What goes with a Kustomization that goes, as far down as Kustomizations apply Kustomizations. */
function below(ref: ObjectRef, deps: KustomizationDeps, seen: Set<string>): readonly ObjectRef[] {
  const key: Required<ObjectKey> = { namespace: ref.namespace, name: ref.name };
  if (!isKustomization(ref) || seen.has(keyText(key))) return [];
  seen.add(keyText(key));
  const child = deps.dependencies.lookup(key);
  if (child === undefined || !shouldDeleteObjects(child)) return [];
  const refs = inventoryEntries(child).flatMap(refsOf);
  const isLocal = child.spec.kubeConfig === undefined;
  return [...refs, ...(isLocal ? refs.flatMap((one) => below(one, deps, seen)) : [])];
}

function refsOf(entry: Entry): readonly ObjectRef[] {
  try {
    return [toRef(entry)];
  } catch {
    return [];
  }
}

/** Names a set of objects: another deletion of the same revision is another one. */
function digestOf(entries: readonly Entry[], children: readonly ObjectRef[]): string {
  const ids = [...entries.map(({ id }) => id), ...children.map((ref) => subjectOf(ref))].sort();
  return sha256Hex(ids.join('\n')).slice(0, 12);
}

import { toRef } from '../../../apply/inventory.ts';
import { subjectOf } from '../../../apply/object-ref.ts';
import type { PruneFailure } from '../../../apply/prune.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { ApiError, TransportError } from '../../../kube/errors.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import type { Clock, Timer } from '../../../lib/clock.ts';
import { formatDuration, parseDuration } from '../../../lib/duration.ts';
import { errorMessage, isAbort, isTimeout } from '../../../lib/errors.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import { keyText } from '../../../runtime/work-queue.ts';
import type { KustomizationDeps } from './deps.ts';
import { invalidAnnotation, ORPHAN_AFTER } from './extensions.ts';
import { inventoryEntries } from './inventory.ts';

/** Objects that the event names. */
const maxNamed = 50;

/** There is no way to the objects, and nothing that was done wrong with one of them. */
class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** The fault when the account to impersonate is not there, where it is given time to come back. */
export function accountMissing(): Fault {
  const message = 'failed to find account to impersonate';
  return new Fault('retry', 'PruneFailed', message, { cause: new Unreachable(message) });
}

/** Marks why a cluster cannot be reached at all. Throws the same fault, with that in its cause. */
export function unreachable(error: unknown): never {
  // What the controller's own API server did not answer says nothing about the other cluster.
  if (!(error instanceof Fault) || isAbort(error.cause) || isNoAnswer(error.cause)) throw error;
  const { faultClass, reason, message, options } = error;
  throw new Fault(faultClass, reason, message, { ...options, cause: new Unreachable(message, { cause: error.cause }) });
}

/** The cause of a deletion that failed: unreachable when all of it is. */
export function causeOf(failed: readonly PruneFailure[], object: Kustomization): unknown {
  const [first] = failed;
  // An admission webhook refuses deletions with the same status; nobody but the authorizer refuses to show an object.
  const all = failed.every(({ error, step }) => step === 'query' && isOutOfReach(error, object));
  return all ? new Unreachable(errorMessage(first?.error), { cause: first?.error }) : first?.error;
}

/** How long to try, in milliseconds; undefined: for ever. Throws a stalled InvalidAnnotation fault. */
export function orphanAfterMs(
  { metadata }: Kustomization,
  { orphanAfterMs: byDefault }: Pick<KustomizationDeps, 'orphanAfterMs'>,
): number | undefined {
  const text = metadata.annotations?.[ORPHAN_AFTER];
  if (text === undefined) return byDefault;
  if (text === 'never') return undefined;
  try {
    const ms = parseDuration(text);
    if (ms >= 0) return ms;
  } catch {
    // Told below, like a negative one.
  }
  throw invalidAnnotation(ORPHAN_AFTER, `'${text}': expected a duration such as 1h, or never`);
}

interface Trouble {
  readonly uid: string | undefined;
  /** The first failure, milliseconds since the epoch. */
  readonly since: number;
  readonly timer: Timer;
}

/**
 * Since when deletions have failed for want of a way to the objects. In memory, and counted from the first failure seen,
 * not from the deletion: a controller that was away must not take its first failure for a long one.
 */
export class Orphans {
  readonly #options: { readonly clock: Clock; wake(key: ObjectKey): void };
  readonly #troubles = new Map<string, Trouble>();

  constructor(options: { readonly clock: Clock; wake(key: ObjectKey): void }) {
    this.#options = options;
  }

  /** How long the deletion has failed, in milliseconds. Wakes the object when that is `graceMs`. */
  failingFor({ metadata }: Kustomization, graceMs: number): number {
    const { clock, wake } = this.#options;
    const key = { namespace: metadata.namespace, name: metadata.name };
    const known = this.#troubles.get(keyText(key));
    if (known !== undefined && known.uid === metadata.uid) return clock.now() - known.since;
    this.end(key);
    const timer = clock.setTimeout(() => wake(key), graceMs);
    this.#troubles.set(keyText(key), { uid: metadata.uid, since: clock.now(), timer });
    return 0;
  }

  /** The object is gone, or was reached. */
  end(key: ObjectKey): void {
    this.#troubles.get(keyText(key))?.timer.cancel();
    this.#troubles.delete(keyText(key));
  }

  close(): void {
    for (const { timer } of this.#troubles.values()) timer.cancel();
    this.#troubles.clear();
  }
}

/**
 * Whether a deletion that failed is given up, and its objects are left behind: a grace time was asked for, it is over, and
 * all the while there was no way to the cluster or no account that may look at the objects. Tells so by a Warning.
 */
export function mayOrphan(
  object: Kustomization,
  error: unknown,
  attempt: AttemptContext,
  deps: KustomizationDeps,
): boolean {
  const graceMs = graceOf(object, deps);
  if (graceMs === undefined || attempt.signal.aborted || !isUnreachable(error, object)) {
    deps.orphans.end(object.metadata);
    return false;
  }
  if (deps.orphans.failingFor(object, graceMs) < graceMs) return false;
  const entries = inventoryEntries(object);
  const names = entries.slice(0, maxNamed).map((entry) => subjectOf(toRef(entry)));
  const more = entries.length > maxNamed ? [`and ${entries.length - maxNamed} more`] : [];
  const message = `${entries.length} objects are left behind, which could not be reached for ${formatDuration(graceMs)}: ${errorMessage(error)}\n${[...names, ...more].join('\n')}`;
  attempt.log.error({ error }, message);
  attempt.event({ severity: 'error', reason: 'PruneFailed', message });
  return true;
}

function graceOf(object: Kustomization, deps: KustomizationDeps): number | undefined {
  try {
    return orphanAfterMs(object, deps);
  } catch {
    return undefined;
  }
}

function isUnreachable(error: unknown, object: Kustomization): boolean {
  return error instanceof Fault ? error.cause instanceof Unreachable : isOutOfReach(error, object);
}

/** Whether the way is what is missing. In the controller's own cluster only a refusal is: outages end. */
function isOutOfReach(error: unknown, { spec }: Kustomization): boolean {
  if (error instanceof Unreachable) return true;
  if (error instanceof ApiError) return error.isUnauthorized || error.isForbidden;
  return spec.kubeConfig !== undefined && isNoAnswer(error);
}

function isNoAnswer(error: unknown): boolean {
  return error instanceof TransportError || isTimeout(error);
}

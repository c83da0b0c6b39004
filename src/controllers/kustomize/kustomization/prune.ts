import { type Change, changeLog } from '../../../apply/change-set.ts';
import { diff, union } from '../../../apply/inventory.ts';
import type { LedgerSession } from '../../../apply/ledger/session.ts';
import { formatId } from '../../../apply/object-ref.ts';
import { pruneFailureMessage } from '../../../apply/prune.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { Client } from '../../../kube/client.ts';
import { withDeadline } from '../../../lib/async.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import { applierFor } from './applier.ts';
import type { AppliedManifests } from './apply.ts';
import type { KustomizationDeps } from './deps.ts';
import { heldPrune } from './prune-hold.ts';
import { timeoutMs } from './spec.ts';

export interface PruneInput {
  readonly object: Kustomization;
  readonly applied: AppliedManifests;
  readonly client: Client;
  readonly session: LedgerSession;
  readonly attempt: AttemptContext;
  readonly deps: KustomizationDeps;
}

/**
 * Deletes the objects that left the manifests, with `spec.prune`; without, they only leave the inventory. What could not
 * be deleted stays in the inventory, so that the next attempt tries again. Throws a retryable PruneFailed fault, or a
 * stalled PruneHeld one, with nothing deleted, when the guard wants to be asked first.
 */
export async function pruneStale({ object, applied, client, session, attempt, deps }: PruneInput): Promise<void> {
  const stale = diff(applied.previous, applied.inventory);
  if (stale.length === 0 || !object.spec.prune) return;
  const keepUids = uidsOf(applied.changes, session);
  const held = await heldPrune({
    object,
    entries: stale,
    total: applied.previous.length,
    keepUids,
    client,
    attempt,
    deps,
  });
  if (held !== undefined) {
    attempt.record({ inventory: { entries: union(applied.inventory, stale) } });
    throw held;
  }
  const { name, namespace } = object.metadata;
  const { changes, failed } = await applierFor(client, deps, session).prune(stale, {
    owner: { name, namespace },
    keepUids,
    signal: withDeadline(attempt.signal, timeoutMs(object)),
  });
  const log = changeLog(changes);
  if (failed.length > 0) {
    attempt.record({
      inventory: {
        entries: union(
          applied.inventory,
          failed.map(({ entry }) => entry),
        ),
      },
    });
    throw new Fault('retry', 'PruneFailed', pruneFailureMessage(failed), {
      cause: failed[0]?.error,
    });
  }
  if (log === '') return;
  attempt.log.info(`garbage collection completed: ${log}`);
  attempt.event({ message: log });
}

/** What was just applied may also be served under a name that left the manifests (an API group that moved). */
function uidsOf(changes: readonly Change[], session: LedgerSession): ReadonlySet<string> {
  return new Set(changes.flatMap(({ ref, live }) => live?.metadata.uid ?? session.uidOf(formatId(ref)) ?? []));
}

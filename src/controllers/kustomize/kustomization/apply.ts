import { ApplyError } from '../../../apply/apply-error.ts';
import { type Change, changeLog, changeOutput, hasChanged } from '../../../apply/change-set.ts';
import { type Entry, inventoryOf, union } from '../../../apply/inventory.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { KUSTOMIZE_GROUP } from '../../../crds/meta/names.ts';
import type { Client } from '../../../kube/client.ts';
import { withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import { applierFor } from './applier.ts';
import { applyInMode, partialFault } from './apply-mode.ts';
import type { KustomizationDeps } from './deps.ts';
import { inventoryEntries } from './inventory.ts';
import type { Manifests } from './manifests.ts';
import { timeoutMs } from './spec.ts';

export interface ApplyInput {
  readonly object: Kustomization;
  readonly manifests: Manifests;
  readonly client: Client;
  readonly attempt: AttemptContext;
  readonly deps: KustomizationDeps;
}

export interface AppliedManifests {
  readonly changes: readonly Change[];
  /** What the inventory was before. */
  readonly previous: readonly Entry[];
  /** What it is now that everything is applied. */
  readonly inventory: readonly Entry[];
  /** Something was created or changed. */
  readonly changed: boolean;
}

/**
 * Brings the objects into the cluster, stage by stage. Before an object that no inventory knows yet is created, the
 * status has it (ADR 4). Throws a retryable ReconciliationFailed fault with what had been done so far.
 */
export async function applyManifests({
  object,
  manifests,
  client,
  attempt,
  deps,
}: ApplyInput): Promise<AppliedManifests> {
  const previous = inventoryEntries(object);
  const { name, namespace } = object.metadata;
  let known = previous;
  try {
    const objects = await manifests.objects();
    const prepare = {
      owner: { name, namespace },
      ownerGroup: KUSTOMIZE_GROUP,
      ...(object.spec.commonMetadata === undefined ? {} : { commonMetadata: object.spec.commonMetadata }),
    };
    const { entries, failed } = await applyInMode(object, objects, prepare, {
      applier: applierFor(client, deps),
      deps,
      force: object.spec.force === true,
      ...(object.spec.ignore === undefined ? {} : { ignore: object.spec.ignore }),
      stageTimeoutMs: timeoutMs(object),
      signal: withDeadline(attempt.signal, timeoutMs(object)),
      async beforeStage(entries) {
        const wanted = union(known, entries);
        if (wanted.length === known.length) return;
        known = wanted;
        await attempt.commit({ inventory: { entries: wanted } });
      },
    });
    const log = changeLog(entries.filter(hasChanged));
    if (log !== '') attempt.event({ message: log });
    attempt.log.info({ output: changeOutput(entries, deps.groupChangeLog) }, 'server-side apply completed');
    if (failed.length > 0) {
      attempt.record({ inventory: { entries: union(known, inventoryOf(entries)) } });
      throw partialFault(failed, objects.length);
    }
    return { changes: entries, previous, inventory: inventoryOf(entries), changed: log !== '' };
  } catch (error) {
    throw applyFault(error);
  }
}

/** A partial apply names what it had changed before it failed (kustomization_controller.go, apply). */
function applyFault(error: unknown): unknown {
  if (!(error instanceof ApplyError)) return error;
  const log = changeLog(error.changes.entries.filter(hasChanged));
  return new Fault('retry', 'ReconciliationFailed', `${errorMessage(error)}\n${log === '' ? '' : `${log}\n`}`, {
    cause: error,
  });
}

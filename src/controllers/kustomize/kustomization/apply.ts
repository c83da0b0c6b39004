import type { DirectWrites } from '../../../apply/applier.ts';
import { ApplyError } from '../../../apply/apply-error.ts';
import { type Change, type ChangeSet, change, changeLog, changeOutput, hasChanged } from '../../../apply/change-set.ts';
import { diff, type Entry, inventoryOf, toRef, union } from '../../../apply/inventory.ts';
import type { LedgerSession } from '../../../apply/ledger/session.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { KUSTOMIZE_GROUP } from '../../../crds/meta/names.ts';
import type { Client } from '../../../kube/client.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { sha256Hex } from '../../../lib/hash.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import { applierFor } from './applier.ts';
import { applyInMode, applyModeOf, partialFault } from './apply-mode.ts';
import type { KustomizationDeps } from './deps.ts';
import { tellFights } from './drift.ts';
import { inventoryEntries } from './inventory.ts';
import type { Manifests } from './manifests.ts';
import { timeoutMs } from './spec.ts';

export interface ApplyInput {
  readonly object: Kustomization;
  /** Of the source. */
  readonly revision: string;
  readonly manifests: Manifests;
  readonly client: Client;
  readonly session: LedgerSession;
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
 * status has it (ADR 4). When nothing is to be done, nothing is built or asked. Throws a retryable ReconciliationFailed
 * fault with what had been done so far.
 */
export async function applyManifests(input: ApplyInput): Promise<AppliedManifests> {
  const { object, manifests, session, attempt, deps } = input;
  const previous = inventoryEntries(object);
  applyModeOf(object);
  if (session.isIntact(purposeOf(object, manifests.digest, previous))) return nothingToDo(previous, session, attempt);
  try {
    const objects = await manifests.objects();
    const { entries, known } = await applyObjects(objects, previous, input);
    const inventory = inventoryOf(entries);
    session.complete(known === true ? purposeOf(object, manifests.digest, inventory) : undefined);
    const log = changeLog(entries.filter(hasChanged));
    if (log !== '') attempt.event({ message: log });
    tellFights(object, entries, session, attempt);
    attempt.log.info({ output: changeOutput(entries, deps.groupChangeLog) }, 'server-side apply completed');
    return { changes: entries, previous, inventory, changed: log !== '' };
  } catch (error) {
    throw applyFault(error);
  }
}

/** All that decides what is applied, and how, beside the identity that it is applied as. */
function purposeOf({ spec }: Kustomization, digest: string, inventory: readonly Entry[]): string {
  const { commonMetadata, ignore } = spec;
  return sha256Hex(JSON.stringify([digest, commonMetadata ?? null, ignore ?? null, inventory]));
}

/** The objects are in the cluster as they were left. */
function nothingToDo(inventory: readonly Entry[], session: LedgerSession, attempt: AttemptContext): AppliedManifests {
  attempt.log.info({ objects: inventory.length }, 'all objects are as they were applied');
  const changes = inventory.map((entry) => change(toRef(entry), session.outcomeOf(entry.id) ?? 'skipped'));
  return { changes, previous: inventory, inventory, changed: false };
}

async function applyObjects(
  objects: readonly KubeObject[],
  previous: readonly Entry[],
  { object, revision, client, session, attempt, deps }: ApplyInput,
): Promise<ChangeSet> {
  const { name, namespace } = object.metadata;
  const owner = { name, namespace };
  const prepare = {
    owner,
    ownerGroup: KUSTOMIZE_GROUP,
    ...(object.spec.commonMetadata === undefined ? {} : { commonMetadata: object.spec.commonMetadata }),
  };
  let known = previous;
  const direct: DirectWrites = {
    owner,
    inventory: previous,
    undone(entries) {
      known = union(previous, diff(known, entries));
      const hasNone = known.length === 0 && object.status?.inventory === undefined;
      attempt.record({ inventory: hasNone ? undefined : { entries: known } });
    },
  };
  const { failed, ...applied } = await applyInMode(object, objects, prepare, {
    applier: applierFor(client, deps, session),
    deps,
    force: object.spec.force === true,
    ...(object.spec.ignore === undefined ? {} : { ignore: object.spec.ignore }),
    stageTimeoutMs: timeoutMs(object),
    signal: withDeadline(attempt.signal, timeoutMs(object)),
    ...(hasFailedBefore(object, revision) ? {} : { direct }),
    async beforeStage(entries) {
      const wanted = union(known, entries);
      if (wanted.length === known.length) return;
      known = wanted;
      await attempt.commit({ inventory: { entries: wanted } });
    },
  });
  if (failed.length > 0) {
    attempt.record({ inventory: { entries: union(known, inventoryOf(applied.entries)) } });
    throw partialFault(failed, objects.length);
  }
  return applied;
}

/** What failed is tried again with everything dry-run first, so that nothing comes and goes at every attempt. */
function hasFailedBefore({ metadata, status }: Kustomization, revision: string): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return (
    ready?.status === 'False' &&
    ready.observedGeneration === metadata.generation &&
    status?.lastAttemptedRevision === revision
  );
}

/** A partial apply names what it had changed before it failed (kustomization_controller.go, apply). */
function applyFault(error: unknown): unknown {
  if (!(error instanceof ApplyError)) return error;
  const log = changeLog(error.changes.entries.filter(hasChanged));
  return new Fault('retry', 'ReconciliationFailed', `${errorMessage(error)}\n${log === '' ? '' : `${log}\n`}`, {
    cause: error,
  });
}

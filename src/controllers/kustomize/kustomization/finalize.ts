import { changeLog } from '../../../apply/change-set.ts';
import { toRef } from '../../../apply/inventory.ts';
import { subjectOf } from '../../../apply/object-ref.ts';
import { pruneFailureMessage } from '../../../apply/prune.ts';
import type { WaitHandle } from '../../../apply/waiter.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { isForbidden, isNotFound } from '../../../kube/errors.ts';
import type { ResourceType } from '../../../kube/object.ts';
import type { TargetCluster } from '../../../kube/target/target-clusters.ts';
import { withDeadline } from '../../../lib/async.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { Result } from '../../../runtime/result.ts';
import { applierFor } from './applier.ts';
import type { KustomizationDeps } from './deps.ts';
import { ownerOfLedger } from './drift.ts';
import { inventoryEntries } from './inventory.ts';
import { accountMissing, causeOf, mayOrphan, orphanAfterMs, unreachable } from './orphan.ts';
import { heldDeletion } from './prune-hold.ts';
import { shouldDeleteObjects, timeoutMs } from './spec.ts';
import { acquireTarget, targetRequest, watchTarget } from './target.ts';

const serviceAccounts: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
};

/**
 * Deletes what the Kustomization applied, as its deletion policy says, and with WaitForTermination comes back until all
 * of it is gone or the timeout has passed since the deletion began. When the account to impersonate is gone, the
 * objects are left, with a Warning that lists them (kustomization_controller.go, finalize).
 */
export async function finalizeKustomization(
  object: Kustomization,
  attempt: AttemptContext,
  deps: KustomizationDeps,
): Promise<Result | undefined> {
  try {
    const result = await deleteApplied(object, attempt, deps);
    deps.orphans.end(object.metadata);
    return result;
  } catch (error) {
    if (!mayOrphan(object, error, attempt, deps)) throw error;
    return undefined;
  }
}

async function deleteApplied(
  object: Kustomization,
  attempt: AttemptContext,
  deps: KustomizationDeps,
): Promise<Result | undefined> {
  const entries = inventoryEntries(object);
  if (!shouldDeleteObjects(object) || entries.length === 0) return undefined;
  attempt.annotateEvents(eventMetadata(object));
  const underWay = deps.terminations.get(object.metadata);
  if (underWay !== undefined) return awaitTermination(object, underWay, attempt, deps);

  using target = await acquireTarget(object, deps.targets, attempt.signal).catch(unreachable);
  if (!(await accountExists(object, target, attempt, deps))) {
    if (orphanAfterMs(object, deps) !== undefined) throw accountMissing();
    const subjects = entries.map((entry) => subjectOf(toRef(entry)));
    const message = `unable to prune objects: \n${subjects.join('\n')}`;
    attempt.log.error({ error: 'skipping pruning, failed to find account to impersonate' }, message);
    attempt.event({ severity: 'error', message });
    return undefined;
  }
  const held = await heldDeletion({ object, entries, client: target.client, attempt, deps });
  if (held !== undefined) return held;
  const { name, namespace } = object.metadata;
  using session = deps.ledger.open(ownerOfLedger(object), target);
  const signal = withDeadline(attempt.signal, timeoutMs(object));
  const { changes, failed } = await applierFor(target.client, deps, session).prune(entries, {
    owner: { name, namespace },
    signal,
  });
  if (failed.length > 0) {
    const message = pruneFailureMessage(failed);
    // Its reason is that of Ready, as in Flux: the status of an object that is being deleted stays what it was.
    attempt.event({ severity: 'error', message: `pruning for deleted resource failed: ${message}` });
    throw new Fault('retry', 'PruneFailed', message, { cause: causeOf(failed, object), event: false });
  }
  const log = changeLog(changes);
  if (log !== '') attempt.event({ message: log });
  if (object.spec.deletionPolicy !== 'WaitForTermination') return undefined;
  const refs = changes.filter(({ action }) => action === 'deleted').map(({ ref }) => ref);
  if (refs.length === 0) return undefined;
  const handle = watchTarget(target, deps.waiter, refs, {
    onChange: () => deps.wake(object.metadata),
    unservedIsGone: true,
  });
  deps.terminations.begin(object.metadata, handle);
  return awaitTermination(object, handle, attempt, deps);
}

/** Nothing more to do when all objects are gone, or the time is over, which is told; else when to look again. */
function awaitTermination(
  object: Kustomization,
  handle: WaitHandle,
  attempt: AttemptContext,
  deps: KustomizationDeps,
): Result | undefined {
  const left = [...handle.statuses().values()].filter(({ status }) => status !== 'NotFound');
  const deadline = Date.parse(object.metadata.deletionTimestamp ?? '') + timeoutMs(object);
  const remaining = deadline - deps.clock.now();
  if (left.length > 0 && remaining > 0) return { requeueAfterMs: remaining };
  deps.terminations.end(object.metadata);
  if (left.length > 0) {
    const message = 'failed to wait for resources termination';
    attempt.log.error({ error: `${left.length} objects are still there` }, message);
    attempt.event({ severity: 'error', message });
  }
  return undefined;
}

/**
 * Whether there is an account to act as (fluxcd/pkg runtime/client, Impersonator.CanImpersonate). Differs from Flux: it
 * is looked for in the cluster where it is needed, not in the controller's own (ADR 13).
 */
async function accountExists(
  object: Kustomization,
  { base }: TargetCluster,
  { signal }: AttemptContext,
  { targets }: KustomizationDeps,
): Promise<boolean> {
  const name = targets.accountOf(targetRequest(object));
  if (name === undefined) return true;
  try {
    await base.getMetadata(serviceAccounts, { namespace: object.metadata.namespace, name }, { signal });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    // Who may impersonate need not be allowed to read accounts: the deletion itself will tell.
    if (object.spec.kubeConfig !== undefined && isForbidden(error)) return true;
    throw error;
  }
}

function eventMetadata({ status }: Kustomization): Readonly<Record<string, string>> {
  const { lastAppliedRevision, lastAppliedOriginRevision } = status ?? {};
  return {
    ...(lastAppliedRevision === undefined ? {} : { revision: lastAppliedRevision }),
    ...(lastAppliedOriginRevision === undefined ? {} : { originRevision: lastAppliedOriginRevision }),
  };
}

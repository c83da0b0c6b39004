import type { Change } from '../../../apply/change-set.ts';
import { isTakenOver, managersToReplace } from '../../../apply/field-managers.ts';
import type { Ledger } from '../../../apply/ledger/ledger.ts';
import { ownerLedger } from '../../../apply/ledger/owner-ledger.ts';
import type { LedgerSession } from '../../../apply/ledger/session.ts';
import { ownerText } from '../../../apply/ledger/sighting.ts';
import { formatId } from '../../../apply/object-ref.ts';
import { rivalText } from '../../../apply/rivals.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { KUSTOMIZE_FIELD_MANAGER, KUSTOMIZE_GROUP } from '../../../crds/meta/names.ts';
import type { KubeObject, ObjectKey } from '../../../kube/object.ts';
import type { Clock } from '../../../lib/clock.ts';
import { formatDuration } from '../../../lib/duration.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import type { ObjectCache } from '../../../runtime/own-writes.ts';
import { intervalMs } from './spec.ts';

export interface DriftOptions {
  readonly cache: ObjectCache<Kustomization & KubeObject>;
  readonly clock: Clock;
  /** Has a Kustomization looked at again, now. */
  wake(key: ObjectKey): void;
  readonly overrideManagers: readonly string[];
  readonly migrateApiVersion: boolean;
}

/** The ledger of what Kustomizations have applied. It wakes those whose objects are changed by somebody else. */
export function kustomizationLedger({ cache, clock, wake, ...options }: DriftOptions): Ledger {
  const replaced = managersToReplace(KUSTOMIZE_FIELD_MANAGER, options.overrideManagers);
  return ownerLedger({
    clock,
    wake,
    rules: {
      fieldManager: KUSTOMIZE_FIELD_MANAGER,
      ownerGroup: KUSTOMIZE_GROUP,
      isReplaced: (entry) => isTakenOver(entry, replaced),
      migrateApiVersion: options.migrateApiVersion,
    },
    find(key) {
      const object = cache.get(key);
      return object && { suspended: object.spec.suspend === true, maxPauseMs: intervalMs(object) };
    },
  });
}

/** By what the ledger knows a Kustomization. */
export function ownerOfLedger({ metadata }: Kustomization): string {
  return ownerText(metadata);
}

/**
 * Tells who changes an object over and over, once, when its corrections begin to come with pauses. The time is in the
 * log alone: a message that differs each time is another event each time.
 */
export function tellFights(
  object: Kustomization,
  changes: readonly Change[],
  session: LedgerSession,
  attempt: AttemptContext,
): void {
  for (const { ref, subject, action, rivals = [] } of changes) {
    if ((action !== 'configured' && action !== 'created') || !session.isFightToTell(formatId(ref))) continue;
    const what = action === 'created' ? 'deleted' : rivals.map(rivalText).join('; ');
    const message = `${subject} keeps being changed${what === '' ? '' : `: ${what}`}. It will be corrected less and less often, at least every ${formatDuration(intervalMs(object))}`;
    attempt.log.info({ subject, rivals }, 'An object keeps being changed by others');
    attempt.event({ severity: 'error', reason: 'DriftDetected', message });
  }
}

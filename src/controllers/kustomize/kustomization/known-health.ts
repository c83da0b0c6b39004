import { status } from '../../../apply/kstatus.ts';
import type { ObjectStatus } from '../../../apply/kstatus-fields.ts';
import { formatId, type ObjectRef } from '../../../apply/object-ref.ts';
import { isPassive } from '../../../apply/passive.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { KustomizationDeps } from './deps.ts';
import { ownerOfLedger } from './drift.ts';
import type { HealthWait } from './health-waits.ts';
import type { Run } from './run.ts';

/** What is known of the health of objects without asking anybody. */
export interface KnownHealth {
  /** By inventory id; those of which nothing is known are missing. */
  readonly statuses: ReadonlyMap<string, ObjectStatus>;
  /** Objects that need not be watched: they are healthy as long as they exist. */
  readonly settled: ReadonlySet<string>;
}

const current: ObjectStatus = { status: 'Current', message: 'Resource has not changed since it was healthy' };

/**
 * The health of targets as the answers to the apply show it, and of those that were not asked for, as long as they are
 * what they were when they were found healthy.
 */
export function knownHealth(
  object: Kustomization,
  { changes, healthRules }: Run,
  targets: readonly ObjectRef[],
  { ledger, clock }: Pick<KustomizationDeps, 'ledger' | 'clock'>,
): KnownHealth {
  const owner = ownerOfLedger(object);
  const rules = rulesOf(object);
  const answers = new Map(changes.map(({ ref, live }) => [formatId(ref), live] as const));
  const statuses = new Map<string, ObjectStatus>();
  const settled = new Set<string>();
  for (const id of targets.map(formatId)) {
    const live = answers.get(id);
    const known = live === undefined ? ledger.healthOf(owner, rules, id) : undefined;
    if (known !== undefined) statuses.set(id, current);
    if (known === 'lasting') settled.add(id);
    if (live === undefined) continue;
    const ruled = healthRules(live);
    const found = ruled ?? status(live, clock.now());
    statuses.set(id, found);
    if (found.status !== 'Current') continue;
    const lasting = ruled === undefined && isPassive(live);
    if (lasting) settled.add(id);
    ledger.foundHealthy(owner, rules, id, { resourceVersion: live.metadata.resourceVersion ?? '', lasting });
  }
  return { statuses, settled };
}

/** Keeps that everything which was waited for is healthy as it is now. */
export function rememberHealthy(object: Kustomization, { handle }: HealthWait, { ledger }: KustomizationDeps): void {
  const rules = rulesOf(object);
  for (const [id, resourceVersion] of handle.resourceVersions()) {
    ledger.foundHealthy(ownerOfLedger(object), rules, id, { resourceVersion, lasting: false });
  }
}

/** By what health is judged, as a text. */
function rulesOf({ spec }: Kustomization): string {
  return JSON.stringify(spec.healthCheckExprs ?? []);
}

import type { HealthRules } from '../../../appliers/health-rules.ts';
import type { Change } from '../../../apply/change-set.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { Reason } from '../../../crds/meta/reasons.ts';
import type { TargetCluster } from '../../../kube/target/target-clusters.ts';
import type { Clock } from '../../../lib/clock.ts';
import { isAbort } from '../../../lib/errors.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import { withRun } from './history.ts';
import type { ResolvedSource } from './source.ts';

/** One delivery of one revision: what the steps after it need to know. */
export interface Delivery {
  readonly source: ResolvedSource;
  /** When the reconcile that applied it began, milliseconds since the epoch. */
  readonly startedAt: number;
  /** Of the built manifests, `sha256:<hex>`. */
  readonly digest: string;
  /** The cluster that the objects are in, and the identity that they are written and watched as. */
  readonly target: TargetCluster;
  readonly changes: readonly Change[];
  /** Something in the cluster was not as it should be, and was changed. */
  readonly drifted: boolean;
  /** Ids of Jobs that delete themselves when they have finished. */
  readonly jobsWithTtl: ReadonlySet<string>;
}

/** A delivery, and how its health is judged. */
export interface Run extends Delivery {
  readonly healthRules: HealthRules;
}

type History = NonNullable<Kustomization['status']>['history'];

/** The status history with this run in it, ended for `reason` at `now`. */
export function historyWith(run: Delivery, reason: Reason, attempt: AttemptContext, now: number): History {
  const { artifact, originRevision } = run.source;
  return withRun(attempt.status['history'] as History, {
    digest: run.digest,
    reason,
    at: now,
    tookMs: now - run.startedAt,
    metadata: { revision: artifact.revision, ...(originRevision === undefined ? {} : { originRevision }) },
  });
}

/**
 * Whether a successful run says nothing that the status does not say already, so that it leaves no trace there: nobody
 * asked for it, nothing was changed, and the last run gave the same objects of the same revision. Differs from Flux,
 * which counts it and writes its time: ADR 16.
 */
export function isRepetition({ metadata, status }: Kustomization, run: Delivery, attempt: AttemptContext): boolean {
  const last = status?.history?.[0];
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return (
    !attempt.requested &&
    !run.drifted &&
    ready?.status === 'True' &&
    status?.observedGeneration === metadata.generation &&
    last?.digest === run.digest &&
    last.lastReconciledStatus === 'ReconciliationSucceeded' &&
    last.metadata?.['revision'] === run.source.artifact.revision
  );
}

/** Runs a step; when it fails, the history remembers a run that ended for the fault's reason, else for `reason`. */
export async function recordRun<T>(
  run: Delivery,
  reason: Reason,
  attempt: AttemptContext,
  clock: Clock,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const why = error instanceof Fault ? error.reason : reason;
    if (!isAbort(error)) attempt.record({ history: historyWith(run, why, attempt, clock.now()) });
    throw error;
  }
}

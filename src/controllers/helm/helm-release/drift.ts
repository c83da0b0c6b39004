import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import { ActionLog } from '../actions/action-log.ts';
import { type DriftDiff, detectDrift, hasDrift } from '../actions/detect-drift.ts';
import { summarizeDrift, summarizeDriftBrief } from '../actions/drift-summary.ts';
import type { HelmReleaseDeps } from './deps.ts';
import { latestOf } from './history.ts';
import type { ReleaseStatusDraft } from './release-status.ts';
import type { ReleaseRun } from './runs.ts';
import { fullName } from './snapshot.ts';
import { driftMode, releaseKey } from './spec.ts';

/** What of a release is in the cluster otherwise than it was released. */
export interface Drift {
  readonly diffs: readonly DriftDiff[];
  /** For the log. */
  readonly brief: string;
}

/**
 * Looks for changes that others made to the objects, where `spec.driftDetection` asks for that; undefined for none.
 * Nothing is asked for that the ledger knows. Throws a retryable StateError fault when nothing can be told.
 */
export async function driftOf(
  object: HelmRelease,
  run: ReleaseRun,
  attempt: AttemptContext,
  deps: HelmReleaseDeps,
): Promise<Drift | undefined> {
  if (driftMode(object) === 'disabled') return undefined;
  const { target, storage, session, health } = run;
  const { name, namespace } = object.metadata;
  const release = releaseKey(object);
  try {
    const record = await storage.last(release.name, attempt.signal);
    if (record === undefined) return undefined;
    const context = {
      client: target.client,
      storage,
      release,
      owner: { name, namespace },
      signal: attempt.signal,
      clock: deps.clock,
      waiter: deps.waiter,
      health,
      session,
      log: new ActionLog(deps.clock),
      observe: () => undefined,
    };
    const { diffs, errors } = await detectDrift(context, record, {
      ignore: object.spec.driftDetection?.ignore ?? [],
      overrideManagers: deps.overrideManagers,
    });
    if (hasDrift(diffs)) return { diffs, brief: summarizeDriftBrief(diffs) };
    if (errors.length > 0) throw new Error(`unable to determine cluster state: ${errors.join(', ')}`);
    return undefined;
  } catch (error) {
    attempt.signal.throwIfAborted();
    const message = `Could not determine release state: ${errorMessage(error)}`;
    throw new Fault('retry', 'StateError', message, { cause: error, event: false });
  }
}

/** Tells of drift: in the status, and by an event when that did not say the same before. */
export function tellDrift(
  { diffs }: Drift,
  { draft, attempt }: { readonly draft: ReleaseStatusDraft; readonly attempt: AttemptContext },
): void {
  const current = latestOf(draft.history);
  if (current === undefined) return;
  const message = `Cluster state of release ${fullName(current)} has drifted from the desired state:\n${summarizeDrift(diffs)}`;
  const before = draft.condition('Drifted');
  if (before?.status !== 'True' || before.message !== message)
    attempt.event({ severity: 'error', reason: 'DriftDetected', message });
  draft.set('Drifted', 'True', 'DriftDetected', message);
}

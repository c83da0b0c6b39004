import { healthRulesOf } from '../../../appliers/health-rules.ts';
import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { Outcome } from '../../../runtime/outcome.ts';
import { applyChartObject } from './chart-object.ts';
import { releaseConflict } from './conflicts.ts';
import type { HelmReleaseDeps } from './deps.ts';
import { isEnabled, refuseAnnotations } from './extensions.ts';
import { prepareRun, SourcePending } from './prepare-run.ts';
import { recordAttempt } from './record-attempt.ts';
import { continueRelease, leaveRelease } from './release.ts';
import type { ReleaseRun } from './runs.ts';
import { refuseDurations } from './spec.ts';
import { whyTargetChanged } from './target-change.ts';
import { uninstallFormer } from './uninstall.ts';

/**
 * Makes the release what the spec says. Read from top to bottom: the HelmChart, what the release is made from, the release
 * that went elsewhere, the release (helmrelease_controller.go, Reconcile and reconcileRelease). A run that waits for the
 * cluster is gone on with when it is over.
 */
export async function reconcileHelmRelease(
  object: HelmRelease,
  attempt: AttemptContext,
  deps: HelmReleaseDeps,
): Promise<Outcome> {
  const begun = deps.runs.get(object.metadata);
  if (begun !== undefined) {
    const outcome = await goOn(object, begun, attempt, deps);
    if (outcome !== undefined) return outcome;
  }
  if (deps.uninstalls.get(object.metadata) !== undefined)
    return uninstallFormer(object, 'uninstall under way', attempt, deps);
  refuseDurations(object);
  refuseAnnotations(object);
  const health = healthRulesOf(object.spec.healthCheckExprs, { plainEvent: true });
  const written = await applyChartObject(object, attempt, { ...deps.sources, client: deps.client });
  attempt.progress('Progressing', 'Fulfilling prerequisites');
  const run = await prepareRun(object, { health, written }, attempt, deps).catch((error: unknown) => {
    if (error instanceof SourcePending) return undefined;
    throw error;
  });
  if (run === undefined) return sourcePending(object, attempt, deps);
  const changed = whyTargetChanged(object, run.chart.input.name, attempt);
  if (changed !== undefined) {
    run[Symbol.dispose]();
    return uninstallFormer(object, changed, attempt, deps);
  }
  deps.runs.keep(object.metadata, run);
  return held(object, run, deps, async () => {
    refuseConflict(object, deps);
    recordAttempt(object, run, attempt);
    return continueRelease(object, run, attempt, deps);
  });
}

/** Goes on with a run. Undefined when it was begun for another spec: what it did is told, and the rest is done anew. */
async function goOn(
  object: HelmRelease,
  run: ReleaseRun,
  attempt: AttemptContext,
  deps: HelmReleaseDeps,
): Promise<Outcome | undefined> {
  const isSuspended = object.spec.suspend === true;
  const isOld = run.generation !== object.metadata.generation || isSuspended;
  if (isOld || run.current?.end === undefined)
    return held(object, run, deps, () => leaveRelease(object, run, attempt, deps));
  return held(object, run, deps, () => continueRelease(object, run, attempt, deps));
}

/** With the annotation for it, a release that another HelmRelease has is left to that one. */
function refuseConflict(object: HelmRelease, { others, requeueDependencyMs }: HelmReleaseDeps): void {
  if (!isEnabled(object, 'refuseConflicts')) return;
  const conflict = releaseConflict(object, others());
  if (conflict === undefined) return;
  throw new Fault('waiting', 'ReleaseConflict', conflict, { retryAfterMs: requeueDependencyMs, event: conflict });
}

/** Does something with a run, which then is over unless an action of it is under way. */
async function held<T>(
  { metadata }: HelmRelease,
  run: ReleaseRun,
  deps: HelmReleaseDeps,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } finally {
    if (run.current === undefined) {
      deps.runs.end(metadata);
      // What came meanwhile is looked at now.
      if (run.hasNews) deps.wake(metadata);
    }
  }
}

/** The source is being made: it wakes the object when it is there, which mostly is before anybody has to be told. */
function sourcePending(
  { metadata }: HelmRelease,
  attempt: AttemptContext,
  { requeueDependencyMs, jitter }: HelmReleaseDeps,
): Outcome {
  const asked = metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
  if (asked !== undefined) attempt.record({ lastHandledReconcileAt: asked });
  return { state: 'progressing', requeueAfterMs: jitter(requeueDependencyMs) };
}

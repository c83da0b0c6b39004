import { type Health, healthMessage, healthOf } from '../../../apply/health.ts';
import { formatId } from '../../../apply/object-ref.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { KUSTOMIZE_GROUP, ownerLabels } from '../../../crds/meta/names.ts';
import { formatDuration } from '../../../lib/duration.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { ConditionChange, Outcome } from '../../../runtime/outcome.ts';
import type { KustomizationDeps } from './deps.ts';
import { healthTargets } from './health-targets.ts';
import type { HealthWait } from './health-waits.ts';
import { knownHealth, rememberHealthy } from './known-health.ts';
import { historyWith, isRepetition, type Run } from './run.ts';
import type { ResolvedSource } from './source.ts';
import { formatTimeout, timeoutMs } from './spec.ts';
import { watchTarget } from './target.ts';

/**
 * Ends a delivery whose objects need not be waited for, or are healthy already; else begins to wait for them.
 * What the API server answered to the apply is looked at first, so that what is healthy costs no request.
 */
export function checkHealth(
  object: Kustomization,
  run: Run,
  attempt: AttemptContext,
  deps: KustomizationDeps,
): Outcome {
  const targets = healthTargets(object, run.changes);
  if (targets.length === 0) return ready(object, run, attempt, deps, [{ type: 'Healthy', status: 'absent' }]);
  const startedAt = deps.clock.now();
  const wasHealthy = healthIn(object) === 'True';
  const facts = { run, startedAt, deadline: startedAt + timeoutMs(object), wasHealthy };
  const { statuses, settled } = knownHealth(object, run, targets, deps);
  if (statuses.size === targets.length && healthOf(statuses, rules(run, deps)) === 'healthy')
    return healthy(object, facts, attempt, deps);
  const pending = targets.filter((target) => !settled.has(formatId(target)));
  const handle = watchTarget(run.target, deps.waiter, pending, {
    onChange: () => deps.wake(object.metadata),
    status: run.healthRules,
    ...(object.spec.wait === true ? { labelSelector: ownerSelector(object) } : {}),
  });
  // The live objects were looked at: a wait does not keep them.
  deps.waits.begin(object, { ...facts, run: { ...run, changes: [] }, handle });
  return waiting(object, facts, attempt, deps);
}

/** Goes on with a wait: healthy, failed, over its time, or to be waited for still. */
export function continueWait(
  object: Kustomization,
  wait: HealthWait,
  attempt: AttemptContext,
  deps: KustomizationDeps,
): Outcome {
  const statuses = wait.handle.statuses();
  const timedOut = deps.clock.now() >= wait.deadline;
  const health: Health = healthOf(statuses, rules(wait.run, deps));
  if (health === 'waiting' && !timedOut) return waiting(object, wait, attempt, deps);
  deps.waits.end(object.metadata);
  if (health === 'healthy') {
    rememberHealthy(object, wait, deps);
    return healthy(object, wait, attempt, deps);
  }
  const message = healthMessage(statuses, { ...rules(wait.run, deps), timedOut: health === 'waiting' });
  const now = deps.clock.now();
  runningChecks(object, wait.run, attempt);
  attempt.record({ history: historyWith(wait.run, 'HealthCheckFailed', attempt, now) }, [
    { type: 'Healthy', status: 'False', reason: 'HealthCheckFailed', message },
  ]);
  throw new Fault(
    'retry',
    'HealthCheckFailed',
    `health check failed after ${formatDuration(now - wait.startedAt)}: ${message}`,
  );
}

/**
 * The wait that was under way when the object was suspended. Suspension stops nothing that has begun: the status shall
 * tell how it ended, as Flux's does, and not say for good that it is in progress.
 */
export function waitUnderSuspension(object: Kustomization, { waits }: KustomizationDeps): HealthWait | undefined {
  return object.spec.suspend === true ? waits.any(object) : undefined;
}

/**
 * Ends a wait for a state that is no longer wanted. With the feature gate CancelHealthCheckOnNewRevision users are told,
 * and by what; without it they are not, as in Flux (ADR 3).
 */
export function endSupersededWait(
  object: Kustomization,
  source: ResolvedSource,
  attempt: AttemptContext,
  { waits, tellCanceledWaits }: KustomizationDeps,
): void {
  const wait = waits.any(object);
  if (wait === undefined) return;
  waits.end(object.metadata);
  if (!tellCanceledWaits) return;
  const isNewRevision = wait.run.source.artifact.revision !== source.artifact.revision;
  const { kind, metadata } = object;
  const trigger = isNewRevision ? source : { kind, namespace: metadata.namespace, name: metadata.name };
  attempt.event({
    reason: 'HealthCheckCanceled',
    message: `Health checks canceled due to new reconciliation triggered by ${trigger.kind}/${trigger.namespace}/${trigger.name}`,
  });
}

/** Selects what this Kustomization applied, so that a watch on many objects brings no others. */
function ownerSelector({ metadata: { name, namespace } }: Kustomization): string {
  return Object.entries(ownerLabels(KUSTOMIZE_GROUP, { name, namespace }))
    .map(([label, value]) => `${label}=${value}`)
    .join(',');
}

type WaitFacts = Omit<HealthWait, 'handle'>;

function rules({ jobsWithTtl }: Run, { failFast }: KustomizationDeps) {
  return { failFast, ...(jobsWithTtl === undefined ? {} : { jobsWithTtl }) };
}

function waiting(object: Kustomization, wait: WaitFacts, attempt: AttemptContext, deps: KustomizationDeps): Outcome {
  const message = runningChecks(object, wait.run, attempt);
  return {
    state: 'progressing',
    message,
    conditions: [{ type: 'Healthy', status: 'Unknown', reason: 'Progressing', message }],
    requeueAfterMs: Math.max(0, wait.deadline - deps.clock.now()),
  };
}

/** The progress message of a wait, which a failure of the wait leaves in the Reconciling condition. */
function runningChecks(object: Kustomization, { source }: Run, attempt: AttemptContext): string {
  const message = `Running health checks for revision ${source.artifact.revision} with a timeout of ${formatTimeout(object)}`;
  attempt.progress('Progressing', message);
  return message;
}

/** What the status says of health. */
function healthIn({ status }: Kustomization): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'Healthy')?.status;
}

function healthy(
  object: Kustomization,
  { run, startedAt, wasHealthy }: WaitFacts,
  attempt: AttemptContext,
  deps: KustomizationDeps,
): Outcome {
  if (isRepetition(object, run, attempt)) return ready(object, run, attempt, deps, []);
  const message = `Health check passed in ${formatDuration(deps.clock.now() - startedAt)}`;
  const isNewRevision = run.source.artifact.revision !== attempt.status['lastAppliedRevision'];
  if (!wasHealthy || (isNewRevision && run.drifted)) {
    // Nobody has seen it wait, and the Event of the changes is of the same reason: ADR 16.
    const isNews = !run.drifted || healthIn(object) === 'Unknown';
    attempt.event({ reason: 'Progressing', message, ...(isNews ? {} : { audience: 'endpoint' }) });
  }
  return ready(object, run, attempt, deps, [{ type: 'Healthy', status: 'True', reason: 'Succeeded', message }]);
}

function ready(
  object: Kustomization,
  run: Run,
  attempt: AttemptContext,
  { clock }: KustomizationDeps,
  conditions: readonly ConditionChange[],
): Outcome {
  const { artifact, originRevision } = run.source;
  const history = isRepetition(object, run, attempt)
    ? {}
    : { history: historyWith(run, 'ReconciliationSucceeded', attempt, clock.now()) };
  return {
    state: 'ready',
    startedAt: run.startedAt,
    message: `Applied revision: ${artifact.revision}`,
    conditions,
    status: { lastAppliedRevision: artifact.revision, lastAppliedOriginRevision: originRevision, ...history },
  };
}

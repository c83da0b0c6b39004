import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import { formatDuration } from '../../../lib/duration.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { raceAbort } from '../../../lib/single-flight.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { Outcome } from '../../../runtime/outcome.ts';
import type { ActionRun } from './action-run.ts';
import { tellAction } from './after-action.ts';
import type { HelmReleaseDeps } from './deps.ts';
import { driftOf, tellDrift } from './drift.ts';
import { isEnabled } from './extensions.ts';
import { latestOf } from './history.ts';
import { messages } from './messages.ts';
import { type Action, actionTypes, areSpent, nextAction } from './next-action.ts';
import { observeState } from './observe.ts';
import { beginAction } from './perform.ts';
import { ReleaseStatusDraft } from './release-status.ts';
import { isRequested } from './requests.ts';
import { rollbackOrUpgrade } from './rollback-target.ts';
import type { ReleaseRun } from './runs.ts';
import { type ActionSpec, driftMode, type ReleaseAction, remediationOf, retryIntervalMs, timeoutMs } from './spec.ts';
import { summarize } from './summary.ts';

/** One go at a release, and what is drafted of it. */
interface Releasing {
  readonly object: HelmRelease;
  readonly run: ReleaseRun;
  readonly attempt: AttemptContext;
  readonly deps: HelmReleaseDeps;
  readonly draft: ReleaseStatusDraft;
}

/**
 * Goes on with a release until it is as it should be, or nothing more is to be done now: looks at the storage and the
 * cluster, decides, acts, and looks again (internal/reconcile/atomic_release.go, Reconcile). An action that waits for the
 * cluster ends the reconcile and goes on without it; the object is woken when it is over.
 */
export async function continueRelease(
  object: HelmRelease,
  run: ReleaseRun,
  attempt: AttemptContext,
  deps: HelmReleaseDeps,
): Promise<Outcome> {
  const releasing: Releasing = { object, run, attempt, deps, draft: new ReleaseStatusDraft(attempt) };
  for (;;) {
    const { current } = run;
    if (current !== undefined) {
      if (current.end === undefined) return underWay(current, releasing);
      run.current = undefined;
      const ended = await actionEnded(current, releasing);
      if (ended !== undefined) return ended;
    }
    attempt.signal.throwIfAborted();
    const next = await decide(releasing);
    if (next === undefined) return settled(releasing);
    if (run.done.has(actionTypes[next.action.name])) return stopBefore(releasing);
    announce(next.action, releasing);
    // What was done is written before the next thing is, and that there may be something to uninstall before there is.
    if (run.done.size > 0 || object.status?.storageNamespace === undefined) await attempt.commit({});
    run.current = beginAction(next.action, object, run, deps, next.diffs);
    await raceAbort(
      run.current.overOrWaiting(() => deps.wake(object.metadata)),
      attempt.signal,
    );
  }
}

/**
 * Looks after a run whose action is still under way, or that was begun for another spec. Undefined when the run is over,
 * and what it did is told.
 */
export async function leaveRelease(
  object: HelmRelease,
  run: ReleaseRun,
  attempt: AttemptContext,
  deps: HelmReleaseDeps,
): Promise<Outcome | undefined> {
  const releasing: Releasing = { object, run, attempt, deps, draft: new ReleaseStatusDraft(attempt) };
  const { current } = run;
  if (current !== undefined && current.end === undefined) {
    run.hasNews = true;
    if (deps.cancelsWaits) current.endWaits(new Error(CANCELED));
    return underWay(current, releasing);
  }
  run.current = undefined;
  if (current !== undefined) {
    const { algorithm, retriesByDefault } = deps;
    await tellAction(current, { object, attempt, run, algorithm, retriesByDefault });
    tellCanceled(current, releasing);
  }
  if (object.spec.suspend !== true) return undefined;
  releasing.draft.remove('Reconciling');
  return { state: 'ready' };
}

const CANCELED = 'context canceled';

/** With the feature gate CancelHealthCheckOnNewRevision, users hear why a wait was given up. */
function tellCanceled({ end }: ActionRun, { object, attempt, deps, draft }: Releasing): void {
  if (!deps.cancelsWaits || end === undefined || !('error' in end)) return;
  const { namespace, name } = object.metadata;
  const by = `triggered by HelmRelease/${namespace}/${name}`;
  draft.set('Ready', 'False', 'HealthCheckCanceled', `New reconciliation ${by}`);
  const message = `Health checks canceled due to new reconciliation ${by}`;
  attempt.event({ reason: 'HealthCheckCanceled', message });
}

interface Next {
  readonly action: Action;
  readonly diffs?: Parameters<typeof beginAction>[4];
}

/** What is to be done now; undefined for nothing. Throws a stalled fault when the retries are used up. */
async function decide(releasing: Releasing): Promise<Next | undefined> {
  const { object, run, attempt, deps, draft } = releasing;
  let state = await observeState(object, run, attempt, deps);
  const drift = state.status === 'InSync' ? await driftOf(object, run, attempt, deps) : undefined;
  if (drift !== undefined) state = { status: 'Drifted', reason: drift.brief };
  const { lastAction } = draft;
  const decision = nextAction(state, {
    history: draft.history,
    lastAction,
    failures: draft.failures,
    remediation: { install: remediationOf(object, 'install'), upgrade: remediationOf(object, 'upgrade') },
    retries: activeRetry(releasing) !== undefined,
    ignoreTestFailures:
      lastAction === undefined
        ? object.spec.test?.ignoreFailures === true
        : remediationOf(object, lastAction).ignoreTestFailures,
    forced: isRequested(object, attempt, 'forceAt'),
    drift: driftMode(object),
  });
  draft.history = decision.history;
  attempt.log.info({ state: state.status, next: actionName(decision.action) }, decision.why);
  if (decision.action === 'exhausted') throw retriesExceeded(releasing);
  if (drift !== undefined) tellDrift(drift, releasing);
  else if (state.status === 'InSync' || state.status === 'Untested') tellInSync(state.status, releasing);
  const { action } = decision;
  if (action === undefined) return undefined;
  if (action.name !== 'rollback') return drift === undefined ? { action } : { action, diffs: drift.diffs };
  return { action: await rollbackOrUpgrade(action, run.storage, attempt) };
}

function actionName(action: Action | 'exhausted' | undefined): string {
  return typeof action === 'object' ? action.name : (action ?? 'nothing');
}

/** The release is what is wanted, which an earlier failure or remedy may belie (InSync and Untested of actionForState). */
function tellInSync(status: 'InSync' | 'Untested', { object, attempt, deps, draft }: Releasing): void {
  const current = latestOf(draft.history);
  if (current === undefined) return;
  if (draft.isTrue('Remediated')) {
    draft.remove('Remediated');
    draft.set('Released', 'True', 'UpgradeSucceeded', messages.released('upgrade', current));
  }
  if (status === 'Untested') return;
  if (!draft.isTrue('Ready') || !draft.isTrue('Released')) {
    const failed = draft.condition('Released')?.reason;
    const action = failed === 'InstallFailed' ? 'install' : failed === 'UpgradeFailed' ? 'upgrade' : undefined;
    if (action !== undefined) {
      const reason = action === 'install' ? 'InstallSucceeded' : 'UpgradeSucceeded';
      draft.set('Released', 'True', reason, messages.released(action, current));
      summarize(object, attempt, deps.algorithm);
    }
  }
  if (driftMode(object) !== 'disabled')
    draft.set('Drifted', 'False', 'NoDriftDetected', 'No drift detected against the cluster state');
}

/** Says what is being done, as it may take a while. */
function announce(action: Action, { object, attempt, draft }: Releasing): void {
  const timed: ActionSpec | undefined =
    action.name === 'unlock' || action.name === 'correct cluster drift' ? undefined : action.name;
  const message = `Running '${action.name}' action with timeout of ${formatDuration(timeoutMs(object, timed))}`;
  attempt.progress('Progressing', message);
  if (actionTypes[action.name] === 'release') draft.set('Ready', 'Unknown', 'Progressing', message);
  attempt.log.info({}, message);
}

/** The action goes on by itself. */
function underWay({ action }: ActionRun, { draft, attempt }: Releasing): Outcome {
  attempt.log.debug({ action: action.name }, 'The action waits for the cluster');
  const message = draft.condition('Reconciling')?.message;
  return { state: 'progressing', ...(message === undefined ? {} : { message }), requeueAfterMs: LONG_MS };
}

/** An action wakes its object when it is over; this is for nothing but a wake-up that was lost. */
const LONG_MS = 60 * 60_000;

/** Puts the end of an action into the status. Gives how the run ends by it; undefined when it goes on. */
async function actionEnded(action: ActionRun, releasing: Releasing): Promise<Outcome | undefined> {
  const { object, run, attempt, deps } = releasing;
  const { name } = action.action;
  const type = actionTypes[name];
  const telling = { object, attempt, run, algorithm: deps.algorithm, retriesByDefault: deps.retriesByDefault };
  const unchanged = await tellAction(action, telling);
  if (unchanged !== undefined) {
    const retryMs = activeRetry(releasing);
    if (retryMs !== undefined) return retryAfter(retryMs, releasing);
    throw new Fault(
      'retry',
      'ReconciliationFailed',
      `failed to run '${name}' action: ${errorMessage(unchanged.error)}`,
      {
        drafted: true,
        event: false,
        backoff: true,
        cause: unchanged.error,
      },
    );
  }
  run.done.add(type);
  return type === 'remediate' ? stopAfterRemedy(releasing) : undefined;
}

/** All there is to do is done: what went wrong on the way is cleared. */
function settled({ object, attempt, deps, draft }: Releasing): Outcome {
  draft.remove('Reconciling');
  summarize(object, attempt, deps.algorithm);
  return { state: 'ready' };
}

/** The next action was done already in this run: another run goes on (MustContinue of cleanReleaseStrategy). */
function stopBefore(releasing: Releasing): Outcome {
  const { object, draft } = releasing;
  const retryMs = activeRetry(releasing);
  if (retryMs !== undefined) return retryAfter(retryMs, releasing);
  const { lastAction, failures } = draft;
  if (lastAction === undefined || !areSpent(remediationOf(object, lastAction), failures[lastAction]))
    throw again(releasing);
  draft.remove('Reconciling');
  return { state: 'ready' };
}

/** Nothing follows a remedy but another run, while there are retries. */
function stopAfterRemedy(releasing: Releasing): Outcome {
  const { object, draft } = releasing;
  const retryMs = activeRetry(releasing);
  if (retryMs !== undefined) return retryAfter(retryMs, releasing);
  const { lastAction, failures } = draft;
  const remediation = lastAction === undefined ? undefined : remediationOf(object, lastAction);
  const isSpent = remediation !== undefined && lastAction !== undefined && areSpent(remediation, failures[lastAction]);
  // What was uninstalled for a failed upgrade is installed again.
  if (!isSpent || (lastAction === 'upgrade' && remediation.strategy === 'uninstall')) throw again(releasing);
  throw retriesExceeded(releasing);
}

function retryAfter(ms: number, { draft, deps }: Releasing): Outcome {
  draft.set('Reconciling', 'True', 'ProgressingWithRetry', `retrying after ${formatDuration(ms)}`);
  return { state: 'ready', requeueAfterMs: deps.jitter(ms) };
}

/** The run ends, and another one begins soon. */
function again({ draft }: Releasing): Fault {
  const message = draft.condition('Ready')?.message ?? '';
  draft.set('Reconciling', 'True', 'ProgressingWithRetry', message);
  return new Fault('retry', 'ProgressingWithRetry', message, { drafted: true, event: false, backoff: true });
}

function retriesExceeded({ object, draft }: Releasing): Fault {
  const action: ReleaseAction = draft.lastAction ?? 'install';
  const attempts = `Failed to ${action} after ${draft.failures[action]} attempt(s)`;
  const message = isEnabled(object, 'explainRetries') ? explained(attempts, object, draft) : attempts;
  return new Fault('stalled', 'RetriesExceeded', message, { drafted: true, event: false });
}

/** What was tried, why it failed, and what there is to do. */
function explained(
  attempts: string,
  { metadata: { name, namespace } }: HelmRelease,
  draft: ReleaseStatusDraft,
): string {
  const tested = draft.condition('TestSuccess');
  const why = (tested?.status === 'False' ? tested : draft.condition('Released'))?.message ?? '';
  const flux = `flux reconcile helmrelease ${name} -n ${namespace}`;
  return `${attempts}. ${why.trim()}\nIt is tried again when the spec, the chart or the values change. To try again as it is: ${flux} --reset (counts anew), or ${flux} --force (once).`;
}

/** The interval of the strategy RetryOnFailure, where the last action has it. */
function activeRetry({ object, deps, draft }: Releasing): number | undefined {
  const { lastAction } = draft;
  return lastAction === undefined ? undefined : retryIntervalMs(object, lastAction, deps.retriesByDefault);
}

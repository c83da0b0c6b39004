import { changeLog } from '../../../apply/change-set.ts';
import { union } from '../../../apply/inventory.ts';
import type { DigestAlgorithm } from '../../../artifact/digest.ts';
import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { Reason } from '../../../crds/meta/reasons.ts';
import { formatDuration } from '../../../lib/duration.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import type { ActionRun } from './action-run.ts';
import { eventMetadata, snapshotMetadata } from './event-metadata.ts';
import { latestOf, withRecord, withReleases, withRollback, withTests } from './history.ts';
import { isMadeFor } from './made-for.ts';
import { messages, withLog } from './messages.ts';
import { releaseInventory } from './release-inventory.ts';
import { ReleaseStatusDraft } from './release-status.ts';
import type { ReleaseRun } from './runs.ts';
import { fullName, isSnapshotOf, type Snapshot, snapshotOf, wasTested } from './snapshot.ts';
import { releaseName, releaseNamespace, remediationOf, retryIntervalMs } from './spec.ts';
import { summarize } from './summary.ts';

/** What the status is written from. */
export interface Telling {
  readonly object: HelmRelease;
  readonly attempt: AttemptContext;
  readonly run: ReleaseRun;
  readonly algorithm: DigestAlgorithm;
  /** Feature gate DefaultToRetryOnFailure. */
  readonly retriesByDefault: boolean;
}

/** An action failed before it changed anything in the storage: there is nothing to remedy, and it is tried again. */
export interface Unchanged {
  readonly error: unknown;
}

/**
 * Puts what an action did into the status, and tells of it: history, inventory, conditions, counters, events. Gives the
 * error of an action that failed without a trace in the storage (internal/reconcile: install.go, upgrade.go, test.go,
 * rollback_remediation.go, uninstall_remediation.go, unlock.go, correct_cluster_drift.go).
 */
export async function tellAction(action: ActionRun, telling: Telling): Promise<Unchanged | undefined> {
  const { name } = action.action;
  switch (name) {
    case 'install':
    case 'upgrade':
      return tellRelease(name, action, telling);
    case 'test':
      return tellTest(action, telling);
    case 'rollback':
      return tellRollback(action.action.to, action, telling);
    case 'uninstall':
      return tellRemoval(action, telling);
    case 'unlock':
      return tellUnlock(action, telling);
    case 'correct cluster drift':
      return tellCorrection(action, telling);
  }
}

/**
 * Keeps in the history what an action has released that was broken off, and tells nobody: what comes next is what
 * counts.
 */
export function keepReleases(action: ActionRun, { attempt, run, algorithm }: Telling): void {
  const { name } = action.action;
  if (name !== 'install' && name !== 'upgrade') return;
  const draft = new ReleaseStatusDraft(attempt);
  const before = name === 'install' && action.records.length > 0 ? [] : draft.history;
  const recording = { ociDigest: run.chart.ociDigest, algorithm };
  draft.history = withReleases(before, lastOfEach(action.records), name, recording);
}

async function tellRelease(
  name: 'install' | 'upgrade',
  action: ActionRun,
  telling: Telling,
): Promise<Unchanged | undefined> {
  const { object, attempt, run, algorithm, retriesByDefault } = telling;
  const draft = new ReleaseStatusDraft(attempt);
  const { chart } = run;
  attempt.record({
    lastAttemptedReleaseAction: name,
    lastAttemptedReleaseActionDuration: formatDuration(action.endedAt - action.startedAt),
  });
  draft.remove('TestSuccess', 'Remediated');
  // An install begins a history: what was before it is nothing to roll back to.
  const before = name === 'install' ? [] : draft.history;
  draft.history = withReleases(before, lastOfEach(action.records), name, { ociDigest: chart.ociDigest, algorithm });
  await recordInventory(action, telling);
  const [succeeded, failed] = name === 'install' ? installReasons : upgradeReasons;
  const current = latestOf(draft.history);
  const error = errorOf(action);
  if (error === undefined && current !== undefined) {
    const message = messages.released(name, current);
    draft.set('Released', 'True', succeeded, message);
    if (object.spec.test?.enable === true && !wasTested(current))
      draft.set('TestSuccess', 'Unknown', 'AwaitingTests', messages.testPending(current));
    if (retryIntervalMs(object, name, retriesByDefault) !== undefined) draft.clearFailures();
    attempt.event({ reason: succeeded, message, metadata: snapshotMetadata(current) });
    summarize(object, attempt, algorithm);
    return undefined;
  }
  const release = `${releaseNamespace(object)}/${releaseName(object)}`;
  const at = `${chart.input.name}@${chart.input.version}`;
  const message = messages.releaseFailed(name, release, at, reasonOf(error));
  draft.countAny();
  draft.set('Released', 'False', failed, message);
  attempt.event({
    severity: 'error',
    reason: failed,
    message: withLog(message, action.log.text),
    metadata: eventMetadata({
      chartVersion: chart.input.version,
      configDigest: chart.configDigest,
      appVersion: chart.appVersion,
      ociDigest: chart.ociDigest,
    }),
  });
  summarize(object, attempt, algorithm);
  if (action.records.length === 0) return { error };
  draft.countFailure(name);
  return undefined;
}

const installReasons = ['InstallSucceeded', 'InstallFailed'] as const;
const upgradeReasons = ['UpgradeSucceeded', 'UpgradeFailed'] as const;

function tellTest(action: ActionRun, { object, attempt, algorithm }: Telling): Unchanged | undefined {
  const draft = new ReleaseStatusDraft(attempt);
  for (const record of action.records) draft.history = withTests(draft.history, record, algorithm);
  const current = latestOf(draft.history);
  const error = errorOf(action);
  if (current === undefined) return { error: error ?? new Error('no latest release: required for test') };
  if (error === undefined) {
    const count = Object.keys(current.testHooks ?? {}).length;
    const hooks = count === 0 ? 'no test hooks' : `${count} test hook${count === 1 ? '' : 's'} completed successfully`;
    const message = messages.tested(current, hooks);
    draft.set('TestSuccess', 'True', 'TestSucceeded', message);
    attempt.event({ reason: 'TestSucceeded', message, metadata: snapshotMetadata(current) });
    summarize(object, attempt, algorithm);
    return undefined;
  }
  const message = messages.testFailed(current, reasonOf(error));
  draft.countAny();
  draft.set('TestSuccess', 'False', 'TestFailed', message);
  attempt.event({ severity: 'error', reason: 'TestFailed', message, metadata: snapshotMetadata(current) });
  const { lastAction } = draft;
  const ran = wasTested(current);
  if (ran && lastAction !== undefined && !remediationOf(object, lastAction).ignoreTestFailures)
    draft.countFailure(lastAction);
  summarize(object, attempt, algorithm);
  return ran ? undefined : { error };
}

async function tellRollback(
  to: Snapshot | undefined,
  action: ActionRun,
  telling: Telling,
): Promise<Unchanged | undefined> {
  const { object, attempt, run, algorithm } = telling;
  const draft = new ReleaseStatusDraft(attempt);
  const before = latestOf(draft.history)?.digest;
  for (const record of action.records) draft.history = withRollback(draft.history, record, algorithm);
  await recordInventory(action, telling);
  const error = errorOf(action);
  if (to === undefined) return { error: error ?? new Error('missing target release for rollback') };
  const { chartVersion, appVersion = '', ociDigest = '' } = to;
  const metadata = eventMetadata({ chartVersion, configDigest: run.chart.configDigest, appVersion, ociDigest });
  const message = error === undefined ? messages.rolledBack(to) : messages.rollbackFailed(to, reasonOf(error));
  const [status, reason, severity] =
    error === undefined
      ? (['True', 'RollbackSucceeded', 'info'] as const)
      : (['False', 'RollbackFailed', 'error'] as const);
  if (error !== undefined) draft.countAny();
  draft.set('Remediated', status, reason, message);
  attempt.event({
    severity,
    reason,
    message: error === undefined ? message : withLog(message, action.log.text),
    metadata,
  });
  summarize(object, attempt, algorithm);
  const isUnchanged = error !== undefined && latestOf(draft.history)?.digest === before;
  return isUnchanged ? { error } : undefined;
}

/** An uninstall as remedy; Ready keeps telling of the failure that it remedies. */
function tellRemoval(action: ActionRun, { attempt, algorithm }: Telling): Unchanged | undefined {
  const draft = new ReleaseStatusDraft(attempt);
  const before = latestOf(draft.history);
  for (const record of action.records)
    draft.history = withRecord(draft.history, record, 'uninstall-remediation', algorithm);
  const current = latestOf(draft.history);
  if (current === undefined) return { error: new Error('no latest release: required to uninstall') };
  const isUnchanged = current.digest === before?.digest;
  const error = errorOf(action) ?? (isUnchanged ? new Error(NO_STORAGE_UPDATE) : undefined);
  if (error === undefined) {
    const message = messages.removed(current);
    draft.set('Remediated', 'True', 'UninstallSucceeded', message);
    attempt.event({ reason: 'UninstallSucceeded', message, metadata: snapshotMetadata(current) });
    return undefined;
  }
  const message = messages.removalFailed(current, reasonOf(error));
  draft.countAny();
  draft.set('Remediated', 'False', 'UninstallFailed', message);
  attempt.event({
    severity: 'error',
    reason: 'UninstallFailed',
    message: withLog(message, action.log.text),
    metadata: snapshotMetadata(current),
  });
  return isUnchanged ? { error } : undefined;
}

const NO_STORAGE_UPDATE = 'uninstall completed with error: release not updated in Helm storage';

function tellUnlock(action: ActionRun, { object, attempt, algorithm }: Telling): Unchanged | undefined {
  const draft = new ReleaseStatusDraft(attempt);
  const error = errorOf(action);
  for (const record of action.records) draft.history = withRecord(draft.history, record, undefined, algorithm);
  const record = action.records.at(-1);
  if (record !== undefined) {
    const known = draft.history.find((snapshot) => isSnapshotOf(snapshot, record));
    const ociDigest = known?.ociDigest ?? '';
    const current = snapshotOf(record, { ociDigest, action: undefined, algorithm });
    // A process of ours was killed at it: what is known of the release before stays known (ADR 32).
    if (known === undefined && isMadeFor(record, object)) draft.history = [current, ...draft.history];
    const was = /'([^']*)'/.exec(record.info.description)?.[1] ?? '';
    const message = messages.unlocked(current, was);
    draft.set('Released', 'False', 'PendingRelease', message);
    attempt.event({ reason: 'PendingRelease', message, metadata: snapshotMetadata(current) });
  } else if (error !== undefined) {
    const message = `Unlock of Helm release ${releaseNamespace(object)}/${releaseName(object)} failed: ${reasonOf(error)}`;
    draft.countAny();
    draft.set('Released', 'False', 'PendingRelease', message);
    attempt.event({ severity: 'error', reason: 'PendingRelease', message });
  }
  summarize(object, attempt, algorithm);
  return error === undefined ? undefined : { error };
}

interface Correction {
  readonly changes: Parameters<typeof changeLog>[0];
  readonly errors: readonly string[];
}

/** A correction never fails the release: what is left is found, and tried, again. */
function tellCorrection(action: ActionRun, { attempt }: Telling): undefined {
  const current = latestOf(new ReleaseStatusDraft(attempt).history);
  if (current === undefined) return undefined;
  const thrown = errorOf(action);
  const { changes, errors }: Correction =
    thrown === undefined
      ? (action.end as { readonly result: Correction }).result
      : { changes: [], errors: [reasonOf(thrown)] };
  const log = changeLog(changes);
  const metadata = snapshotMetadata(current);
  if (errors.length > 0) {
    const partially = log === '' ? '' : 'partially ';
    const done = log === '' ? '' : `\n\nSuccessful corrections:\n${log}`;
    const message = `Failed to ${partially}correct cluster state of release ${fullName(current)}:\n${errors.join('\n')}${done}`;
    attempt.event({ severity: 'error', reason: 'DriftCorrectionFailed', message, metadata });
  } else if (log !== '') {
    const message = `Cluster state of release ${fullName(current)} has been corrected:\n${log}`;
    attempt.event({ reason: 'DriftCorrected', message, metadata });
  }
  return undefined;
}

/** What the newest of the written revisions has in the cluster; told where it cannot be told (observeInventory). */
async function recordInventory(action: ActionRun, { object, attempt, run }: Telling): Promise<void> {
  const newest = [...action.records].sort((a, b) => b.version - a.version)[0];
  if (newest === undefined) return;
  try {
    const { entries, skipped } = await releaseInventory(newest, run.target.client, attempt.signal);
    if (skipped.length > 0)
      attempt.event({
        severity: 'error',
        reason: 'NamespaceCheckSkipped' satisfies Reason,
        message: skipped.join('; '),
      });
    attempt.record({ inventory: { entries: union(entries, action.definitions) } });
  } catch (error) {
    attempt.signal.throwIfAborted();
    const { namespace, name } = object.metadata;
    const message = `failed to build inventory for ${namespace}/${name}: ${errorMessage(error)}`;
    attempt.event({ severity: 'error', reason: 'InventoryBuildFailed' satisfies Reason, message });
  }
}

/** Each revision as it was written last. */
function lastOfEach(records: ActionRun['records']): ActionRun['records'] {
  return [...new Map(records.map((record) => [record.version, record])).values()];
}

function errorOf({ end }: ActionRun): unknown {
  return end !== undefined && 'error' in end ? end.error : undefined;
}

function reasonOf(error: unknown): string {
  return error === undefined ? 'nothing was stored' : errorMessage(error).trim();
}

import type { DigestAlgorithm } from '../../../artifact/digest.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import {
  hasFailedTest,
  isSnapshotOf,
  type Snapshot,
  type SnapshotAction,
  snapshotOf,
  testHooksOf,
} from './snapshot.ts';

/** What of the history is kept where nothing else bounds it (api/v2, defaultMaxHistory). */
const MAX_SNAPSHOTS = 5;

/** `status.history`: newest first. */
export type History = readonly Snapshot[];

/** The newest snapshot. */
export function latestOf(history: History): Snapshot | undefined {
  return sorted(history)[0];
}

/**
 * The snapshot to roll back to: the newest before the latest that was deployed; one whose tests failed only where these
 * are ignored (api/v2/snapshot_types.go, Previous).
 */
export function previousOf(history: History, ignoreTests: boolean): Snapshot | undefined {
  return sorted(history)
    .slice(1)
    .find((snapshot) => isRollbackTarget(snapshot, ignoreTests));
}

/** The history without what lies before the snapshot to roll back to; without one, the newest five (Truncate). */
export function truncated(history: History, ignoreTests: boolean): History {
  const all = sorted(history);
  const previous = all.slice(1).findIndex((snapshot) => isRollbackTarget(snapshot, ignoreTests));
  return all.slice(0, previous < 0 ? MAX_SNAPSHOTS : previous + 2);
}

/** The newest five: where nothing is ever rolled back (TruncateIgnoringPreviousSnapshots). */
export function newestFive(history: History): History {
  return sorted(history).slice(0, MAX_SNAPSHOTS);
}

/** What a snapshot is made with, beside the release. */
export interface Recording {
  /** Of the chart that is released now; '' where there is none. */
  readonly ociDigest: string;
  readonly algorithm: DigestAlgorithm;
}

/**
 * The history after an install or upgrade wrote these revisions, each as it was last written: the newest comes in front,
 * and the one before it as it was changed (internal/reconcile/release.go, recordOnObject).
 */
export function withReleases(
  history: History,
  written: readonly ReleaseRecord[],
  action: SnapshotAction,
  { ociDigest, algorithm }: Recording,
): History {
  const [newest, ...older] = [...written].sort((a, b) => b.version - a.version);
  if (newest === undefined) return history;
  const others = history.filter((snapshot) => !isSnapshotOf(snapshot, newest));
  const next = [snapshotOf(newest, { ociDigest, action, algorithm }), ...others];
  const changed = older.find((record) => next.some((snapshot) => isSnapshotOf(snapshot, record)));
  if (changed !== undefined) return withRecord(next, changed, undefined, algorithm);
  // Helm writes the release that an upgrade began with once more, also when the upgrade has failed.
  return next.map((snapshot, index) => (index === 1 && action === 'upgrade' ? withoutAction(snapshot) : snapshot));
}

function withoutAction({ action: _, ...snapshot }: Snapshot): Snapshot {
  return snapshot;
}

/** The history with the snapshot of this revision as it is now; its tests and its chart's digest stay. */
export function withRecord(
  history: History,
  record: ReleaseRecord,
  action: SnapshotAction | undefined,
  algorithm: DigestAlgorithm,
): History {
  return history.map((snapshot) => {
    if (!isSnapshotOf(snapshot, record)) return snapshot;
    const { testHooks, ociDigest = '' } = snapshot;
    const made = snapshotOf(record, { ociDigest, action, algorithm });
    return testHooks === undefined ? made : { ...made, testHooks };
  });
}

/** The history after a rollback wrote a revision: one that is new comes in front (rollback_remediation.go, observeRollback). */
export function withRollback(history: History, record: ReleaseRecord, algorithm: DigestAlgorithm): History {
  if (history.some((snapshot) => isSnapshotOf(snapshot, record)))
    return withRecord(history, record, 'rollback', algorithm);
  return [snapshotOf(record, { ociDigest: '', action: undefined, algorithm }), ...history];
}

/** The history with how the tests of its latest release went; another release's tests say nothing (test.go, observeTest). */
export function withTests(history: History, record: ReleaseRecord, algorithm: DigestAlgorithm): History {
  const latest = latestOf(history);
  if (latest === undefined || !isSnapshotOf(latest, record)) return history;
  const { ociDigest = '', action } = latest;
  const made = snapshotOf(record, { ociDigest, action: action as SnapshotAction | undefined, algorithm });
  const tested = { ...made, testHooks: testHooksOf(record) };
  return history.map((snapshot) => (snapshot === latest ? tested : snapshot));
}

function isRollbackTarget(snapshot: Snapshot, ignoreTests: boolean): boolean {
  const wasDeployed = snapshot.status === 'deployed' || snapshot.status === 'superseded';
  return wasDeployed && (ignoreTests || !hasFailedTest(snapshot));
}

function sorted(history: History): readonly Snapshot[] {
  return [...history].sort((a, b) => b.version - a.version);
}

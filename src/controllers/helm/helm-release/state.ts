import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { isRecord } from '../../../lib/json.ts';
import { hasDigest } from './digests.ts';
import { type History, latestOf } from './history.ts';
import { hasFailedTest, isRecordOf, type Snapshot, wasTested } from './snapshot.ts';

/** How the release in the storage stands to what the HelmRelease wants (internal/reconcile/state.go). */
export type ReleaseStatus =
  | 'Absent'
  | 'Unmanaged'
  | 'OutOfSync'
  | 'Locked'
  | 'Untested'
  | 'InSync'
  | 'Drifted'
  | 'Failed';

export interface ReleaseState {
  readonly status: ReleaseStatus;
  /** Why, for the log; '' where the status says it all. */
  readonly reason: string;
}

/** What the state is told from. */
export interface Observed {
  /** The newest revision in the storage. */
  readonly last: ReleaseRecord | undefined;
  readonly history: History;
  readonly chart: { readonly name: string; readonly version: string };
  readonly values: Readonly<Record<string, unknown>>;
  /** Digests of the spec that the last release was made with; undefined when this generation has been seen before. */
  readonly rendering:
    | {
        readonly postRenderers: { readonly wanted: string; readonly observed: string };
        readonly commonMetadata: { readonly wanted: string; readonly observed: string };
      }
    | undefined;
  readonly tests: {
    readonly enabled: boolean;
    /** A failed test is no failure of the release; also where nothing was released yet. */
    readonly ignoreFailures: boolean;
  };
}

/** The storage holds a release in a state that nothing follows from. */
export class UnknownStateError extends Error {}

const pending: readonly string[] = ['pending-install', 'pending-upgrade', 'pending-rollback'];

/** Whether an action of Helm is under way, or ended without saying so. */
export function isPending({ info }: ReleaseRecord): boolean {
  return pending.includes(info.status);
}

/**
 * How the release stands, but for the objects in the cluster: `InSync` may still turn out to be `Drifted`. Pure. Throws
 * {@link UnknownStateError}.
 */
export function determineState(observed: Observed): ReleaseState {
  const { last, history } = observed;
  if (last === undefined) return { status: 'Absent', reason: 'no release in storage for object' };
  if (isPending(last)) return { status: 'Locked', reason: `release with status '${last.info.status}'` };
  const current = latestOf(history);
  const uninstalled: ReleaseState = { status: 'Absent', reason: 'found uninstalled release in storage' };
  if (current === undefined) {
    if (last.info.status === 'uninstalled') return uninstalled;
    return { status: 'Unmanaged', reason: 'found existing release in storage' };
  }
  if (!isRecordOf(last, current)) {
    return { status: 'Unmanaged', reason: 'release not observed to be made for object' };
  }
  switch (last.info.status) {
    case 'failed':
      return { status: 'Failed', reason: '' };
    case 'uninstalled':
      return uninstalled;
    case 'deployed':
      return deployedState(observed, last, current);
    default:
      throw new UnknownStateError(`unable to determine state for release with status '${last.info.status}'`);
  }
}

function deployedState({ chart, values, rendering, tests }: Observed, last: ReleaseRecord, current: Snapshot) {
  const metadata = isRecord(last.chart['metadata']) ? last.chart['metadata'] : {};
  if (metadata['name'] !== chart.name || metadata['version'] !== chart.version)
    return outOfSync('release chart changed');
  if (!hasDigest(current.configDigest, values)) return outOfSync('release config values changed');
  if (rendering !== undefined) {
    const { postRenderers, commonMetadata } = rendering;
    if (postRenderers.wanted !== postRenderers.observed) return outOfSync('postrenderers digest has changed');
    if (commonMetadata.wanted !== commonMetadata.observed) return outOfSync('common metadata digest has changed');
  }
  if (tests.enabled) {
    if (!wasTested(current)) return { status: 'Untested', reason: '' } as const;
    if (!tests.ignoreFailures && hasFailedTest(current))
      return { status: 'Failed', reason: 'release has test in failed phase' } as const;
  }
  return { status: 'InSync', reason: '' } as const;
}

function outOfSync(reason: string): ReleaseState {
  return { status: 'OutOfSync', reason };
}

import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { Reason } from '../../../crds/meta/reasons.ts';
import { formatDuration } from '../../../lib/duration.ts';

type Snapshot = NonNullable<NonNullable<Kustomization['status']>['history']>[number];

/** How many runs are kept (fluxcd/pkg apis/meta/history.go). */
const MAX_SNAPSHOTS = 5;

export interface Run {
  /** Digest of the built manifests, `sha256:<hex>`. */
  readonly digest: string;
  /** The Ready reason that the run ended with. */
  readonly reason: Reason;
  /** End of the run, milliseconds since the epoch. */
  readonly at: number;
  readonly tookMs: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** RFC 3339 in whole seconds, as `metav1.Time` is written. */
function timestamp(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/**
 * The history with the run added: a run with the digest and status of an earlier one counts up that one and moves it to
 * the front; the newest come first, five are kept (fluxcd/pkg apis/meta/history.go, Upsert).
 */
export function withRun(history: readonly Snapshot[] | undefined, run: Run): readonly Snapshot[] {
  const same = (snapshot: Snapshot): boolean =>
    snapshot.digest === run.digest && snapshot.lastReconciledStatus === run.reason;
  const earlier = history?.find(same);
  const entry: Snapshot = {
    digest: run.digest,
    firstReconciled: earlier?.firstReconciled ?? timestamp(run.at),
    lastReconciled: timestamp(run.at),
    lastReconciledDuration: formatDuration(run.tookMs),
    lastReconciledStatus: run.reason,
    metadata: run.metadata,
    totalReconciliations: (earlier?.totalReconciliations ?? 0) + 1,
  };
  return [entry, ...(history ?? []).filter((snapshot) => !same(snapshot))].slice(0, MAX_SNAPSHOTS);
}

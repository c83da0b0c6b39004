import type { DecryptionOptions } from '../../../appliers/decryption/decryption-keys.ts';
import type { DependencyWatches } from '../../../appliers/dependency-watches.ts';
import type { Ledger } from '../../../apply/ledger/ledger.ts';
import type { StatusWaiter } from '../../../apply/waiter.ts';
import type { ArtifactCache } from '../../../artifact/cache.ts';
import type { RemoteSource } from '../../../engines/kustomize/remote/remote-source.ts';
import type { Client } from '../../../kube/client.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import type { TargetClusters } from '../../../kube/target/target-clusters.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { BuildThread } from '../build-thread/build-thread.ts';
import type { BuildMemo } from './build-memo.ts';
import type { HealthWaits } from './health-waits.ts';
import type { DependencyOptions } from './kustomization-dependencies.ts';
import type { Orphans } from './orphan.ts';
import type { PruneGuard } from './prune-guard.ts';
import type { SourceOptions } from './source.ts';
import type { Terminations } from './terminations.ts';
import type { Triage } from './triage.ts';

/** What the steps of a Kustomization's reconcile share. */
export interface KustomizationDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly artifacts: ArtifactCache;
  readonly builds: BuildMemo;
  readonly thread: BuildThread;
  readonly triage: Triage;
  /** Remote files and repositories of kustomizations; undefined with `--no-remote-bases`. */
  readonly remotes: RemoteSource | undefined;
  readonly sources: SourceOptions;
  readonly decryption: DecryptionOptions;
  readonly dependencies: DependencyOptions;
  /** What was applied, and whether it is still as it was left. */
  readonly ledger: Ledger;
  readonly waits: HealthWaits;
  readonly waiter: StatusWaiter;
  readonly terminations: Terminations;
  readonly dependencyWatches: DependencyWatches;
  /** Has the object looked at again, now. */
  wake(key: ObjectKey): void;
  readonly targets: TargetClusters;
  /** `--concurrent-ssa`. */
  readonly concurrentSsa: number;
  /** `--override-manager`. */
  readonly overrideManagers: readonly string[];
  /** `--custom-apply-stage-kinds`, as `group/Kind`. */
  readonly customStageKinds: readonly string[];
  readonly orphans: Orphans;
  /** `--orphan-after` in milliseconds; undefined for never. */
  readonly orphanAfterMs: number | undefined;
  /** `--prune-guard`; undefined for none. */
  readonly pruneGuard: PruneGuard | undefined;
  /** Feature gate GroupChangeLog. */
  readonly groupChangeLog: boolean;
  /** Feature gate MigrateAPIVersion. */
  readonly migrateApiVersion: boolean;
  /** Feature gate StrictPostBuildSubstitutions. */
  readonly strictSubstitutions: boolean;
  /** Not the feature gate DisableFailFastBehavior. */
  readonly failFast: boolean;
  /** Feature gate CancelHealthCheckOnNewRevision: tells when a wait was ended by news. */
  readonly tellCanceledWaits: boolean;
}

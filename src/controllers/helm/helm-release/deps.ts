import type { KeyServices } from '../../../appliers/decryption/key-services.ts';
import type { DependencyWatches } from '../../../appliers/dependency-watches.ts';
import type { Ledger } from '../../../apply/ledger/ledger.ts';
import type { StatusWaiter } from '../../../apply/waiter.ts';
import type { DigestAlgorithm } from '../../../artifact/digest.ts';
import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { Client } from '../../../kube/client.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import type { TargetClusters } from '../../../kube/target/target-clusters.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Charts } from '../charts.ts';
import type { ReleaseCache } from '../storage/release-cache.ts';
import type { DependencyOptions } from './dependencies.ts';
import type { ReleaseRuns } from './runs.ts';
import type { SourceOptions } from './source.ts';
import type { Uninstalls } from './uninstalls.ts';

/** What the steps of a HelmRelease's reconcile share. */
export interface HelmReleaseDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly charts: Charts;
  /** Vault and the key services of clouds, for encrypted values. */
  readonly keyServices: KeyServices;
  readonly sources: SourceOptions;
  readonly dependencies: DependencyOptions;
  readonly dependencyWatches: DependencyWatches;
  readonly targets: TargetClusters;
  readonly storages: ReleaseCache;
  /** What releases have applied, and whether it is still as it was left. */
  readonly ledger: Ledger;
  readonly waiter: StatusWaiter;
  readonly runs: ReleaseRuns;
  /** All HelmReleases that this controller sees. */
  others(): readonly HelmRelease[];
  readonly uninstalls: Uninstalls;
  /** Has the object looked at again, now. */
  wake(key: ObjectKey): void;
  jitter(ms: number): number;
  /** `--requeue-dependency`. */
  readonly requeueDependencyMs: number;
  /** `--snapshot-digest-algo`. */
  readonly algorithm: DigestAlgorithm;
  /** `--override-manager`. */
  readonly overrideManagers: readonly string[];
  /** Feature gate DefaultToRetryOnFailure. */
  readonly retriesByDefault: boolean;
  /** Feature gate UseHelm3Defaults. */
  readonly useHelm3Defaults: boolean;
  /** Not the feature gate DisableChartDigestTracking. */
  readonly tracksDigests: boolean;
  /** Feature gate CancelHealthCheckOnNewRevision. */
  readonly cancelsWaits: boolean;
}

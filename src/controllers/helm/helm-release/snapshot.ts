import type { DigestAlgorithm } from '../../../artifact/digest.ts';
import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { isRecord } from '../../../lib/json.ts';
import { timestamp } from '../../../runtime/conditions.ts';
import { algorithmOf, digestOf, valuesDigest } from './digests.ts';
import { observationJson } from './observation.ts';

/** A release as the status remembers it. */
export type Snapshot = NonNullable<NonNullable<HelmRelease['status']>['history']>[number];

/** How the snapshot came about; some of Helm's actions leave none. */
export type SnapshotAction = 'install' | 'upgrade' | 'rollback' | 'uninstall' | 'uninstall-remediation';

/** The format of snapshots: the way in which their digest is made (helm-controller api/v2, CurrentSnapshotAPIVersion). */
const SNAPSHOT_VERSION = 'v2';

export interface SnapshotOptions {
  /** That of the chart's artifact; '' where there is none. */
  readonly ociDigest: string;
  readonly action: SnapshotAction | undefined;
  /** `--snapshot-digest-algo`. */
  readonly algorithm: DigestAlgorithm;
}

/** The snapshot of a release as it was just written to the storage (internal/release/observation.go, ObservedToSnapshot). */
export function snapshotOf(record: ReleaseRecord, { ociDigest, action, algorithm }: SnapshotOptions): Snapshot {
  const { name, namespace, version, info, chart, config } = record;
  const metadata = isRecord(chart['metadata']) ? chart['metadata'] : {};
  const appVersion = textOf(metadata['appVersion']);
  return {
    ...(action === undefined ? {} : { action }),
    apiVersion: SNAPSHOT_VERSION,
    ...(appVersion === '' ? {} : { appVersion }),
    chartName: textOf(metadata['name']),
    chartVersion: textOf(metadata['version']),
    configDigest: valuesDigest(config, algorithm),
    ...(info.deleted === undefined ? {} : { deleted: wholeSeconds(info.deleted) }),
    digest: digestOf(observationJson(record, ociDigest), algorithm),
    firstDeployed: wholeSeconds(info.firstDeployed),
    lastDeployed: wholeSeconds(info.lastDeployed),
    name,
    namespace,
    ...(ociDigest === '' ? {} : { ociDigest }),
    status: info.status,
    version,
  };
}

/**
 * Whether the release in the storage is the one that the snapshot was taken of, unchanged (internal/action/verify.go,
 * VerifyReleaseObject). Snapshots of older controllers are believed: their digests were made otherwise.
 */
export function isRecordOf(record: ReleaseRecord, snapshot: Snapshot): boolean {
  if (snapshot.apiVersion !== SNAPSHOT_VERSION) return true;
  const algorithm = algorithmOf(snapshot.digest);
  if (algorithm === undefined) return false;
  return digestOf(observationJson(record, snapshot.ociDigest ?? ''), algorithm) === snapshot.digest;
}

/** Whether the snapshot is of this revision of this release. */
export function isSnapshotOf(
  snapshot: Snapshot,
  { name, namespace, version }: Pick<ReleaseRecord, 'name' | 'namespace' | 'version'>,
): boolean {
  return snapshot.name === name && snapshot.namespace === namespace && snapshot.version === version;
}

/** `namespace/name.v3`, as messages name a release. */
export function fullName({ namespace, name, version }: Pick<Snapshot, 'namespace' | 'name' | 'version'>): string {
  return `${namespace}/${name}.v${version}`;
}

/** `chart@1.2.3`, as messages name its chart. */
export function chartAt({ chartName, chartVersion }: Pick<Snapshot, 'chartName' | 'chartVersion'>): string {
  return `${chartName}@${chartVersion}`;
}

/** Whether its tests were run; a chart without tests has been tested too, with nothing to show. */
export function wasTested(snapshot: Snapshot | undefined): boolean {
  return snapshot?.testHooks !== undefined;
}

/** Whether one of its tests has failed. */
export function hasFailedTest(snapshot: Snapshot): boolean {
  return Object.values(snapshot.testHooks ?? {}).some(({ phase }) => phase === 'Failed');
}

type TestHooks = NonNullable<Snapshot['testHooks']>;

/** How the tests of a release went (TestHooksFromRelease); those that never ran are in it, without times. */
export function testHooksOf({ hooks }: ReleaseRecord): TestHooks {
  const tests = hooks.filter(({ events }) => events.includes('test'));
  return Object.fromEntries(
    tests.map(({ name, lastRun: { startedAt, completedAt, phase } }) => [
      name,
      {
        ...(completedAt === undefined ? {} : { lastCompleted: wholeSeconds(completedAt) }),
        ...(startedAt === undefined ? {} : { lastStarted: wholeSeconds(startedAt) }),
        ...(phase === '' ? {} : { phase }),
      },
    ]),
  );
}

/** The time as Kubernetes writes it; the beginning of time stands for one that nobody knows. */
function wholeSeconds(text: string | undefined): string {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return timestamp(Number.isNaN(at) ? 0 : Math.floor(at / 1000) * 1000);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

import { join } from 'node:path';
import { type CloudSurroundings, createCloud } from '../../appliers/cloud.ts';
import { KeyServices } from '../../appliers/decryption/key-services.ts';
import { DependencyWatches } from '../../appliers/dependency-watches.ts';
import { StatusWaiter } from '../../apply/waiter.ts';
import { FileCache } from '../../artifact/file-cache.ts';
import type { CloudAuth } from '../../auth/cloud-auth.ts';
import { type HelmRelease, helmReleaseKind } from '../../crds/helm/helm-release.ts';
import { HELM_GROUP } from '../../crds/meta/names.ts';
import { externalArtifactKind } from '../../crds/source/external-artifact.ts';
import { helmChartKind } from '../../crds/source/helm-chart.ts';
import { ociRepositoryKind } from '../../crds/source/oci-repository.ts';
import type { Client } from '../../kube/client.ts';
import { configMapType } from '../../kube/config-map.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { KubeObject, ObjectKey, PartialObject, ResourceType } from '../../kube/object.ts';
import { secretType } from '../../kube/secret.ts';
import { configMapConnector } from '../../kube/target/config-map-connector.ts';
import { TargetClusters } from '../../kube/target/target-clusters.ts';
import { withDeadline } from '../../lib/async.ts';
import type { EnvironmentProxy } from '../../net/http-agents.ts';
import type { ControllerParts, Environment } from '../../runtime/composition.ts';
import { aborted, Controller } from '../../runtime/controller.ts';
import { Informer } from '../../runtime/informer.ts';
import { jitter } from '../../runtime/jitter.ts';
import type { Runnable } from '../../runtime/manager.ts';
import { ReconcileLoop } from '../../runtime/reconcile-loop.ts';
import { keyText } from '../../runtime/work-queue.ts';
import { helmLedger } from './actions/helm-ledger.ts';
import { Charts } from './charts.ts';
import type { HelmFlags, HelmGates } from './flags.ts';
import { ClusterCapabilities } from './helm-release/capabilities.ts';
import type { HelmReleaseDeps } from './helm-release/deps.ts';
import { finalizeHelmRelease } from './helm-release/finalize.ts';
import { helmReleasePolicy } from './helm-release/policy.ts';
import { reconcileHelmRelease } from './helm-release/reconcile.ts';
import { ReleaseRuns } from './helm-release/runs.ts';
import type { SourceObject } from './helm-release/source.ts';
import { driftMode, intervalMs, type SourceKind } from './helm-release/spec.ts';
import { Uninstalls } from './helm-release/uninstalls.ts';
import { type Caches, trimSource, wakeOnChanges } from './helm-release/watch.ts';
import { hostAddresses } from './host-addresses.ts';
import { RenderThread } from './render-thread/render-thread.ts';
import { ReleaseCache } from './storage/release-cache.ts';

/** Charts that are kept on disk while nobody renders them. */
const CACHE_BYTES = 128 << 20;
/** Helm's own bound for a packed chart is that of what it unpacks to. */
const MAX_CHART_BYTES = 100 << 20;
const readMs = 30_000;

const sourceTypes: Readonly<Record<SourceKind, ResourceType>> = {
  HelmChart: helmChartKind,
  OCIRepository: ociRepositoryKind,
  ExternalArtifact: externalArtifactKind,
};

/**
 * The helm-controller: its caches, and the controller of HelmReleases.
 *
 * @param proxies Those of the environment, for clouds.
 * @param variables The environment variables that tell of the machine's identity in a cloud.
 */
export function createHelmControllers(
  environment: Environment,
  flags: HelmFlags,
  gates: HelmGates,
  proxies?: EnvironmentProxy,
  variables: CloudSurroundings['variables'] = {},
): ControllerParts {
  const { log, metrics, clock, client, events } = environment;
  const common = environment.flags;
  const caches = createCaches(environment, gates);
  // What was begun goes before what is new.
  const wake = (key: ObjectKey): void => controller.queue.add(key, 1);
  const cloud = createCloud(
    environment,
    {
      kind: 'HelmRelease',
      operations: ['reconcile', 'decrypt_with_azure', 'decrypt_with_gcp'],
      objectLevel: gates.ObjectLevelWorkloadIdentity,
      defaultAccounts: [flags.defaultKubeconfigServiceAccount],
    },
    { proxies, variables },
  );
  const thread = new RenderThread();
  const files = new FileCache({
    dir: join(environment.tempDir, 'charts'),
    maxBytes: CACHE_BYTES,
    maxFileBytes: MAX_CHART_BYTES,
    httpRetry: flags.httpRetry,
    timeoutMs: flags.httpTimeoutMs,
  });
  const charts = new Charts({
    files,
    thread,
    capabilities: new ClusterCapabilities(clock),
    addresses: gates.AllowDNSLookups ? hostAddresses : undefined,
  });
  const deps = createDeps(environment, flags, gates, { caches, charts, wake, cloud: cloud.auth });
  const loop = new ReconcileLoop<HelmRelease & KubeObject>(
    {
      type: helmReleaseKind,
      policy: helmReleasePolicy,
      pipeline: (object, attempt) => reconcileHelmRelease(object, attempt, deps),
      finalize: (object, attempt) => finalizeHelmRelease(object, attempt, deps),
      suspended: ({ metadata, spec }) => spec.suspend === true && deps.runs.get(metadata) === undefined,
      forget: (key) => {
        deps.runs.end(key);
        deps.uninstalls.end(key);
        deps.ledger.forget(keyText(key));
        deps.dependencyWatches.end(key);
        cloud.forget(key);
      },
    },
    {
      client,
      cache: caches.releases,
      events,
      metrics,
      clock,
      dependencyIntervalMs: common.requeueDependencyMs,
      jitter: deps.jitter,
    },
  );
  const controller: Controller = new Controller({
    name: 'helmrelease',
    group: HELM_GROUP,
    kind: 'HelmRelease',
    concurrency: common.concurrent,
    minRetryDelayMs: common.minRetryDelayMs,
    maxRetryDelayMs: common.maxRetryDelayMs,
    reconcile: loop.reconcile,
    metrics,
    log,
    clock,
  });
  wakeOnChanges(caches, controller.queue);
  metrics.addResourceInfo(caches.releases);
  const discovery: Runnable = {
    start: (signal) => {
      client.discovery.watchInvalidation(signal, (error) => log.debug({ error }, 'Watch on definitions interrupted'));
      return aborted(signal);
    },
  };
  // The workers end first: one that is still at it could begin another action.
  const workers: Runnable = {
    start: (signal) =>
      controller.start(signal).finally(async () => {
        loop.close();
        const reason = new DOMException('The controller is stopping', 'AbortError');
        await Promise.all([deps.runs.close(reason), deps.uninstalls.close(reason)]);
        deps.dependencyWatches.close();
        deps.ledger.close();
        deps.storages.close();
        await Promise.all([thread.close(), files.close(), deps.targets.close(), cloud.close()]);
      }),
  };
  const all = [caches.releases, ...Object.values(caches.sources), ...Object.values(caches.configs)];
  return { caches: all, runnables: [discovery, workers] };
}

function createCaches({ client, log, flags, namespace }: Environment, gates: HelmGates): Caches {
  const scope = flags.watchAllNamespaces || namespace === undefined ? {} : { namespace };
  const source = (type: ResourceType) => new Informer<SourceObject>({ client, log, type, trim: trimSource, ...scope });
  const config = (type: ResourceType) =>
    new Informer<PartialObject>({
      client,
      log,
      type,
      labelSelector: flags.watchConfigsLabelSelector,
      metadataOnly: true,
      ...scope,
    });
  return {
    releases: new Informer<HelmRelease & KubeObject>({
      client,
      log,
      type: helmReleaseKind,
      labelSelector: flags.watchLabelSelector,
      ...scope,
    }),
    sources: {
      HelmChart: source(helmChartKind),
      OCIRepository: source(ociRepositoryKind),
      ...(gates.ExternalArtifact ? { ExternalArtifact: source(externalArtifactKind) } : {}),
    },
    configs: gates.DisableConfigWatchers ? {} : { ConfigMap: config(configMapType), Secret: config(secretType) },
  };
}

interface DepsParts {
  readonly caches: Caches;
  readonly charts: Charts;
  readonly cloud: CloudAuth;
  wake(key: ObjectKey): void;
}

function createDeps(
  { client, connect, clock, flags: common }: Environment,
  flags: HelmFlags,
  gates: HelmGates,
  { caches, charts, cloud, wake }: DepsParts,
): HelmReleaseDeps {
  const { releases, sources } = caches;
  const { requeueDependencyMs } = common;
  return {
    client,
    clock,
    charts,
    wake,
    keyServices: new KeyServices({
      client,
      cloud,
      kind: 'HelmRelease',
      usesIdentities: false,
      defaultServiceAccount: '',
      vaultConfigMap: undefined,
    }),
    jitter: (ms) => jitter(ms, common.intervalJitterPercentage),
    requeueDependencyMs,
    sources: {
      lookup: gates.DirectSourceFetch
        ? (kind, key, signal) => readSource(client, kind, key, signal)
        : (kind, key) => sources[kind]?.get(key),
      noCrossNamespaceRefs: flags.noCrossNamespaceRefs,
      allowExternalArtifact: gates.ExternalArtifact,
    },
    dependencies: {
      lookup: (key) => releases.get(key),
      seesAll: common.watchAllNamespaces && common.watchLabelSelector === '',
      noCrossNamespaceRefs: flags.noCrossNamespaceRefs,
      additiveCel: gates.AdditiveCELDependencyCheck,
    },
    dependencyWatches: new DependencyWatches(),
    targets: new TargetClusters({
      own: client,
      connect,
      defaultServiceAccount: flags.defaultServiceAccount,
      trust: { allowExec: flags.insecureKubeconfigExec, allowInsecureTls: flags.insecureKubeconfigTls },
      connectByConfigMap: configMapConnector({
        own: client,
        cloud,
        defaultServiceAccount: flags.defaultKubeconfigServiceAccount,
      }),
    }),
    storages: new ReleaseCache({ clock }),
    ledger: helmLedger({
      clock,
      find: (key) => driftOwner(releases.get(key)),
      wake,
    }),
    waiter: new StatusWaiter({ clock }),
    runs: new ReleaseRuns(),
    others: () => releases.list(),
    uninstalls: new Uninstalls(),
    algorithm: flags.snapshotDigestAlgo,
    overrideManagers: flags.overrideManagers,
    retriesByDefault: gates.DefaultToRetryOnFailure,
    useHelm3Defaults: gates.UseHelm3Defaults,
    tracksDigests: !gates.DisableChartDigestTracking,
    cancelsWaits: gates.CancelHealthCheckOnNewRevision,
  };
}

/** What the ledger asks of a release; one that does not look for drift is not woken by it. */
function driftOwner(object: HelmRelease | undefined) {
  const suspended = object === undefined || object.spec.suspend === true || driftMode(object) === 'disabled';
  return { suspended, maxPauseMs: object === undefined ? 0 : intervalMs(object) };
}

/** A source as the API server has it now, past every cache (feature gate DirectSourceFetch). */
async function readSource(
  client: Client,
  kind: SourceKind,
  key: Required<ObjectKey>,
  signal: AbortSignal,
): Promise<SourceObject | undefined> {
  try {
    return await client.get<SourceObject>(sourceTypes[kind], key, { signal: withDeadline(signal, readMs) });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

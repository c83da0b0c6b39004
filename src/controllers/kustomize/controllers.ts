import { join } from 'node:path';
import { type CloudSurroundings, createCloud } from '../../appliers/cloud.ts';
import { KeyServices } from '../../appliers/decryption/key-services.ts';
import { DependencyWatches } from '../../appliers/dependency-watches.ts';
import { StatusWaiter } from '../../apply/waiter.ts';
import { ArtifactCache } from '../../artifact/cache.ts';
import type { CloudAuth } from '../../auth/cloud-auth.ts';
import { type Kustomization, kustomizationKind } from '../../crds/kustomize/kustomization.ts';
import { KUSTOMIZE_GROUP } from '../../crds/meta/names.ts';
import { bucketKind } from '../../crds/source/bucket.ts';
import { externalArtifactKind } from '../../crds/source/external-artifact.ts';
import { gitRepositoryKind } from '../../crds/source/git-repository.ts';
import { ociRepositoryKind } from '../../crds/source/oci-repository.ts';
import { configMapType } from '../../kube/config-map.ts';
import type { KubeObject, ObjectKey, PartialObject, ResourceType } from '../../kube/object.ts';
import { secretType } from '../../kube/secret.ts';
import { configMapConnector } from '../../kube/target/config-map-connector.ts';
import { TargetClusters } from '../../kube/target/target-clusters.ts';
import type { EnvironmentProxy } from '../../net/http-agents.ts';
import { RemoteBases } from '../../remote-bases/remote-bases.ts';
import type { ControllerParts, Environment } from '../../runtime/composition.ts';
import { aborted, Controller } from '../../runtime/controller.ts';
import { Informer } from '../../runtime/informer.ts';
import { jitter } from '../../runtime/jitter.ts';
import type { Runnable } from '../../runtime/manager.ts';
import { kustomizationPolicy } from '../../runtime/policies.ts';
import { ReconcileLoop } from '../../runtime/reconcile-loop.ts';
import { keyText } from '../../runtime/work-queue.ts';
import { BuildThread } from './build-thread/build-thread.ts';
import type { KustomizeFlags, KustomizeGates } from './flags.ts';
import { waitUnderSuspension } from './kustomization/await-health.ts';
import { BuildMemo } from './kustomization/build-memo.ts';
import type { KustomizationDeps } from './kustomization/deps.ts';
import { kustomizationLedger } from './kustomization/drift.ts';
import { finalizeKustomization } from './kustomization/finalize.ts';
import { HealthWaits } from './kustomization/health-waits.ts';
import { Orphans } from './kustomization/orphan.ts';
import { readSource } from './kustomization/read-source.ts';
import { reconcileKustomization } from './kustomization/reconcile.ts';
import type { SourceKind } from './kustomization/source.ts';
import { Terminations } from './kustomization/terminations.ts';
import { Triage } from './kustomization/triage.ts';
import { type Caches, type SourceObject, trimSource, usersOf, wakeOnChanges } from './kustomization/watch.ts';

/** Unpacked artifacts that are kept while nobody uses them. */
const CACHE_BYTES = 256 << 20;

/** For what tokens are got, as metrics name it (kustomize-controller api/v1, AllMetrics). */
const tokenOperations = [
  'fetch_kubeconfig',
  'decrypt_with_aws',
  'decrypt_with_azure',
  'decrypt_with_gcp',
  'decrypt_with_vault',
] as const;

/**
 * The kustomize-controller: its caches, and the controller of Kustomizations.
 *
 * @param proxies Those of the environment, for remote bases and clouds.
 * @param variables The environment variables that tell of the machine's identity in a cloud.
 */
export function createKustomizeControllers(
  environment: Environment,
  flags: KustomizeFlags,
  gates: KustomizeGates,
  proxies?: EnvironmentProxy,
  variables: CloudSurroundings['variables'] = {},
): ControllerParts {
  const { log, metrics, clock, client, events } = environment;
  const common = environment.flags;
  const caches = createCaches(environment, gates);
  // What ends a wait is cheap, and frees those that depend on it: it goes before new work.
  const wake = (key: ObjectKey): void => controller.queue.add(key, 1);
  const remotes = flags.noRemoteBases ? undefined : new RemoteBases(proxies);
  const builds = new BuildMemo();
  const triage = new Triage({
    builds,
    usersOf: ({ kind, namespace, name }) => usersOf(caches.kustomizations, kind, { namespace, name }),
    lookup: (key) => caches.kustomizations.get(key),
    hasten: (key) => controller.queue.hasten(key, 1),
  });
  const cloud = createCloud(
    environment,
    {
      kind: 'Kustomization',
      operations: tokenOperations,
      objectLevel: gates.ObjectLevelWorkloadIdentity,
      defaultAccounts: [flags.defaultDecryptionServiceAccount, flags.defaultKubeconfigServiceAccount],
    },
    { proxies, variables },
  );
  const thread = new BuildThread();
  const deps = { ...createDeps(environment, flags, gates, caches, wake, cloud.auth), builds, thread, triage, remotes };
  const loop = new ReconcileLoop<Kustomization & KubeObject>(
    {
      type: kustomizationKind,
      policy: kustomizationPolicy,
      pipeline: (object, attempt) => reconcileKustomization(object, attempt, deps),
      finalize: (object, attempt) => finalizeKustomization(object, attempt, deps),
      suspended: (object) => object.spec.suspend === true && waitUnderSuspension(object, deps) === undefined,
      forget: (key) => {
        deps.builds.forget(key);
        deps.ledger.forget(keyText(key));
        deps.waits.end(key);
        deps.terminations.end(key);
        deps.dependencyWatches.end(key);
        deps.orphans.end(key);
        cloud.forget(key);
      },
    },
    {
      client,
      cache: caches.kustomizations,
      events,
      metrics,
      clock,
      dependencyIntervalMs: common.requeueDependencyMs,
      jitter: (ms) => jitter(ms, common.intervalJitterPercentage),
    },
  );
  const controller: Controller = new Controller({
    name: 'kustomization',
    group: KUSTOMIZE_GROUP,
    kind: 'Kustomization',
    concurrency: common.concurrent,
    minRetryDelayMs: common.minRetryDelayMs,
    maxRetryDelayMs: common.maxRetryDelayMs,
    reconcile: loop.reconcile,
    metrics,
    log,
    clock,
  });
  wakeOnChanges(caches, controller.queue, (key) => deps.waits.end(key));
  metrics.addResourceInfo(caches.kustomizations);
  const discovery: Runnable = {
    start: (signal) => {
      client.discovery.watchInvalidation(signal, (error) => log.debug({ error }, 'Watch on definitions interrupted'));
      return aborted(signal);
    },
  };
  // The workers end first: one that is still at it could begin another wait, whose watches would keep the process alive.
  const workers: Runnable = {
    start: (signal) =>
      controller.start(signal).finally(() => {
        loop.close();
        void deps.thread.close();
        deps.ledger.close();
        deps.waits.close();
        deps.terminations.close();
        deps.dependencyWatches.close();
        deps.orphans.close();
        return Promise.all([deps.targets.close(), remotes?.close(), cloud.close()]);
      }),
  };
  const all = [caches.kustomizations, ...Object.values(caches.sources), ...Object.values(caches.configs)];
  return { caches: all, runnables: [discovery, workers] };
}

function createCaches({ client, log, flags, namespace }: Environment, gates: KustomizeGates): Caches {
  const scope = flags.watchAllNamespaces || namespace === undefined ? {} : { namespace };
  const source = (
    type: typeof gitRepositoryKind | typeof ociRepositoryKind | typeof bucketKind | typeof externalArtifactKind,
  ) => new Informer<SourceObject>({ client, log, type, trim: trimSource, ...scope });
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
    kustomizations: new Informer<Kustomization & KubeObject>({
      client,
      log,
      type: kustomizationKind,
      labelSelector: flags.watchLabelSelector,
      ...scope,
    }),
    sources: {
      GitRepository: source(gitRepositoryKind),
      OCIRepository: source(ociRepositoryKind),
      Bucket: source(bucketKind),
      ...(gates.ExternalArtifact ? { ExternalArtifact: source(externalArtifactKind) } : {}),
    },
    configs: gates.DisableConfigWatchers ? {} : { ConfigMap: config(configMapType), Secret: config(secretType) },
  };
}

function createDeps(
  { client, connect, clock, flags: common, namespace, tempDir }: Environment,
  flags: KustomizeFlags,
  gates: KustomizeGates,
  { kustomizations, sources }: Caches,
  wake: (key: ObjectKey) => void,
  cloud: CloudAuth,
): Omit<KustomizationDeps, 'builds' | 'thread' | 'triage' | 'remotes'> {
  const requeueDependencyMs = common.requeueDependencyMs;
  return {
    client,
    clock,
    wake,
    artifacts: new ArtifactCache({
      dir: join(tempDir, 'artifacts'),
      maxBytes: CACHE_BYTES,
      httpRetry: flags.httpRetry,
    }),
    sources: {
      lookup: gates.DirectSourceFetch
        ? async (kind, key, signal) => sourceOf(kind, key, await readSource(client, kind, key, signal))
        : (kind, key) => sourceOf(kind, key, sources[kind]?.get(key)),
      noCrossNamespaceRefs: flags.noCrossNamespaceRefs,
      allowExternalArtifact: gates.ExternalArtifact,
      requeueDependencyMs,
    },
    decryption: {
      ageSecret:
        flags.sopsAgeSecret === '' || namespace === undefined ? undefined : { namespace, name: flags.sopsAgeSecret },
      objectLevelIdentity: gates.ObjectLevelWorkloadIdentity,
      services: new KeyServices({
        client,
        cloud,
        kind: 'Kustomization',
        usesIdentities: true,
        defaultServiceAccount: flags.defaultDecryptionServiceAccount,
        vaultConfigMap:
          flags.sopsVaultConfigMap === '' || namespace === undefined
            ? undefined
            : { namespace, name: flags.sopsVaultConfigMap },
      }),
    },
    dependencies: {
      lookup: (key) => kustomizations.get(key),
      seesAll: common.watchAllNamespaces && common.watchLabelSelector === '',
      noCrossNamespaceRefs: flags.noCrossNamespaceRefs,
      additiveCel: gates.AdditiveCELDependencyCheck,
      requeueDependencyMs,
    },
    ledger: kustomizationLedger({
      cache: kustomizations,
      clock,
      wake,
      overrideManagers: flags.overrideManagers,
      migrateApiVersion: gates.MigrateAPIVersion,
    }),
    waits: new HealthWaits(),
    waiter: new StatusWaiter({ clock }),
    terminations: new Terminations(),
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
    concurrentSsa: flags.concurrentSsa,
    overrideManagers: flags.overrideManagers,
    customStageKinds: flags.customApplyStageKinds,
    orphans: new Orphans({ clock, wake }),
    orphanAfterMs: flags.orphanAfterMs === 0 ? undefined : flags.orphanAfterMs,
    pruneGuard: flags.pruneGuard,
    groupChangeLog: gates.GroupChangeLog,
    migrateApiVersion: gates.MigrateAPIVersion,
    strictSubstitutions: gates.StrictPostBuildSubstitutions,
    failFast: !gates.DisableFailFastBehavior,
    tellCanceledWaits: gates.CancelHealthCheckOnNewRevision,
  };
}

function sourceOf(kind: SourceKind, key: Required<ObjectKey>, object: SourceObject | undefined) {
  if (object === undefined) return undefined;
  const artifact = object.status?.artifact;
  return { kind, ...key, ...(artifact === undefined ? {} : { artifact }) };
}

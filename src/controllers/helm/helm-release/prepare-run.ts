import type { HealthRules } from '../../../appliers/health-rules.ts';
import { ArtifactError } from '../../../artifact/artifact-error.ts';
import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { Reason } from '../../../crds/meta/reasons.ts';
import { formatDuration } from '../../../lib/duration.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { ChartDescription } from '../render-thread/render-request.ts';
import { decryptingValues } from './decrypted-values.ts';
import { checkDependencies } from './dependencies.ts';
import type { HelmReleaseDeps } from './deps.ts';
import { valuesDigest } from './digests.ts';
import { ReleaseStatusDraft } from './release-status.ts';
import { chartRevision, RevisionError } from './revision.ts';
import type { ReleaseRun } from './runs.ts';
import { findSource, type SourceObject, whyNotReady } from './source.ts';
import { releaseKey, storageNamespace } from './spec.ts';
import { acquireTarget, TargetError } from './target.ts';
import { clusterValues, composeValues, type Values } from './values.ts';

/** A source without a chart, which is being made. */
export class SourcePending extends Error {}

/**
 * Everything that a release is made from, in the order in which Flux asks for it: dependencies, source, values, chart,
 * cluster (helmrelease_controller.go, reconcileRelease). What failed the last time and is there now no longer shows in
 * Ready. Throws a fault for what is missing.
 *
 * @param given.written the HelmChart, if it was written just now
 */
export async function prepareRun(
  object: HelmRelease,
  { health, written }: { readonly health: HealthRules; readonly written: SourceObject | undefined },
  attempt: AttemptContext,
  deps: HelmReleaseDeps,
): Promise<ReleaseRun> {
  await checkDependencies(object, attempt, deps);
  clearReady(attempt, 'DependencyNotReady', 'ReleaseConflict');
  const source = written ?? (await findSource(object, deps.sources, attempt.signal));
  clearReady(attempt, 'AccessDenied', 'ArtifactFailed');
  const artifact = readyArtifact(source, attempt, deps);
  clearReady(attempt, 'SourceNotReady');
  const values = await valuesOf(object, attempt, deps);
  clearReady(attempt, 'ValuesError');
  const description = await describeChart(artifact, attempt, deps);
  clearReady(attempt, 'ArtifactFailed');
  const { version, digest } = revisionOf(source, artifact, description, deps);
  const target = await acquireTarget(object, deps.targets, attempt.signal).catch((error: unknown) => {
    if (!(error instanceof TargetError)) throw error;
    throw new Fault('retry', 'RESTClientError', error.message, { cause: error, event: false });
  });
  clearReady(attempt, 'RESTClientError');
  const input = deps.charts.inputFor(artifact, description, {
    release: releaseKey(object),
    version,
    values,
    postRenderers: {
      strategy: object.spec.postRenderStrategy ?? 'combined',
      renderers: object.spec.postRenderers ?? [],
      commonMetadata: object.spec.commonMetadata,
      owner: { name: object.metadata.name, namespace: object.metadata.namespace },
    },
    client: target.client,
  });
  const configDigest = valuesDigest(values, deps.algorithm);
  const chart = { input, appVersion: description.appVersion, ociDigest: digest, configDigest };
  return openRun(object, { chart, values, target, health }, deps);
}

type Opened = Pick<ReleaseRun, 'chart' | 'values' | 'target' | 'health'>;

/** A run that holds its cluster, its storage and its part of the ledger until it is disposed of. */
function openRun(object: HelmRelease, opened: Opened, deps: HelmReleaseDeps): ReleaseRun {
  const { target } = opened;
  const storage = deps.storages.open(target, storageNamespace(object));
  const { namespace, name } = object.metadata;
  const session = deps.ledger.open(`${namespace}/${name}`, target);
  return {
    ...opened,
    generation: object.metadata.generation ?? 0,
    storage,
    session,
    done: new Set(),
    current: undefined,
    hasNews: false,
    [Symbol.dispose]() {
      session[Symbol.dispose]();
      storage[Symbol.dispose]();
      target[Symbol.dispose]();
    },
  };
}

/** Ready says no longer what it said of something that is put right. */
export function clearReady(attempt: AttemptContext, ...reasons: readonly Reason[]): void {
  const draft = new ReleaseStatusDraft(attempt);
  const ready = draft.condition('Ready');
  if (ready !== undefined && reasons.some((reason) => reason === ready.reason))
    draft.set('Ready', 'Unknown', 'Progressing', 'reconciliation in progress');
}

/** Throws {@link SourcePending} for a source that is new, and a waiting fault for one that has failed. */
function readyArtifact(source: SourceObject, attempt: AttemptContext, deps: HelmReleaseDeps): Artifact {
  const why = whyNotReady(source);
  const artifact = source.status?.artifact;
  if (why === undefined && artifact !== undefined) return artifact;
  const message = why ?? 'does not have an artifact';
  const hasFailed = source.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'False');
  if (hasFailed !== true) {
    new ReleaseStatusDraft(attempt).set('Ready', 'False', 'SourceNotReady', message);
    throw new SourcePending(message);
  }
  throw new Fault('waiting', 'SourceNotReady', message, { retryAfterMs: deps.requeueDependencyMs, event: false });
}

async function valuesOf(object: HelmRelease, { signal }: AttemptContext, deps: HelmReleaseDeps): Promise<Values> {
  try {
    const { client, keyServices: services } = deps;
    const source = clusterValues(client, object.metadata.namespace, signal);
    return await composeValues(object, await decryptingValues(object, source, { client, services }, signal));
  } catch (error) {
    signal.throwIfAborted();
    throw new Fault('retry', 'ValuesError', errorMessage(error), { cause: error });
  }
}

async function describeChart(
  artifact: Artifact,
  { signal }: AttemptContext,
  { charts, requeueDependencyMs }: HelmReleaseDeps,
): Promise<ChartDescription> {
  try {
    return await charts.describe(artifact, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ArtifactError && error.code === 'NotFound') {
      const message = `Source not ready: artifact not found. Retrying in ${formatDuration(requeueDependencyMs)}`;
      throw new Fault('waiting', 'ArtifactFailed', message, { retryAfterMs: requeueDependencyMs, event: false });
    }
    const message = errorMessage(error);
    throw new Fault('retry', 'ArtifactFailed', `Could not load chart: ${message}`, { cause: error, event: message });
  }
}

function revisionOf(
  { kind }: SourceObject,
  { revision }: Artifact,
  { version }: ChartDescription,
  { tracksDigests }: HelmReleaseDeps,
): ReturnType<typeof chartRevision> {
  try {
    return chartRevision({ kind, revision }, version, tracksDigests);
  } catch (error) {
    if (!(error instanceof RevisionError)) throw error;
    throw new Fault('retry', 'ChartMutateError', error.message, { cause: error, event: false });
  }
}

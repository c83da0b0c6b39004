import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { HelmChart } from '../../../crds/source/helm-chart.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import type { ConditionChange, EventInput, Outcome } from '../../../runtime/outcome.ts';
import { invalidDuration } from '../../../runtime/spec-durations.ts';
import { fetchFailed } from '../faults.ts';
import { inspectStorage } from '../inspect-storage.ts';
import { absent, building, learnStorage } from '../source-status.ts';
import { type Build, summaryOf } from './build.ts';
import { buildChart } from './build-chart.ts';
import { buildFault } from './build-faults.ts';
import type { HelmChartDeps } from './deps.ts';
import { getSource } from './get-source.ts';
import { storeChart } from './store-chart.ts';
import { refuseUnsupported } from './unsupported.ts';

/**
 * Makes the artifact the chart that the source has. Read from top to bottom: storage, source, build, artifact. This file
 * alone decides what the status learns when (helmchart_controller.go, Reconcile).
 */
export async function reconcileHelmChart(
  object: HelmChart,
  attempt: AttemptContext,
  deps: HelmChartDeps,
): Promise<Outcome> {
  const { signal } = attempt;
  const { storage } = deps;
  const state = await inspectStorage(object.status, storage, signal);
  learnStorage(state, attempt);
  const { artifact } = state;
  attempt.record({ url: artifact === undefined ? undefined : storage.url(latestPath(object)) });
  attempt.record({}, [absent('StorageOperationFailed'), absent('ArtifactOutdated'), absent('SourceVerified')]);
  refuseUnsupported(object);
  refuseDurations(object);

  const source = await getSource(object, deps);
  if (source.artifact !== undefined) {
    attempt.record({ observedSourceArtifactRevision: source.artifact.revision });
  }
  const build = await buildChart(object, source, artifact, deps, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw buildFault(error, attempt);
  });
  attempt.record({}, [absent('FetchFailed'), absent('BuildFailed')]);
  if (build.archive === undefined && artifact !== undefined) return upToDate(object, artifact, build, attempt);

  const summary = summaryOf(build);
  if (build.name !== object.status?.observedChartName || build.version !== artifact?.revision) {
    if (artifact !== undefined) {
      attempt.record({}, [{ type: 'ArtifactOutdated', status: 'True', reason: 'NewChart', message: summary }]);
    }
    building(attempt, `building artifact: ${summary}`);
  }
  const stored = await storeChart(object, build, build.archive ?? new Uint8Array(), storage, signal);
  const observesValues = object.spec.ignoreMissingValuesFiles === true && build.valuesFiles.length > 0;
  return {
    state: 'ready',
    status: {
      artifact: stored.artifact,
      url: stored.url,
      observedChartName: build.name,
      observedValuesFiles: observesValues ? build.valuesFiles : undefined,
    },
    conditions: [inStorage(build)],
    events: [...resolved(build), ...newsOf(object, stored.artifact, build)],
  };
}

/**
 * Nothing is new. Differs from Flux: the event that says so is recorded when somebody asked or changed the spec, not at
 * every interval, where it would be the only request that an unchanged object costs (ADR 0009).
 */
function upToDate(object: HelmChart, artifact: Artifact, build: Build, attempt: AttemptContext): Outcome {
  const observed = object.status?.observedGeneration === object.metadata.generation;
  const message = `artifact up-to-date with remote revision: '${build.version}'`;
  const nothingNew: EventInput = { severity: 'trace', reason: 'ArtifactUpToDate', message };
  return {
    state: 'ready',
    conditions: [inStorage(build)],
    events: [...newsOf(object, artifact, build), ...(attempt.requested || !observed ? [nothingNew] : [])],
  };
}

function resolved({ resolvedDependencies: count }: Build): readonly EventInput[] {
  const message = `resolved ${count} chart dependencies`;
  return count === 0 ? [] : [{ severity: 'trace', reason: 'ResolvedDependencies', message }];
}

/** The events that tell of a new artifact, or that building works again (notify). */
function newsOf({ status = {} }: HelmChart, { digest, revision }: Artifact, build: Build): readonly EventInput[] {
  const failures = ['BuildFailed', 'FetchFailed', 'StorageOperationFailed'];
  const hadFailed = status.conditions?.some(({ type }) => failures.includes(type)) ?? false;
  if (status.artifact?.digest === digest && !hadFailed) return [];
  return [{ reason: reasonOf(build), message: summaryOf(build), metadata: { revision, digest } }];
}

function inStorage(build: Build): ConditionChange {
  return { type: 'ArtifactInStorage', status: 'True', reason: reasonOf(build), message: summaryOf(build) };
}

function reasonOf({ packaged }: Build): 'ChartPackageSucceeded' | 'ChartPullSucceeded' {
  return packaged ? 'ChartPackageSucceeded' : 'ChartPullSucceeded';
}

/** Throws a stalled fault that names a duration which is too long to be one. */
function refuseDurations({ spec }: HelmChart): void {
  const problem = invalidDuration(spec, ['interval']);
  if (problem !== undefined) throw fetchFailed('stalled', 'Failed', problem);
}

function latestPath({ metadata: { namespace, name } }: HelmChart): string {
  return `helmchart/${namespace}/${name}/latest.tar.gz`;
}

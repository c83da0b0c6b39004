import { diskProblem } from '../../../artifact/disk-problem.ts';
import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { HelmChart } from '../../../crds/source/helm-chart.ts';
import type { HelmRepository } from '../../../crds/source/helm-repository.ts';
import { Fault } from '../../../runtime/fault.ts';
import { fetchFailed } from '../faults.ts';
import { isOciUrl, normalizedUrl, RepositoryUrlError } from '../helm/repository-url.ts';
import { type Build, type BuildOptions, mergedFiles } from './build.ts';
import { buildLocal } from './build-local.ts';
import { buildRemote } from './build-remote.ts';
import type { RepositoryOpener } from './dependencies.ts';
import type { HelmChartDeps } from './deps.ts';
import type { SourceWithArtifact } from './get-source.ts';
import { openRepository } from './open-repository.ts';
import { bareRepository } from './registry-credentials.ts';
import { shortRevision } from './version-metadata.ts';

/**
 * Builds the chart from its source. `artifact` is the one that is there. Throws BuildError, or a fault
 * (helmchart_controller.go, buildFromHelmRepository and buildFromTarballArtifact).
 */
export async function buildChart(
  object: HelmChart,
  source: SourceWithArtifact,
  artifact: Artifact | undefined,
  deps: HelmChartDeps,
  signal: AbortSignal,
): Promise<Build> {
  await using scope = new AsyncDisposableStack();
  const options = buildOptions(object, source, artifact, deps);
  const { chart, version = '*' } = object.spec;
  if (source.type !== 'files') {
    const opened = { object: source.object, url: repositoryUrl(source.object), artifact: source.artifact };
    const repository = await openRepository(opened, deps, scope, signal);
    return await buildRemote({ name: chart, version }, repository, options);
  }
  const root = await unpack(source.artifact, deps, scope, signal);
  return await buildLocal({ root, path: chart }, options, dependencyOpener(object, deps, scope, signal), signal);
}

function buildOptions(
  { metadata, spec, status = {} }: HelmChart,
  source: SourceWithArtifact,
  artifact: Artifact | undefined,
  { limits }: HelmChartDeps,
): BuildOptions {
  const valuesFiles = spec.valuesFiles ?? [];
  const isObserved = metadata.generation === status.observedGeneration;
  const name = status.observedChartName;
  const observed = status.observedValuesFiles;
  const byRevision = source.type === 'files' && spec.reconcileStrategy === 'Revision';
  return {
    valuesFiles,
    ignoreMissingValuesFiles: spec.ignoreMissingValuesFiles === true,
    // Who consumes the artifact notices other values by another version.
    versionMetadata: [
      ...(byRevision ? [shortRevision(source.artifact.revision)] : []),
      ...(mergedFiles(valuesFiles).length > 0 ? [String(metadata.generation ?? 0)] : []),
    ].join('.'),
    ...(artifact === undefined || name === undefined || !isObserved
      ? {}
      : {
          present: {
            name,
            version: artifact.revision,
            ...(observed === undefined ? {} : { valuesFiles: observed }),
          },
        }),
    limits,
  };
}

/** Throws a stalled fault for what is no address of such a repository. */
function repositoryUrl({ spec }: HelmRepository): string {
  const invalid = (reason: 'URLInvalid' | 'Failed', problem: string) => fetchFailed('stalled', reason, problem);
  try {
    const url = normalizedUrl(spec.url);
    if ((spec.type === 'oci') === isOciUrl(url)) return url;
    const problem = spec.type === 'oci' ? `invalid OCI registry URL: ${url}` : `scheme "oci" not supported`;
    throw invalid('Failed', `failed to construct Helm client: ${problem}`);
  } catch (error) {
    if (!(error instanceof RepositoryUrlError)) throw error;
    throw invalid('URLInvalid', `invalid Helm repository URL: ${error.message}`);
  }
}

async function unpack(
  artifact: Artifact,
  { storage }: HelmChartDeps,
  scope: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<string> {
  try {
    return scope.use(await storage.unpack(artifact, signal)).path;
  } catch (error) {
    signal.throwIfAborted();
    throw new Fault('retry', 'Failed', `artifact untar error: ${diskProblem(error)}`, {
      cause: error,
      condition: 'FetchFailed',
    });
  }
}

/** The HelmRepository of the namespace that has the URL says how it is reached; one without is asked as nobody. */
function dependencyOpener(
  { metadata: { namespace } }: HelmChart,
  deps: HelmChartDeps,
  scope: AsyncDisposableStack,
  signal: AbortSignal,
): RepositoryOpener {
  return (url) => {
    const object = deps.repositoryByUrl(namespace, url) ?? bareRepository(url, namespace);
    return openRepository({ object, url, artifact: object.status?.artifact }, deps, scope, signal);
  };
}

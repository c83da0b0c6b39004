import { ArtifactError } from '../../../artifact/artifact-error.ts';
import { unpackChart } from '../../../artifact/chart-archive.ts';
import type { Chart } from '../../../engines/helm/chart/chart.ts';
import { ChartError, ValidationError } from '../../../engines/helm/chart/fault.ts';
import { loadChart, readChartYaml } from '../../../engines/helm/chart/load.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { OciError } from '../../../oci/oci-error.ts';
import { ChartHttpError } from '../helm/chart-http.ts';
import { IndexError } from '../helm/index-events.ts';
import { RepositoryUrlError } from '../helm/repository-url.ts';
import { type Build, type BuildOptions, cleanPath, mergedFiles, presentBuild } from './build.ts';
import { BuildError } from './build-error.ts';
import { ChartNotFound, ChartSourceError, type FoundChart, type OpenedRepository } from './charts.ts';
import { packageChart } from './package-chart.ts';
import { mergeValuesFiles, withDefaultValues } from './values-files.ts';
import { withMetadata } from './version-metadata.ts';

/** Lower case letters, digits and dashes, after each of which a slash or a dot may stand, or both. */
const chartName = /^(?:[-a-z0-9]\/?\.?)+$/;

/**
 * Builds the chart that a repository has under a name and version or range: its archive as it is, or packed anew when
 * values files are merged. Throws BuildError (internal/helm/chart/builder_remote.go).
 */
export async function buildRemote(
  { name, version: wanted }: { readonly name: string; readonly version: string },
  { source, deadline }: OpenedRepository,
  options: BuildOptions,
): Promise<Build> {
  if (!chartName.test(name)) {
    const allowed = 'lower case letters and numbers and MAY be separated with dashes (-), slashes (/) or periods (.)';
    throw new BuildError('InvalidChartReference', `invalid chart name '${name}': a valid name must be ${allowed}`);
  }
  const found = await asked('failed to get chart version for remote reference', () =>
    source.find(name, wanted, deadline()),
  );
  const version = withMetadata(found.version, options.versionMetadata);
  const isPackaged = mergedFiles(options.valuesFiles).length > 0 || options.versionMetadata !== '';
  const present = presentBuild({ name: found.name, version }, options, isPackaged);
  if (present !== undefined) return present;
  const archive = await asked('failed to download chart for remote reference', () => found.download(deadline()));
  if (isPackaged) return packedAnew(archive, found, version, options);
  checkArchive(archive, options);
  return { name: found.name, version, valuesFiles: [], resolvedDependencies: 0, packaged: false, archive };
}

/** An archive that Helm could load, as far as its metadata tells. */
export function checkArchive(archive: Uint8Array, { limits: { maxFileBytes } }: Pick<BuildOptions, 'limits'>): void {
  try {
    readChartYaml(unpackChart(archive, { maxFileBytes }), true);
  } catch (error) {
    if (!(error instanceof ChartError) && !(error instanceof ArtifactError)) throw error;
    const action = error instanceof ValidationError ? 'validate metadata of' : 'load chart metadata from';
    throw new BuildError('ChartPullError', `failed to ${action} written chart: ${error.message}`, { cause: error });
  }
}

function packedAnew(archive: Uint8Array, { name }: FoundChart, version: string, options: BuildOptions): Build {
  const loaded = loadArchive(archive, options);
  const chart = { ...loaded, metadata: { ...loaded.metadata, version } };
  const merged = mergeValuesFiles(options.valuesFiles, {
    ignoreMissing: options.ignoreMissingValuesFiles,
    prefix: 'failed to merge chart values: ',
    read: (path) => readValuesFile(chart, path),
    missing: (path) => `no values file found at path '${path}'`,
  });
  const changed = withDefaultValues(chart, merged.values);
  return {
    name,
    version,
    valuesFiles: changed === undefined ? [] : merged.files,
    resolvedDependencies: 0,
    packaged: true,
    archive: packageChart(changed ?? chart),
  };
}

function loadArchive(archive: Uint8Array, { limits: { maxFileBytes } }: BuildOptions): Chart {
  try {
    return loadChart(unpackChart(archive, { maxFileBytes }), {
      unpack: (nested) => unpackChart(nested, { maxFileBytes }),
    });
  } catch (error) {
    if (!(error instanceof ChartError) && !(error instanceof ArtifactError)) throw error;
    throw new BuildError('ChartPackageError', `failed to load downloaded chart: ${error.message}`, { cause: error });
  }
}

function readValuesFile({ values, files }: Chart, path: string) {
  const name = cleanPath(path);
  return name === 'values.yaml' ? values : files.find((file) => file.name === name)?.data;
}

/** What a repository gives; its errors are those of the build. */
async function asked<T>(context: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const reason = error instanceof ChartNotFound ? 'InvalidChartReference' : 'ChartPullError';
    if (!isOfRepository(error)) throw error;
    const isAuthentication =
      (error instanceof ChartHttpError && error.isAuthentication) ||
      (error instanceof OciError && error.status === 401);
    throw new BuildError(reason, `${context}: ${errorMessage(error)}`, { cause: error, isAuthentication });
  }
}

const repositoryErrors = [ChartNotFound, ChartSourceError, ChartHttpError, IndexError, OciError, RepositoryUrlError];

/** Whether it is a repository that failed, and not we. */
export function isOfRepository(error: unknown): error is Error {
  return repositoryErrors.some((known) => error instanceof known);
}

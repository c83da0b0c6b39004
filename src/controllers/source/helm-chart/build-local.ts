import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactError } from '../../../artifact/artifact-error.ts';
import { unpackChart } from '../../../artifact/chart-archive.ts';
import { diskProblem } from '../../../artifact/disk-problem.ts';
import type { Chart } from '../../../engines/helm/chart/chart.ts';
import { ChartError } from '../../../engines/helm/chart/fault.ts';
import { readChartYaml } from '../../../engines/helm/chart/load.ts';
import type { Metadata } from '../../../engines/helm/chart/metadata.ts';
import { secureJoin } from '../../../lib/secure-path.ts';
import { type Build, type BuildOptions, mergedFiles, presentBuild } from './build.ts';
import { BuildError } from './build-error.ts';
import { addDependencies, type RepositoryOpener } from './dependencies.ts';
import { loadLocalChart } from './load-directory.ts';
import { packageChart } from './package-chart.ts';
import { mergeValuesFiles, withDefaultValues } from './values-files.ts';
import { withMetadata } from './version-metadata.ts';

/** A chart among the files of a source. */
export interface LocalChart {
  /** Where the files are; nothing outside of it is read. */
  readonly root: string;
  /** Of the chart's directory or archive, relative to the root. */
  readonly path: string;
}

/**
 * Builds a chart from a directory, with the dependencies that are missing, or from an archive. Throws BuildError
 * (internal/helm/chart/builder_local.go).
 */
export async function buildLocal(
  { root, path }: LocalChart,
  options: BuildOptions,
  openRepository: RepositoryOpener,
  signal: AbortSignal,
): Promise<Build> {
  if (path.startsWith('/'))
    throw new BuildError('InvalidChartReference', 'local chart reference path is expected to be relative');
  const full = secureJoin(root, path);
  const isDirectory = statSync(full, { throwIfNoEntry: false })?.isDirectory() === true;
  const metadata = readMetadata(full, path, isDirectory, options);
  const version = withMetadata(metadata.version, options.versionMetadata);
  const merged = mergedFiles(options.valuesFiles);
  const isPackaged = isDirectory || options.versionMetadata !== '' || merged.length > 0;
  const present = presentBuild({ name: metadata.name, version }, options, isPackaged);
  if (present !== undefined) return present;
  const result = { name: metadata.name, version, valuesFiles: [], resolvedDependencies: 0, packaged: isPackaged };
  if (!isPackaged) return { ...result, archive: readFileSync(full) };

  const values = merged.length === 0 ? undefined : mergeLocalFiles(root, options);
  const loaded = load({ root, path }, options);
  const named: Chart = { ...loaded, metadata: { ...loaded.metadata, version } };
  const changed = values === undefined ? undefined : withDefaultValues(named, values.values);
  const complete = isDirectory
    ? await addDependencies(changed ?? named, { root, path }, options.limits, openRepository, signal)
    : { chart: changed ?? named, added: 0 };
  return {
    ...result,
    valuesFiles: changed === undefined ? [] : (values?.files ?? []),
    resolvedDependencies: complete.added,
    archive: packageChart(complete.chart),
  };
}

/** What the chart says of itself. Paths are shown as the user wrote them: those of unpacked files are new each time. */
function readMetadata(full: string, path: string, isDirectory: boolean, { limits }: BuildOptions): Metadata {
  const invalid = (problem: string, cause?: unknown): BuildError =>
    new BuildError('InvalidChartReference', problem, { cause });
  const entry = statSync(full, { throwIfNoEntry: false });
  if (entry === undefined) throw invalid(`stat ${path}: no such file or directory`);
  try {
    if (isDirectory) return readChartYaml([...metadataFiles(full, path, limits.maxFileBytes)], true);
    if (entry.size > limits.maxBytes)
      throw invalid(
        `size of chart '${path.slice(path.lastIndexOf('/') + 1)}' exceeds '${limits.maxBytes}' bytes limit`,
      );
    return readChartYaml(unpackChart(readFileSync(full), { maxFileBytes: limits.maxFileBytes }), true);
  } catch (error) {
    if (error instanceof ChartError || error instanceof ArtifactError) throw invalid(error.message, error);
    throw error;
  }
}

function* metadataFiles(dir: string, path: string, maxBytes: number) {
  for (const name of ['Chart.yaml', 'requirements.yaml']) {
    const entry = statSync(join(dir, name), { throwIfNoEntry: false });
    if (entry === undefined && name === 'Chart.yaml')
      throw new ChartError(`open ${join(path, name)}: no such file or directory`);
    if (entry === undefined) continue;
    if (!entry.isFile()) throw new ChartError(`'${name}' is a directory`);
    if (entry.size > maxBytes) throw new ChartError(`size of '${name}' exceeds '${maxBytes}' bytes limit`);
    yield { name, data: readFileSync(join(dir, name)) };
  }
}

function mergeLocalFiles(root: string, { valuesFiles, ignoreMissingValuesFiles, limits }: BuildOptions) {
  const at = (path: string): string => secureJoin(root, path);
  return mergeValuesFiles(valuesFiles, {
    ignoreMissing: ignoreMissingValuesFiles,
    read: (path) => {
      const entry = statSync(at(path), { throwIfNoEntry: false });
      if (entry === undefined) return undefined;
      if (!entry.isFile()) throw new BuildError('ValuesFilesError', noFile(path));
      if (entry.size > limits.maxFileBytes)
        throw new BuildError('ValuesFilesError', `size of '${path}' exceeds '${limits.maxFileBytes}' bytes limit`);
      return readFileSync(at(path));
    },
    missing: noFile,
  });

  function noFile(path: string): string {
    return `no values file found at path '${at(path).slice(root.length)}' (reference '${path}')`;
  }
}

function load({ root, path }: LocalChart, { limits }: BuildOptions): Chart {
  try {
    return loadLocalChart(root, path, limits.maxFileBytes);
  } catch (error) {
    if (!(error instanceof ChartError) && !(error instanceof ArtifactError)) throw error;
    throw new BuildError('ChartPackageError', diskProblem(error), { cause: error });
  }
}

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactError } from '../../../artifact/artifact-error.ts';
import { unpackChart } from '../../../artifact/chart-archive.ts';
import type { Chart } from '../../../engines/helm/chart/chart.ts';
import { ChartError } from '../../../engines/helm/chart/fault.ts';
import { loadChart } from '../../../engines/helm/chart/load.ts';
import type { Dependency } from '../../../engines/helm/chart/metadata.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { secureJoin } from '../../../lib/secure-path.ts';
import { parseSemverRange } from '../../../lib/semver-range.ts';
import { parseLooseVersion } from '../../../lib/semver-version.ts';
import { Fault } from '../../../runtime/fault.ts';
import { isOciUrl, normalizedUrl, RepositoryUrlError } from '../helm/repository-url.ts';
import type { ChartLimits } from './build.ts';
import { BuildError } from './build-error.ts';
import type { LocalChart } from './build-local.ts';
import { isOfRepository } from './build-remote.ts';
import type { OpenedRepository } from './charts.ts';
import { loadLocalChart } from './load-directory.ts';

/** Gives the repository at a normalized URL. Throws a fault when it cannot be asked. */
export type RepositoryOpener = (url: string) => Promise<OpenedRepository>;

/** Why a dependency could not be added. */
class DependencyError extends Error {}

/** Helm could not load a chart of more. */
const maxTotalBytes = 100 * 1024 ** 2;

/**
 * Adds the dependencies that are not in `charts`: those of Chart.lock, else those of Chart.yaml, from directories beside
 * the chart, repositories and registries. Throws BuildError (internal/helm/chart/dependency_manager.go).
 */
export async function addDependencies(
  chart: Chart,
  local: LocalChart,
  limits: ChartLimits,
  openRepository: RepositoryOpener,
  signal: AbortSignal,
): Promise<{ readonly chart: Chart; readonly added: number }> {
  const wanted = chart.lock?.dependencies ?? chart.metadata.dependencies ?? [];
  const missing = missingFrom(chart.dependencies, wanted);
  const adder = new DependencyAdder(local, limits, openRepository);
  const added: Chart[] = [];
  for (const dependency of missing) {
    signal.throwIfAborted();
    const isLocal = dependency.repository === '' || dependency.repository.startsWith('file://');
    try {
      const found = isLocal ? adder.fromDirectory(dependency) : await adder.fromRepository(dependency);
      const { alias } = dependency;
      added.push(alias === '' ? found : { ...found, metadata: { ...found.metadata, name: alias } });
    } catch (error) {
      signal.throwIfAborted();
      if (!isFailure(error)) throw error;
      const what = `failed to add ${isLocal ? 'local' : 'remote'} dependency '${nameOf(dependency)}'`;
      throw new BuildError('DependencyBuildError', `${what}: ${errorMessage(error)}`, { cause: error });
    }
  }
  return { chart: { ...chart, dependencies: [...chart.dependencies, ...added] }, added: added.length };
}

/** As many charts as dependencies are all of them, whatever their names (collectMissing). */
function missingFrom(present: readonly Chart[], wanted: readonly Dependency[]): readonly Dependency[] {
  if (present.length === wanted.length) return [];
  const names = new Set(present.map(({ metadata }) => metadata.name));
  const missing = new Map(wanted.filter((one) => !names.has(nameOf(one))).map((one) => [nameOf(one), one]));
  return [...missing.values()];
}

function nameOf({ name, alias }: Dependency): string {
  return alias === '' ? name : alias;
}

class DependencyAdder {
  readonly #local: LocalChart;
  readonly #limits: ChartLimits;
  readonly #open: RepositoryOpener;
  readonly #opened = new Map<string, OpenedRepository>();
  #bytes = 0;

  constructor(local: LocalChart, limits: ChartLimits, open: RepositoryOpener) {
    this.#local = local;
    this.#limits = limits;
    this.#open = open;
  }

  fromDirectory({ name, version, repository }: Dependency): Chart {
    const { root, path } = this.#local;
    const target = repository === '' ? join('charts', name) : decoded(repository.slice('file://'.length));
    const full = secureJoin(root, join(path, target));
    const at = `'${full.slice(root.length)}' (reference '${repository}')`;
    if (statSync(full, { throwIfNoEntry: false }) === undefined) throw new DependencyError(`no chart found at ${at}`);
    const range = rangeOf(version);
    const chart = this.#loaded(`failed to load chart from ${at}`, () =>
      loadLocalChart(root, full.slice(root.length), this.#limits.maxFileBytes),
    );
    const parsed = parseLooseVersion(chart.metadata.version);
    if (parsed === undefined) throw new DependencyError('invalid semantic version');
    if (!range.includes(parsed)) throw new DependencyError(`can't get a valid version for constraint '${version}'`);
    return chart;
  }

  async fromRepository({ name, version, repository }: Dependency): Promise<Chart> {
    const { source, deadline } = await this.#repository(repository);
    const found = await inContext(`failed to get chart '${name}' version '${version}' from '${repository}'`, () =>
      source.find(name, version, deadline()),
    );
    const archive = await inContext(`chart download of version '${found.version}' failed`, () =>
      found.download(deadline()),
    );
    this.#bytes += archive.length;
    if (this.#bytes > maxTotalBytes)
      throw new DependencyError(`the dependencies have more than ${maxTotalBytes} bytes together`);
    return this.#loaded(`failed to load downloaded archive of version '${found.version}'`, () => {
      const unpack = (packed: Uint8Array) => unpackChart(packed, this.#limits);
      return loadChart(unpack(archive), { unpack });
    });
  }

  async #repository(text: string): Promise<OpenedRepository> {
    const url = repositoryUrl(text);
    const known = this.#opened.get(url);
    if (known !== undefined) return known;
    const opened = await inContext(`failed to get chart repository for URL '${url}'`, () => this.#open(url));
    this.#opened.set(url, opened);
    return opened;
  }

  #loaded(context: string, load: () => Chart): Chart {
    try {
      return load();
    } catch (error) {
      if (!(error instanceof ChartError) && !(error instanceof ArtifactError)) throw error;
      throw new DependencyError(`${context}: ${error.message}`, { cause: error });
    }
  }
}

async function inContext<T>(context: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isOfRepository(error) && !(error instanceof Fault)) throw error;
    throw new DependencyError(`${context}: ${error.message}`, { cause: error });
  }
}

/** internal/helm/repository/utils.go, NormalizeURL and ValidateDepURL. */
function repositoryUrl(text: string): string {
  if (text.startsWith('@')) throw new DependencyError(`aliased repository dependency is not supported: ${text}/`);
  if (!isOciUrl(text) && !/^https?:\/\//.test(text))
    throw new DependencyError(`invalid dependency repository URL: ${text}`);
  return normalizedUrl(text);
}

function rangeOf(version: string) {
  try {
    return parseSemverRange(version);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DependencyError(`invalid version/constraint format '${version}': ${error.message}`, { cause: error });
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    throw new DependencyError('failed to parse alleged local chart reference: invalid URL escape', { cause: error });
  }
}

function isFailure(error: unknown): error is Error {
  return error instanceof DependencyError || error instanceof RepositoryUrlError;
}

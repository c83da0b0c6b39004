import { createHash } from 'node:crypto';
import { concatBytes } from '../../../lib/bytes.ts';
import type { ChartAccess, ChartHttp } from '../helm/chart-http.ts';
import { chartUrl } from '../helm/repository-url.ts';
import { selectVersion } from '../helm/select-version.ts';
import type { IndexedChart } from '../helm/stored-indexes.ts';
import { ChartNotFound, type ChartSource, ChartSourceError } from './charts.ts';

/** How a repository with an index is read. */
export interface IndexRepository {
  readonly http: ChartHttp;
  readonly access: ChartAccess;
  /** `--helm-chart-max-size`. */
  readonly maxBytes: number;
  /** The versions of a chart; undefined when the index has no such chart. */
  versions(chart: string): Promise<readonly IndexedChart[] | undefined>;
}

/** The charts of a repository with an index (internal/helm/repository/chart_repository.go). */
export function indexCharts(repository: IndexRepository): ChartSource {
  return {
    async find(name, version) {
      const versions = await repository.versions(name);
      if (versions === undefined) throw new ChartNotFound('no chart name found');
      if (versions.length === 0) throw new ChartNotFound('no chart version found');
      const chart = select(versions, name, version);
      return {
        name: chart.name,
        version: chart.version,
        download: (deadline) => download(chart, repository, deadline),
      };
    },
  };
}

function select(versions: readonly IndexedChart[], name: string, wanted: string): IndexedChart {
  let found: IndexedChart | undefined;
  try {
    found = selectVersion(versions, wanted);
  } catch (error) {
    if (error instanceof RangeError) throw new ChartNotFound(error.message, { cause: error });
    throw error;
  }
  if (found === undefined) throw new ChartNotFound(`no '${name}' chart with version matching '${wanted}' found`);
  return found;
}

async function download(
  { name, version, urls: [reference], digest }: IndexedChart,
  { http, access, maxBytes }: IndexRepository,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (reference === undefined) throw new ChartSourceError(`chart '${name}' has no downloadable URLs`);
  const tooLarge = `size of chart '${name}-${version}.tgz' exceeds '${maxBytes}' bytes limit`;
  const { body } = await http.get(chartUrl(access.url, reference), access, {
    signal,
    maxBytes,
    tooLarge: () => new ChartSourceError(tooLarge),
  });
  const parts: Uint8Array[] = [];
  for await (const chunk of body) parts.push(chunk);
  const bytes = concatBytes(parts);
  checkDigest(bytes, digest);
  return bytes;
}

/** Differs from Flux, which does not look at what the index promises (ADR 31). */
function checkDigest(bytes: Uint8Array, promised: string): void {
  const hex = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(promised)?.[1]?.toLowerCase();
  if (hex === undefined) return;
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== hex) {
    const problem = `its digest 'sha256:${actual}' is not the one in the index, 'sha256:${hex}'`;
    throw new ChartSourceError(`the chart was altered: ${problem}`);
  }
}

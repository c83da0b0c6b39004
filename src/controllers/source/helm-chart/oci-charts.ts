import { concatBytes } from '../../../lib/bytes.ts';
import { parseLooseVersion, parseTagVersion } from '../../../lib/semver-version.ts';
import { OciError } from '../../../oci/oci-error.ts';
import { parseRepository, type Repository, repositoryName } from '../../../oci/reference.ts';
import type { RegistryClient } from '../../../oci/registry-client.ts';
import { selectVersion } from '../helm/select-version.ts';
import { type ChartSource, ChartSourceError } from './charts.ts';

/** Media types of a chart's archive, the older one of Helm 3.0 to 3.6 (helm pkg/registry/constants.go). */
const chartLayers: readonly string[] = ['application/vnd.cncf.helm.chart.content.v1.tar+gzip', 'application/tar+gzip'];

/** A registry as it is asked. */
export interface RegistryOfCharts {
  /** `oci://host/path`, below which charts lie. */
  readonly url: string;
  readonly client: RegistryClient;
  /** `--helm-chart-max-size`. */
  readonly maxBytes: number;
  /** Credentials are sent: it is them that a refusal is about. */
  readonly asSomebody: boolean;
}

/**
 * The charts below a URL in a registry (internal/helm/repository/oci_chart_repository.go): each chart is a repository,
 * each version a tag, in which a plus is an underscore.
 */
export function ociCharts(registry: RegistryOfCharts): ChartSource {
  const base = registry.url.replace(/^oci:\/\//, '').replace(/\/+$/, '');
  return {
    async find(name, wanted, signal) {
      const repository = parseRepository(`${base}/${name}`);
      const version =
        parseTagVersion(wanted) === undefined ? await latest(registry, repository, name, wanted, signal) : wanted;
      return { name, version, download: (deadline) => pull(registry, repository, version, deadline) };
    },
  };
}

async function latest(
  { client, asSomebody }: RegistryOfCharts,
  repository: Repository,
  name: string,
  wanted: string,
  signal: AbortSignal,
): Promise<string> {
  const address = `oci://${repositoryName(repository)}`;
  const context = `could not get tags for "${name}"`;
  const tags = await client.listTags(repository, signal).catch((error: unknown) => {
    throw inContext(error, `${context}: could not fetch tags for "${address}"`, asSomebody);
  });
  const versions = tags.map((tag) => tag.replaceAll('_', '+')).filter((tag) => parseLooseVersion(tag) !== undefined);
  if (versions.length === 0)
    throw new ChartSourceError(`${context}: unable to locate any tags in provided repository: ${address}`);
  return select(versions, wanted);
}

/** Upstream counts a refusal as one of credentials when there were any. */
function inContext(error: unknown, context: string, asSomebody: boolean): unknown {
  if (!(error instanceof OciError)) return error;
  const { code, status, message } = error;
  const told = status === undefined || !asSomebody ? {} : { status };
  return new OciError(code, `${context}: ${message}`, { cause: error, ...told });
}

function select(versions: readonly string[], wanted: string): string {
  try {
    const chosen = selectVersion(
      versions.map((version) => ({ version })),
      wanted,
    );
    if (chosen !== undefined) return chosen.version;
  } catch (error) {
    if (error instanceof RangeError) throw new ChartSourceError(error.message, { cause: error });
    throw error;
  }
  throw new ChartSourceError(`could not locate a version matching provided version string ${wanted}`);
}

/** The archive is held against the digest in the manifest by the client. */
async function pull(
  { client, maxBytes, asSomebody }: RegistryOfCharts,
  repository: Repository,
  version: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const context = `failed to get 'oci://${repositoryName(repository)}:${version}'`;
  const { layers } = await client.image(repository, version.replaceAll('+', '_'), signal).catch((error: unknown) => {
    throw inContext(error, context, asSomebody);
  });
  const layer = layers.find(({ mediaType }) => chartLayers.includes(mediaType));
  if (layer === undefined)
    throw new ChartSourceError(`${context}: manifest does not contain a layer with mediatype ${chartLayers[0]}`);
  const parts: Uint8Array[] = [];
  for await (const chunk of await client.blob(repository, layer, signal, { maxBytes }))
    parts.push(Uint8Array.from(chunk));
  return concatBytes(parts);
}

import { concatBytes } from '../../../lib/bytes.ts';
import { parseTagVersion } from '../../../lib/semver-version.ts';
import { OciError } from '../../../oci/oci-error.ts';
import { parseRepository, type Repository, repositoryName } from '../../../oci/reference.ts';
import type { RegistryClient } from '../../../oci/registry-client.ts';
import { selectVersion } from '../helm/select-version.ts';
import { type ChartSource, ChartSourceError } from './charts.ts';

/** Media types of a chart's archive, the older one of Helm 3.0 to 3.6 (helm pkg/registry/constants.go). */
const chartLayers: readonly string[] = ['application/vnd.cncf.helm.chart.content.v1.tar+gzip', 'application/tar+gzip'];

/**
 * The charts below `url` in a registry (internal/helm/repository/oci_chart_repository.go): each chart is a repository,
 * each version a tag, in which a plus is an underscore.
 */
export function ociCharts(url: string, client: RegistryClient, maxBytes: number): ChartSource {
  const base = `${url.replace(/^oci:\/\//, '').replace(/\/+$/, '')}`;
  return {
    async find(name, wanted, signal) {
      const repository = parseRepository(`${base}/${name}`);
      const version =
        parseTagVersion(wanted) === undefined ? await latest(client, repository, name, wanted, signal) : wanted;
      return { name, version, download: (deadline) => pull(client, repository, version, maxBytes, deadline) };
    },
  };
}

async function latest(
  client: RegistryClient,
  repository: Repository,
  name: string,
  wanted: string,
  signal: AbortSignal,
): Promise<string> {
  let tags: readonly string[];
  try {
    tags = await client.listTags(repository, signal);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    const context = `could not get tags for "${name}": could not fetch tags for "oci://${repositoryName(repository)}"`;
    throw new ChartSourceError(`${context}: ${error.message}`, { cause: error });
  }
  if (tags.length === 0) throw new ChartSourceError(`unable to locate any tags in provided repository: ${name}`);
  return select(tags, wanted);
}

function select(tags: readonly string[], wanted: string): string {
  try {
    const chosen = selectVersion(
      tags.map((tag) => ({ version: tag.replaceAll('_', '+') })),
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
  client: RegistryClient,
  repository: Repository,
  version: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { layers } = await client.image(repository, version.replaceAll('+', '_'), signal).catch((error: unknown) => {
    if (!(error instanceof OciError)) throw error;
    const { code, status, message } = error;
    throw new OciError(code, `failed to get 'oci://${repositoryName(repository)}:${version}': ${message}`, {
      cause: error,
      ...(status === undefined ? {} : { status }),
    });
  });
  const layer = layers.find(({ mediaType }) => chartLayers.includes(mediaType));
  if (layer === undefined)
    throw new ChartSourceError(`manifest does not contain a layer with mediatype ${chartLayers[0]}`);
  const parts: Uint8Array[] = [];
  for await (const chunk of await client.blob(repository, layer, signal, { maxBytes }))
    parts.push(Uint8Array.from(chunk));
  return concatBytes(parts);
}

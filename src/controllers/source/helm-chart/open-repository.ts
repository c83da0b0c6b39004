import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Artifact } from '../../../crds/meta/artifact.ts';
import { withDeadline } from '../../../lib/async.ts';
import { parseDuration } from '../../../lib/duration.ts';
import { RegistryClient } from '../../../oci/registry-client.ts';
import { type Reached, type RepositoryAccess, readRepositoryAccess } from '../helm/access.ts';
import { ChartHttpError } from '../helm/chart-http.ts';
import { IndexError } from '../helm/index-events.ts';
import { prepareIndex } from '../helm/index-file.ts';
import { indexUrl, isOciUrl } from '../helm/repository-url.ts';
import type { OpenedRepository } from './charts.ts';
import type { HelmChartDeps } from './deps.ts';
import { indexCharts } from './index-charts.ts';
import { ociCharts } from './oci-charts.ts';
import { registryCredentials } from './registry-credentials.ts';

/** A repository that charts are to be taken from. */
export interface OpenOptions {
  readonly object: Reached;
  /** Normalized. */
  readonly url: string;
  /** The stored index; absent for a registry, and when the index is yet to be fetched. */
  readonly artifact?: Artifact | undefined;
}

const defaultTimeoutMs = 60_000;

function timeoutOf({ spec: { timeout } }: Reached): number {
  return timeout === undefined ? defaultTimeoutMs : parseDuration(timeout);
}

/**
 * Opens a repository. What it needs is released with `scope`. Throws a fault for Secrets that are missing or wrong; the
 * repository itself is asked for charts only (helmchart_controller.go, buildFromHelmRepository and
 * namespacedChartRepositoryCallback).
 */
export async function openRepository(
  { object, url, artifact }: OpenOptions,
  deps: HelmChartDeps,
  scope: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<OpenedRepository> {
  const access = await readRepositoryAccess(object, url, deps.client, signal);
  const { maxBytes } = deps.limits;
  const deadline = (): AbortSignal => withDeadline(signal, timeoutOf(object));
  if (isOciUrl(url)) {
    const credentials = registryCredentials(object, access, deps);
    const client = new RegistryClient({
      sessions: deps.sessions,
      credentials,
      tls: access.tls,
      insecure: object.spec.insecure,
    });
    scope.defer(() => client.close());
    return { source: ociCharts({ url, client, maxBytes, asSomebody: credentials !== undefined }), deadline };
  }
  const { http, indexes, storage } = deps;
  const file =
    artifact === undefined ? fetchOnce(object, access, deps, scope, signal) : async () => storage.fileOf(artifact);
  const versions = async (chart: string) => {
    const path = await file();
    if (indexes.isEnabled && artifact !== undefined) deps.lookedUp(indexes.knows(path), object.metadata);
    return indexes.versions(path, chart, signal);
  };
  return { source: indexCharts({ http, access, maxBytes, versions }), deadline };
}

/** The file of an index that no HelmRepository has fetched: it is fetched when first asked for. */
function fetchOnce(
  object: Reached,
  access: RepositoryAccess,
  { http, storage, limits: { maxIndexBytes } }: HelmChartDeps,
  scope: AsyncDisposableStack,
  signal: AbortSignal,
): () => Promise<string> {
  const fetch = async (): Promise<string> => {
    const { path: dir } = scope.use(await storage.scratchDir());
    const tooLarge = `index exceeds the maximum index file size of ${maxIndexBytes} bytes`;
    const response = await http.get(indexUrl(access.url), access, {
      signal: withDeadline(signal, timeoutOf(object)),
      maxBytes: maxIndexBytes,
      tooLarge: () => new ChartHttpError(tooLarge),
    });
    await pipeline(response.body, createWriteStream(join(dir, 'index'), { mode: 0o600 }));
    const index = await prepareIndex(join(dir, 'index'), join(dir, 'sections'), signal);
    const file = join(dir, 'index.json');
    await pipeline(index.content(), createWriteStream(file, { mode: 0o600 }));
    return file;
  };
  let fetched: Promise<string> | undefined;
  return () => {
    fetched ??= fetch().catch((error: unknown) => {
      throw inContext(error);
    });
    return fetched;
  };
}

/** As upstream tells where an index failed (chart_repository.go, StrategicallyLoadIndex). */
function inContext(error: unknown): unknown {
  if (error instanceof ChartHttpError) {
    const message = `failed to cache index: failed to cache index to temporary file: ${error.message}`;
    return new ChartHttpError(message, { cause: error, isAuthentication: error.isAuthentication });
  }
  if (!(error instanceof IndexError)) return error;
  return new IndexError(`failed to load index: failed to load index: ${error.message}`, { cause: error });
}

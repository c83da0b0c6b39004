import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createHasher, type DigestAlgorithm, digestAlgorithms, digestFile } from '../../../artifact/digest.ts';
import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { HelmRepository } from '../../../crds/source/helm-repository.ts';
import { withDeadline } from '../../../lib/async.ts';
import { parseDuration } from '../../../lib/duration.ts';
import { fetchFailed } from '../faults.ts';
import type { RepositoryAccess } from '../helm/access.ts';
import { ChartHttpError } from '../helm/chart-http.ts';
import { indexUrl } from '../helm/repository-url.ts';
import type { HelmRepositoryDeps } from './deps.ts';

/** The index as the server has it now. */
export interface FetchedIndex {
  /** `<algorithm>:<hex>` of its bytes. */
  readonly revision: string;
  /** Where its bytes are; absent when they are those of the artifact. */
  readonly file?: string;
}

/** What there was before, and where to put what comes. */
export interface IndexTarget {
  readonly object: HelmRepository;
  readonly artifact: Artifact | undefined;
  /** An empty directory. */
  readonly dir: string;
  /** Fetch it also when the server says that it is the one in the artifact. */
  readonly unconditional: boolean;
}

/**
 * Fetches the index, unless the server says that it is still the one in the artifact. `signal` is the attempt's own; the
 * request has the timeout of the spec. Throws a fault (chart_repository.go, CacheIndex).
 */
export async function fetchIndex(
  { object, artifact, dir, unconditional }: IndexTarget,
  access: RepositoryAccess,
  { http, known, storage, maxIndexBytes }: HelmRepositoryDeps,
  signal: AbortSignal,
): Promise<FetchedIndex> {
  const { metadata: key } = object;
  const tooLarge = `index exceeds the maximum index file size of ${maxIndexBytes} bytes`;
  try {
    const response = await http.get(indexUrl(access.url), access, {
      signal: withDeadline(signal, timeoutMs(object)),
      headers: unconditional ? {} : known.conditions(key, access, artifact?.revision),
      maxBytes: maxIndexBytes,
      tooLarge: () => new ChartHttpError(tooLarge),
    });
    if (response.status === 304 && artifact !== undefined) return { revision: artifact.revision };
    const file = join(dir, 'index');
    const revision = await download(response.body, file, artifact, storage.algorithm);
    known.remember(key, access, revision, response.headers);
    return revision === artifact?.revision ? { revision } : { revision, file };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ChartHttpError)) throw error;
    const message = `failed to fetch Helm repository index: failed to cache index to temporary file: ${error.message}`;
    throw fetchFailed('retry', 'Failed', message, error);
  }
}

/**
 * Writes what comes, and gives its digest: by the algorithm of the artifact's revision when it is that revision, so that
 * another `--artifact-digest-algo` alone makes no new one.
 */
async function download(
  body: AsyncIterable<Uint8Array>,
  file: string,
  artifact: Artifact | undefined,
  algorithm: DigestAlgorithm,
): Promise<string> {
  const known = artifact === undefined ? algorithm : algorithmOf(artifact.revision);
  const hasher = createHasher(known);
  const hashed = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      hasher.update(chunk);
      yield chunk;
    }
  };
  await pipeline(hashed, createWriteStream(file, { mode: 0o600 }));
  const digest = hasher.digest();
  return known === algorithm || digest === artifact?.revision ? digest : digestFile(file, algorithm);
}

function algorithmOf(revision: string): DigestAlgorithm {
  return digestAlgorithms.find((name) => revision.startsWith(`${name}:`)) ?? 'sha256';
}

function timeoutMs({ spec }: HelmRepository): number {
  return spec.timeout === undefined ? defaultTimeoutMs : parseDuration(spec.timeout);
}

const defaultTimeoutMs = 60_000;

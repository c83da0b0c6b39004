import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import type { Artifact } from '../crds/meta/artifact.ts';
import { errorMessage } from '../lib/errors.ts';
import { ArtifactError, type ArtifactErrorCode } from './artifact-error.ts';
import { createHasher, parseDigest } from './digest.ts';
import { artifactUrl, checkedLookup } from './fetch-policy.ts';

export interface FetchOptions {
  /** How often a failed download is tried again (`--http-retry`). */
  readonly retries: number;
  /** Of the compressed file. */
  readonly maxBytes: number;
  /** `host:port` to ask instead of the one in the URL. */
  readonly hostOverride?: string;
  /** The first wait before a retry; each further one is twice as long, up to 20 times this. */
  readonly retryWaitMs?: number;
  /** How long nothing may come before the download is given up; 30 s unless told (`--http-timeout`). */
  readonly timeoutMs?: number;
}

/** A file that is not there yet, or no longer, is asked for this often: soon the object itself will have changed. */
const notFoundRetries = 2;

/**
 * Downloads artifacts over HTTP. Redirects are not followed: an artifact is where its status says it is. Close it to
 * drop its connections.
 */
export class ArtifactFetcher {
  readonly #options: FetchOptions;
  readonly #agent: Agent;

  constructor(options: FetchOptions) {
    const { timeoutMs = 30_000 } = options;
    this.#options = options;
    this.#agent = new Agent({
      connections: 16,
      connect: { timeout: 10_000, lookup: checkedLookup },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }

  /**
   * Puts the artifact's file at `toFile` (created or truncated) and holds it against the digest; gives its size.
   * Throws {@link ArtifactError}: `NotFound`, `Unavailable` (after the retries), `DigestMismatch`, `TooLarge`, `Refused`.
   */
  async download(artifact: Pick<Artifact, 'url' | 'digest'>, toFile: string, signal: AbortSignal): Promise<number> {
    const url = artifactUrl(artifact.url, this.#options.hostOverride);
    const firstWait = this.#options.retryWaitMs ?? 250;
    const failures = new Map<ArtifactErrorCode, number>();
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#attempt(url, artifact.digest, toFile, signal);
      } catch (error) {
        signal.throwIfAborted();
        const failure = asArtifactError(url, error);
        const before = failures.get(failure.code) ?? 0;
        if (before >= this.#retriesFor(failure)) throw failure;
        failures.set(failure.code, before + 1);
        const wait = firstWait * Math.min(2 ** attempt, 20);
        await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal });
      }
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #retriesFor(failure: ArtifactError): number {
    if (failure.code === 'Unavailable') return this.#options.retries;
    // A file that is replaced at this moment may have the old digest once.
    if (failure.code === 'NotFound' || failure.code === 'DigestMismatch')
      return Math.min(notFoundRetries, this.#options.retries);
    return 0;
  }

  async #attempt(url: URL, digest: string, toFile: string, signal: AbortSignal): Promise<number> {
    const { algorithm, hex } = parseDigest(digest);
    const response = await this.#agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      headers: { 'accept-encoding': 'identity', 'user-agent': 'sluice' },
      signal,
    });
    if (response.statusCode !== 200) {
      await response.body.dump({ limit: 64 * 1024, signal });
      throw statusError(url, response);
    }
    const hasher = createHasher(algorithm);
    let size = 0;
    const { maxBytes } = this.#options;
    const counting = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        hasher.update(chunk);
        if (size > maxBytes) done(new ArtifactError('TooLarge', `the artifact has more than ${maxBytes} bytes`));
        else done(null, chunk);
      },
    });
    await pipeline(response.body, counting, createWriteStream(toFile, { mode: 0o600 }), { signal });
    if (hasher.digest() !== `${algorithm}:${hex}`) {
      throw new ArtifactError(
        'DigestMismatch',
        `failed to verify archive: computed digest doesn't match provided '${digest}'`,
      );
    }
    return size;
  }
}

function statusError(url: URL, response: Dispatcher.ResponseData): ArtifactError {
  const { statusCode } = response;
  if (statusCode === 404) return new ArtifactError('NotFound', `file not found: ${url.href}`);
  const retryable = statusCode >= 500 || statusCode === 429;
  const message = `failed to download archive from ${url.href} (status: ${statusCode})`;
  return new ArtifactError(retryable ? 'Unavailable' : 'Refused', message);
}

function asArtifactError(url: URL, error: unknown): ArtifactError {
  if (error instanceof ArtifactError) return error;
  return new ArtifactError('Unavailable', `failed to download archive from ${url.href}: ${errorMessage(error)}`, {
    cause: error,
  });
}

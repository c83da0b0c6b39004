import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '../crds/meta/artifact.ts';
import { raceAbort } from '../lib/single-flight.ts';
import { parseDigest } from './digest.ts';
import { ArtifactFetcher } from './fetch.ts';

export interface FileCacheOptions {
  /** A directory of this process alone. What lies there is removed at the first use. */
  readonly dir: string;
  /** Bytes that are kept of files nobody uses any more. */
  readonly maxBytes: number;
  /** `--http-retry`. */
  readonly httpRetry: number;
  /** The largest file. */
  readonly maxFileBytes: number;
  readonly retryWaitMs?: number;
  /** How long nothing may come before a download is given up. */
  readonly timeoutMs?: number;
}

/** A file in use; it stays until it is disposed of. */
export interface OpenFile extends Disposable {
  /** Absolute. */
  readonly path: string;
}

interface Entry {
  readonly path: string;
  readonly abort: AbortController;
  readonly ready: Promise<number>;
  users: number;
  /** 0 while it is being downloaded. */
  bytes: number;
}

/**
 * Artifacts as they came, packed: each is downloaded and verified once per digest, however many ask for it. Files that
 * nobody uses go when there are more than `maxBytes` of them, the one that was not used for longest first.
 */
export class FileCache {
  readonly #options: FileCacheOptions;
  readonly #fetcher: ArtifactFetcher;
  /** In the order of last use. */
  readonly #entries = new Map<string, Entry>();
  #prepared: Promise<void> | undefined;

  constructor(options: FileCacheOptions) {
    const { httpRetry, maxFileBytes, retryWaitMs, timeoutMs } = options;
    this.#options = options;
    this.#fetcher = new ArtifactFetcher({
      retries: httpRetry,
      maxBytes: maxFileBytes,
      ...(retryWaitMs === undefined ? {} : { retryWaitMs }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  /** The artifact's file. Throws ArtifactError, which is not remembered, and the reason of the signal. */
  async open(artifact: Pick<Artifact, 'url' | 'digest'>, signal: AbortSignal): Promise<OpenFile> {
    const { algorithm, hex } = parseDigest(artifact.digest);
    const key = `${algorithm}-${hex}`;
    const entry = this.#entries.get(key) ?? this.#begin(key, artifact);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users++;
    try {
      await raceAbort(entry.ready, signal);
    } catch (error) {
      this.#leave(key, entry);
      throw error;
    }
    let isOpen = true;
    return {
      path: entry.path,
      [Symbol.dispose]: () => {
        if (isOpen) this.#leave(key, entry);
        isOpen = false;
      },
    };
  }

  /** Drops connections and downloads, and all files, also those in use. */
  async close(): Promise<void> {
    for (const { abort } of this.#entries.values()) abort.abort();
    await Promise.allSettled([...this.#entries.values()].map(({ ready }) => ready));
    this.#entries.clear();
    await this.#fetcher.close();
    await rm(this.#options.dir, { recursive: true, force: true });
  }

  #begin(key: string, artifact: Pick<Artifact, 'url' | 'digest'>): Entry {
    const abort = new AbortController();
    const path = join(this.#options.dir, key);
    const ready = this.#download(artifact, path, abort.signal);
    const entry: Entry = { path, abort, ready, users: 0, bytes: 0 };
    ready.then(
      (bytes) => {
        entry.bytes = Math.max(1, bytes);
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    this.#entries.set(key, entry);
    return entry;
  }

  async #download(artifact: Pick<Artifact, 'url' | 'digest'>, path: string, signal: AbortSignal): Promise<number> {
    this.#prepared ??= this.#prepare();
    await this.#prepared;
    const scratch = `${path}.${randomUUID()}`;
    try {
      const bytes = await this.#fetcher.download(artifact, scratch, signal);
      await rename(scratch, path);
      return bytes;
    } finally {
      await rm(scratch, { force: true });
    }
  }

  async #prepare(): Promise<void> {
    await rm(this.#options.dir, { recursive: true, force: true });
    await mkdir(this.#options.dir, { recursive: true, mode: 0o700 });
  }

  #leave(key: string, entry: Entry): void {
    entry.users--;
    if (entry.users === 0 && entry.bytes === 0) {
      // Nobody waits for it any more; who asks next starts anew.
      entry.abort.abort();
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    }
    this.#collect();
  }

  #collect(): void {
    let excess = [...this.#entries.values()].reduce((sum, { bytes }) => sum + bytes, 0) - this.#options.maxBytes;
    for (const [key, { users, bytes, path }] of [...this.#entries]) {
      if (excess <= 0) return;
      if (users > 0 || bytes === 0) continue;
      excess -= bytes;
      this.#entries.delete(key);
      // A new download of the same digest puts the same bytes there.
      void rm(path, { force: true });
    }
  }
}

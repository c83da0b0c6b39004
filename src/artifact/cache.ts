import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '../crds/meta/artifact.ts';
import { raceAbort } from '../lib/single-flight.ts';
import type { DigestedTree } from '../lib/traced-tree.ts';
import { parseDigest } from './digest.ts';
import { type ExtractLimits, extractArchive } from './extract.ts';
import { ArtifactFetcher } from './fetch.ts';
import { unpackedTree } from './unpacked-tree.ts';

export interface ArtifactCacheOptions {
  /** A directory of this process alone. What lies there is removed at the first use. */
  readonly dir: string;
  /** Unpacked bytes that are kept of artifacts nobody uses any more; a file counts 512 more than it has. */
  readonly maxBytes: number;
  /** `--http-retry`. */
  readonly httpRetry: number;
  /** The largest compressed artifact; 1 GiB unless told. */
  readonly maxDownloadBytes?: number;
  readonly extractLimits?: ExtractLimits;
  readonly maxFileBytes?: number;
  readonly hostOverride?: string;
  readonly retryWaitMs?: number;
}

/** What a file takes beside its contents: an entry in the manifest, in memory, and one on the disk. */
const fileBytes = 512;

/** An unpacked artifact in use. Its files stay until it is released. */
export interface OpenArtifact extends Disposable {
  readonly tree: DigestedTree;
  /** Absolute path of the directory behind the tree; read-only by agreement. */
  readonly dir: string;
  /** Says that it is no longer used; further calls do nothing. */
  release(): void;
}

interface Entry {
  readonly key: string;
  readonly ready: Promise<Unpacked>;
  readonly abort: AbortController;
  users: number;
  /** Of the settled entry; 0 while it is being unpacked. */
  bytes: number;
}

interface Unpacked {
  readonly dir: string;
  readonly tree: DigestedTree;
  readonly bytes: number;
  /** A file is not what the artifact holds any more. */
  damaged: boolean;
}

/**
 * Artifacts by digest: each is downloaded, verified and unpacked once, however many ask for it at the same time or
 * later, and shared by all of them. Those in use are never removed; the others go, least recently used first, when
 * there are more than `maxBytes`.
 */
export class ArtifactCache {
  readonly #options: ArtifactCacheOptions;
  readonly #fetcher: ArtifactFetcher;
  /** In the order of last use. */
  readonly #entries = new Map<string, Entry>();
  #prepared: Promise<void> | undefined;
  #removals: Promise<void> = Promise.resolve();

  constructor(options: ArtifactCacheOptions) {
    this.#options = options;
    this.#fetcher = new ArtifactFetcher({
      retries: options.httpRetry,
      maxBytes: options.maxDownloadBytes ?? 1024 ** 3,
      ...(options.hostOverride === undefined ? {} : { hostOverride: options.hostOverride }),
      ...(options.retryWaitMs === undefined ? {} : { retryWaitMs: options.retryWaitMs }),
    });
  }

  /**
   * The artifact's files. The download ends when all who wait for it have given up. Throws {@link ArtifactError};
   * a failure is not remembered.
   */
  async open(artifact: Pick<Artifact, 'url' | 'digest'>, signal: AbortSignal): Promise<OpenArtifact> {
    const { algorithm, hex } = parseDigest(artifact.digest);
    const key = `${algorithm}-${hex}`;
    for (;;) {
      signal.throwIfAborted();
      const known = this.#entries.get(key);
      const entry = known ?? this.#create(key, artifact);
      this.#touch(entry);
      entry.users += 1;
      try {
        const unpacked = await raceAbort(entry.ready, signal);
        if (known === undefined || (!unpacked.damaged && (await isDirectory(unpacked.dir))))
          return this.#handle(entry, unpacked);
      } catch (error) {
        this.#release(entry);
        throw error;
      }
      // Its files were taken away or changed behind our back, say by a cleaner of temporary directories: once more.
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      this.#release(entry);
    }
  }

  /** Unpacked bytes on disk at this moment. */
  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, entry) => sum + entry.bytes, 0);
  }

  /** Drops connections and downloads, and all files, also those in use. */
  async close(): Promise<void> {
    for (const entry of this.#entries.values()) entry.abort.abort();
    await Promise.allSettled([...this.#entries.values()].map((entry) => entry.ready));
    this.#entries.clear();
    await this.#removals;
    await this.#fetcher.close();
    await rm(this.#options.dir, { recursive: true, force: true });
  }

  #create(key: string, artifact: Pick<Artifact, 'url' | 'digest'>): Entry {
    const abort = new AbortController();
    const entry: Entry = { key, abort, users: 0, bytes: 0, ready: this.#unpack(key, artifact, abort.signal) };
    entry.ready.then(
      (unpacked) => {
        entry.bytes = Math.max(1, unpacked.bytes);
        this.#collect();
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    this.#entries.set(key, entry);
    return entry;
  }

  async #unpack(key: string, artifact: Pick<Artifact, 'url' | 'digest'>, signal: AbortSignal): Promise<Unpacked> {
    this.#prepared ??= this.#prepare();
    await this.#prepared;
    const { extractLimits, maxFileBytes } = this.#options;
    const scratch = join(this.#options.dir, `.${randomUUID()}`);
    const archive = join(scratch, 'artifact.tar.gz');
    const files = join(scratch, 'files');
    try {
      await mkdir(files, { recursive: true });
      await this.#fetcher.download(artifact, archive, signal);
      const {
        bytes,
        files: count,
        manifest,
      } = await extractArchive(archive, files, {
        signal,
        ...(extractLimits === undefined ? {} : { limits: extractLimits }),
      });
      await this.#removals;
      const dir = join(this.#options.dir, key);
      await rm(dir, { recursive: true, force: true });
      await rename(files, dir);
      const tree = unpackedTree(dir, manifest, {
        ...(maxFileBytes === undefined ? {} : { maxFileBytes }),
        onDamage: () => {
          unpacked.damaged = true;
        },
      });
      const unpacked: Unpacked = { dir, bytes: bytes + count * fileBytes, tree, damaged: false };
      return unpacked;
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  async #prepare(): Promise<void> {
    await rm(this.#options.dir, { recursive: true, force: true });
    await mkdir(this.#options.dir, { recursive: true, mode: 0o700 });
  }

  #handle(entry: Entry, unpacked: Unpacked): OpenArtifact {
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      this.#release(entry);
    };
    return { tree: unpacked.tree, dir: unpacked.dir, release, [Symbol.dispose]: release };
  }

  #release(entry: Entry): void {
    entry.users -= 1;
    if (entry.users > 0) return;
    // Nobody waits for it any more; who asks next starts anew.
    if (entry.bytes === 0) {
      entry.abort.abort();
      if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    }
    this.#collect();
  }

  #touch(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
  }

  #collect(): void {
    let excess = this.bytes - this.#options.maxBytes;
    for (const entry of [...this.#entries.values()]) {
      if (excess <= 0) return;
      if (entry.users > 0 || entry.bytes === 0) continue;
      excess -= entry.bytes;
      this.#entries.delete(entry.key);
      this.#remove(entry.key);
    }
  }

  /** Removals run one after the other, and before anything takes a removed one's place. */
  #remove(key: string): void {
    const trash = join(this.#options.dir, `.${randomUUID()}`);
    this.#removals = this.#removals.then(async () => {
      try {
        await rename(join(this.#options.dir, key), trash);
        await rm(trash, { recursive: true, force: true });
      } catch {
        // It is gone already, or goes when the directory is prepared the next time.
      }
    });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

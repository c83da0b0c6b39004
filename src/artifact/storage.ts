import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Artifact } from '../crds/meta/artifact.ts';
import type { Clock } from '../lib/clock.ts';
import { secureJoin } from '../lib/secure-path.ts';
import { type ArchiveEntry, type ArchiveLimits, isPlainPath, type WrittenArchive, writeArchive } from './archive.ts';
import { ArtifactError } from './artifact-error.ts';
import { createHasher, type DigestAlgorithm, digestFile, parseDigest } from './digest.ts';
import { type ExtractLimits, extractArchive } from './extract.ts';
import { garbage, type Retention, type StoredFile } from './retention.ts';

export interface StorageOptions {
  /** Absolute path of the directory that the file server serves; created when absent. */
  readonly root: string;
  /** `host:port`, or a URL, under which consumers reach the file server; see {@link advertisedAddress}. */
  readonly hostname: string;
  readonly retention: Retention;
  readonly algorithm: DigestAlgorithm;
  readonly clock: Clock;
  readonly archiveLimits?: ArchiveLimits;
  readonly extractLimits?: ExtractLimits;
}

/** Whose artifact, and under which file name it is kept. */
export interface ArtifactTarget {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly fileName: string;
}

/** A directory that goes away with the scope that holds it. */
export interface ScratchDir extends AsyncDisposable {
  readonly path: string;
}

/** Unfinished files: below the root, so that renaming them is atomic; never served, as its name begins with a dot. */
const scratchName = '.sluice-scratch';

/** Files whose name ends so are no artifacts: Flux's lock files, left by a predecessor on the same volume. */
const lockSuffix = '.lock';

/**
 * The artifacts of the sources, as files `<kind>/<namespace>/<name>/<file>` below one root (pkg/artifact/storage).
 * A file is complete from the moment it has its name. One process at a time works on a root; it is the API objects'
 * statuses that say which file is whose, and {@link Storage.verify} holds a file against its status.
 */
export class Storage {
  readonly root: string;
  readonly #options: StorageOptions;

  constructor(options: StorageOptions) {
    this.root = options.root;
    this.#options = options;
  }

  /** The algorithm of the digests that it gives to artifacts. */
  get algorithm(): DigestAlgorithm {
    return this.#options.algorithm;
  }

  /** Makes the root ready, before anything else is done with it; what a predecessor left unfinished is removed. */
  async prepare(): Promise<void> {
    const scratch = join(this.root, scratchName);
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    await rm(scratch, { recursive: true, force: true });
    await mkdir(scratch, { mode: 0o700 });
  }

  /** The address that consumers fetch a path of this storage from. */
  url(path: string): string {
    const { hostname } = this.#options;
    const base = /^https?:\/\//.test(hostname) ? hostname : `http://${hostname}`;
    return `${base}/${path.replace(/^\/+/, '')}`;
  }

  /** Whether there is a regular file for the artifact. */
  async exists(artifact: Artifact): Promise<boolean> {
    const stats = await orAbsent(lstat(this.#localPath(artifact.path)));
    return stats?.isFile() === true;
  }

  /** Rejects with {@link ArtifactError} `DigestMismatch` when the file is not what the status says. */
  async verify(artifact: Artifact, signal?: AbortSignal): Promise<void> {
    const { algorithm } = parseDigest(artifact.digest);
    const actual = await digestFile(this.#localPath(artifact.path), algorithm, signal);
    if (actual !== artifact.digest) {
      throw new ArtifactError('DigestMismatch', `computed digest doesn't match '${artifact.digest}'`);
    }
  }

  /** Packs the entries and puts the file in place, over one of the same name. */
  archive(
    target: ArtifactTarget,
    revision: string,
    entries: Iterable<ArchiveEntry>,
    signal?: AbortSignal,
  ): Promise<Artifact> {
    const { algorithm, archiveLimits } = this.#options;
    return this.#put(target, revision, (scratch) =>
      writeArchive(entries, scratch, {
        algorithm,
        ...(archiveLimits === undefined ? {} : { limits: archiveLimits }),
        ...(signal === undefined ? {} : { signal }),
      }),
    );
  }

  /** Puts a file with this content in place as it is, over one of the same name. Whoever gives it bounds its size. */
  save(
    target: ArtifactTarget,
    revision: string,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<Artifact> {
    return this.#put(target, revision, async (scratch) => {
      const hasher = createHasher(this.#options.algorithm);
      let size = 0;
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of content) {
          hasher.update(chunk);
          size += chunk.length;
          yield chunk;
        }
      };
      const file = createWriteStream(scratch, { mode: 0o600 });
      await pipeline(counted, file, signal === undefined ? {} : { signal });
      return { digest: hasher.digest(), size };
    });
  }

  /** The file of an artifact on disk. */
  fileOf(artifact: Pick<Artifact, 'path'>): string {
    return this.#localPath(artifact.path);
  }

  /** An empty directory of its own for a while. */
  async scratchDir(): Promise<ScratchDir> {
    const path = await mkdtemp(await this.#scratch('work-'));
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
  }

  async #put(
    target: ArtifactTarget,
    revision: string,
    write: (scratch: string) => Promise<WrittenArchive>,
  ): Promise<Artifact> {
    const path = artifactPath(target);
    const scratch = await this.#scratch(randomUUID());
    try {
      const { digest, size } = await write(scratch);
      const local = this.#localPath(path);
      await mkdir(dirname(local), { recursive: true, mode: 0o700 });
      await rename(scratch, local);
      const lastUpdateTime = `${new Date(this.#options.clock.now()).toISOString().slice(0, 19)}Z`;
      return { digest, lastUpdateTime, path, revision, size, url: this.url(path) };
    } finally {
      await rm(scratch, { force: true });
    }
  }

  /** Points `linkName` beside the artifact's file at it, atomically; gives the address of the link. */
  async linkLatest(artifact: Artifact, linkName = 'latest.tar.gz'): Promise<string> {
    const local = this.#localPath(artifact.path);
    const scratch = await this.#scratch(randomUUID());
    await symlink(basename(local), scratch);
    await rename(scratch, join(dirname(local), linkName));
    return this.url(`${dirname(artifact.path)}/${linkName}`);
  }

  /** Unpacks an artifact into a directory of its own. Throws {@link ArtifactError} as {@link extractArchive} does. */
  async unpack(artifact: Artifact, signal?: AbortSignal): Promise<ScratchDir> {
    const path = await mkdtemp(await this.#scratch('unpack-'));
    const dispose = (): Promise<void> => rm(path, { recursive: true, force: true });
    try {
      await extractArchive(this.#localPath(artifact.path), path, {
        ...(this.#options.extractLimits === undefined ? {} : { limits: this.#options.extractLimits }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      await dispose();
      throw error;
    }
    return { path, [Symbol.asyncDispose]: dispose };
  }

  async remove(artifact: Artifact): Promise<void> {
    await rm(this.#localPath(artifact.path), { force: true });
  }

  /** Removes all files of an object; false when there were none. */
  async removeAll(object: Omit<ArtifactTarget, 'fileName'>): Promise<boolean> {
    const dir = dirname(this.#localPath(artifactPath({ ...object, fileName: 'x' })));
    if ((await orAbsent(lstat(dir))) === undefined) return false;
    await rm(dir, { recursive: true });
    return true;
  }

  /** Removes what the retention allows to go beside the current artifact; gives the names of the removed files. */
  async collectGarbage(artifact: Artifact): Promise<readonly string[]> {
    const local = this.#localPath(artifact.path);
    const dir = dirname(local);
    const names = (await orAbsent(readdir(dir))) ?? [];
    const files: StoredFile[] = [];
    for (const name of names) {
      const stats = await orAbsent(lstat(join(dir, name)));
      if (stats?.isFile() !== true) continue;
      if (name.endsWith(lockSuffix)) await rm(join(dir, name), { force: true });
      else files.push({ name, modifiedAt: stats.mtimeMs });
    }
    const removed = garbage(files, basename(local), this.#options.clock.now(), this.#options.retention);
    for (const name of removed) await rm(join(dir, name), { force: true });
    return removed;
  }

  /** The path of a new scratch file. The folder may have gone with everything else that was stored. */
  async #scratch(name: string): Promise<string> {
    const dir = join(this.root, scratchName);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return join(dir, name);
  }

  #localPath(path: string): string {
    return secureJoin(this.root, path);
  }
}

/** `<kind>/<namespace>/<name>/<file>`, the kind in lower case. Throws for parts that are no plain names. */
export function artifactPath(target: ArtifactTarget): string {
  const parts = [target.kind.toLowerCase(), target.namespace, target.name, target.fileName];
  if (!parts.every((part) => isPlainPath(part) && !part.includes('/'))) {
    throw new ArtifactError('Refused', `'${parts.join("', '")}' make no artifact path`);
  }
  return parts.join('/');
}

/**
 * The address to advertise: `--storage-adv-addr` as it is, else derived from `--storage-addr`, with localhost for an
 * absent host and this machine's name for 0.0.0.0 (pkg/artifact/config/options.go).
 */
export function advertisedAddress(flags: {
  readonly advAddr: string;
  readonly addr: string;
  readonly hostname: string;
}): string {
  if (flags.advAddr !== '') return flags.advAddr;
  const { host, port } = splitHostPort(flags.addr);
  const name = host === '' ? 'localhost' : host === '0.0.0.0' ? flags.hostname : host;
  return `${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Reads Go's `host:port`, where the host may be empty or a bracketed IPv6 address. Throws RangeError otherwise. */
export function splitHostPort(addr: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(addr);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) throw new RangeError(`invalid address '${addr}': expected host:port`);
  return { host: match[1] ?? match[2] ?? '', port };
}

async function orAbsent<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  }
}

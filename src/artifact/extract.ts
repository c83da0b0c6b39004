import { createHash, type Hash } from 'node:crypto';
import { closeSync, createReadStream, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isPlainPath } from './archive.ts';
import { ArtifactError } from './artifact-error.ts';
import { contentAlgorithm, Manifest } from './manifest.ts';
import { type TarHandler, type TarMember, TarReader } from './tar-reader.ts';

export interface ExtractLimits {
  /** Of all contents together, unpacked. */
  readonly maxBytes: number;
  readonly maxEntries: number;
  /** Unpacked bytes per packed byte, counted once more than `ratioFreeBytes` are unpacked. */
  readonly maxRatio: number;
  readonly ratioFreeBytes: number;
}

export const defaultExtractLimits: ExtractLimits = {
  maxBytes: 2 * 1024 ** 3,
  maxEntries: 500_000,
  maxRatio: 200,
  ratioFreeBytes: 64 * 1024 ** 2,
};

export interface Extracted {
  /** Unpacked bytes of all files. */
  readonly bytes: number;
  readonly files: number;
  /** What is in the directory now. */
  readonly manifest: Manifest;
}

/**
 * Unpacks a tar.gz into the existing, empty directory `dir`. Files become read-only (0444, or 0555 when executable).
 * Symlinks are left out, as Flux's consumers do; hard links, devices, absolute paths, `..` and backslashes in names
 * are refused (pkg/tar/untar.go). Nothing is written outside `dir`: it holds no links, and names are plain.
 *
 * Throws {@link ArtifactError} `Refused`, `TooLarge` or `Corrupt`; what was unpacked until then stays for the caller
 * to remove.
 */
export async function extractArchive(
  file: string,
  dir: string,
  options: { readonly limits?: ExtractLimits; readonly signal?: AbortSignal } = {},
): Promise<Extracted> {
  const extraction = new Extraction(dir, options.limits ?? defaultExtractLimits);
  const reader = new TarReader(extraction);
  try {
    await pipeline(
      createReadStream(file, { highWaterMark: 128 * 1024 }),
      async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          extraction.packedBytes += chunk.length;
          yield chunk;
        }
      },
      createGunzip({ chunkSize: 128 * 1024 }),
      async (source: AsyncIterable<Buffer>) => {
        for await (const chunk of source) {
          extraction.count(chunk.length);
          reader.push(chunk);
        }
        reader.end();
      },
      options.signal === undefined ? {} : { signal: options.signal },
    );
  } catch (error) {
    throw isZlibError(error)
      ? new ArtifactError('Corrupt', 'the artifact is not a complete gzip stream', { cause: error })
      : error;
  } finally {
    extraction.close();
  }
  const { fileBytes, files, manifest } = extraction;
  return { bytes: fileBytes, files, manifest };
}

class Extraction implements TarHandler {
  packedBytes = 0;
  unpackedBytes = 0;
  fileBytes = 0;
  files = 0;
  readonly manifest = new Manifest();
  readonly #dir: string;
  readonly #limits: ExtractLimits;
  readonly #madeDirs = new Set<string>();
  #entries = 0;
  #open: { readonly path: string; readonly descriptor: number; readonly hash: Hash } | undefined;

  constructor(dir: string, limits: ExtractLimits) {
    this.#dir = dir;
    this.#limits = limits;
  }

  /** Counts bytes that came out of gzip, before anything is made of them. */
  count(bytes: number): void {
    this.unpackedBytes += bytes;
    const { maxBytes, maxRatio, ratioFreeBytes } = this.#limits;
    if (this.unpackedBytes > maxBytes) {
      throw new ArtifactError('TooLarge', `the artifact unpacks to more than ${maxBytes} bytes`);
    }
    if (this.unpackedBytes > ratioFreeBytes && this.unpackedBytes > maxRatio * this.packedBytes) {
      throw new ArtifactError('TooLarge', `the artifact unpacks to more than ${maxRatio} times its size`);
    }
  }

  member(member: TarMember): void {
    this.#entries += 1;
    if (this.#entries > this.#limits.maxEntries) {
      throw new ArtifactError('TooLarge', `the artifact has more than ${this.#limits.maxEntries} entries`);
    }
    if (member.type === 'symlink') return;
    if (member.type === 'hardlink' || member.type === 'other') {
      throw new ArtifactError('Refused', `the artifact's entry '${member.name}' is neither a file nor a directory`);
    }
    const path = memberPath(member.name);
    if (member.type === 'dir') {
      this.#makeDir(path);
      return;
    }
    if (path === '') throw new ArtifactError('Refused', `the artifact's entry '${member.name}' has an invalid name`);
    const slash = path.lastIndexOf('/');
    this.#makeDir(slash < 0 ? '' : path.slice(0, slash));
    this.#create(path, member);
  }

  content(bytes: Uint8Array): void {
    if (this.#open === undefined) return;
    const { descriptor, hash } = this.#open;
    hash.update(bytes);
    let at = 0;
    while (at < bytes.length) at += writeSync(descriptor, bytes, at);
  }

  memberEnd(): void {
    if (this.#open !== undefined) this.manifest.addFile(this.#open.path, this.#open.hash.digest('base64'));
    this.close();
  }

  close(): void {
    if (this.#open !== undefined) closeSync(this.#open.descriptor);
    this.#open = undefined;
  }

  #makeDir(path: string): void {
    if (path === '' || this.#madeDirs.has(path)) return;
    this.#attempt(path, () => mkdirSync(join(this.#dir, path), { recursive: true, mode: 0o755 }));
    this.#madeDirs.add(path);
    this.manifest.addDir(path);
  }

  #create(path: string, member: TarMember): void {
    // Exclusive: a name that occurs twice would let the second entry decide what the first one showed.
    this.#attempt(path, () => {
      const descriptor = openSync(join(this.#dir, path), 'wx', (member.mode & 0o111) === 0 ? 0o444 : 0o555);
      this.#open = { path, descriptor, hash: createHash(contentAlgorithm) };
    });
    this.files += 1;
    this.fileBytes += member.size;
  }

  #attempt(path: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!isConflict(error)) throw error;
      throw new ArtifactError('Refused', `the artifact's entry '${path}' conflicts with another entry`, {
        cause: error,
      });
    }
  }
}

/** The member's path below the root, '' for the root itself. Throws for names that could lead elsewhere. */
function memberPath(name: string): string {
  if (name === '.' || name === './') return '';
  const path = name.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  if (name.startsWith('/') || name.includes('\\') || !isPlainPath(path)) {
    throw new ArtifactError('Refused', `the artifact's entry '${name}' has an invalid name`);
  }
  return path;
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function isZlibError(error: unknown): boolean {
  return errorCode(error).startsWith('Z_');
}

function isConflict(error: unknown): boolean {
  return ['EEXIST', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'EILSEQ'].includes(errorCode(error));
}

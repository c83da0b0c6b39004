import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { ArtifactError } from './artifact-error.ts';
import { createHasher, type DigestAlgorithm, type Hasher } from './digest.ts';
import { blockSize, encodeTarHeader, padding } from './tar-header.ts';
import { inWalkOrder } from './walk-order.ts';

/** A directory or file to be archived. Paths are relative and use `/`. */
export type ArchiveEntry =
  | { readonly path: string; readonly type: 'dir' }
  | { readonly path: string; readonly type: 'file'; readonly executable: boolean; read(): Uint8Array };

export interface ArchiveLimits {
  /** Of all contents, before compression. */
  readonly maxBytes: number;
  readonly maxEntries: number;
}

export interface WrittenArchive {
  /** `<algorithm>:<hex>` of the compressed file. */
  readonly digest: string;
  /** Bytes of the compressed file. */
  readonly size: number;
}

export const defaultArchiveLimits: ArchiveLimits = { maxBytes: 2 * 1024 ** 3, maxEntries: 500_000 };

/** Blocks are gathered to this many bytes before they go through gzip: small files cost no stream event each. */
const chunkBytes = 128 * 1024;

/** Modes of an artifact's entries (pkg/artifact/storage/archive.go). */
const fileMode = 0o600;
const executableMode = 0o700;
const dirMode = 0o750;

/**
 * Writes a reproducible tar.gz to `outFile` (created or truncated): entries sorted as a directory walk meets them,
 * owners and times zero, modes 0600, 0700 and 0750. Equal entries give equal bytes. Contents are read one at a time.
 * Throws {@link ArtifactError} `Refused` for a path that is not plain and relative or occurs twice, `TooLarge`
 * beyond the limits.
 */
export async function writeArchive(
  entries: Iterable<ArchiveEntry>,
  outFile: string,
  options: { readonly algorithm: DigestAlgorithm; readonly limits?: ArchiveLimits; readonly signal?: AbortSignal },
): Promise<WrittenArchive> {
  const sorted = await inWalkOrder(entries);
  const limits = options.limits ?? defaultArchiveLimits;
  checkEntries(sorted, limits);
  const hasher = createHasher(options.algorithm);
  const counted = { size: 0 };
  await pipeline(
    Readable.from(chunks(sorted, limits), { objectMode: false, highWaterMark: 2 * chunkBytes }),
    createGzip(),
    hashing(hasher, counted),
    createWriteStream(outFile, { mode: 0o600 }),
    options.signal === undefined ? {} : { signal: options.signal },
  );
  return { digest: hasher.digest(), size: counted.size };
}

/** Whether a path is relative, in normal form and free of bytes that no file name has. */
export function isPlainPath(path: string): boolean {
  return (
    path !== '' &&
    !path.includes('\u0000') &&
    path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  );
}

function checkEntries(sorted: readonly ArchiveEntry[], limits: ArchiveLimits): void {
  if (sorted.length > limits.maxEntries) {
    throw new ArtifactError(
      'TooLarge',
      `the archive would hold ${sorted.length} entries, more than ${limits.maxEntries}`,
    );
  }
  let previous: string | undefined;
  for (const { path } of sorted) {
    if (!isPlainPath(path)) throw new ArtifactError('Refused', `the path '${path}' cannot be archived`);
    if (path === previous) throw new ArtifactError('Refused', `the path '${path}' occurs twice`);
    previous = path;
  }
}

function* chunks(sorted: readonly ArchiveEntry[], limits: ArchiveLimits): Generator<Buffer> {
  let pending: Uint8Array[] = [encodeTarHeader({ name: '.', type: 'dir', mode: dirMode, size: 0 })];
  let pendingBytes = blockSize;
  let total = 0;
  for (const block of blocks(sorted)) {
    total += block.length;
    if (total > limits.maxBytes) {
      throw new ArtifactError('TooLarge', `the archive would hold more than ${limits.maxBytes} bytes`);
    }
    pending.push(block);
    pendingBytes += block.length;
    if (pendingBytes >= chunkBytes) {
      yield Buffer.concat(pending);
      pending = [];
      pendingBytes = 0;
    }
  }
  pending.push(Buffer.alloc(2 * blockSize));
  yield Buffer.concat(pending);
}

function* blocks(sorted: readonly ArchiveEntry[]): Generator<Uint8Array> {
  for (const entry of sorted) {
    if (entry.type === 'dir') {
      yield encodeTarHeader({ name: entry.path, type: 'dir', mode: dirMode, size: 0 });
      continue;
    }
    const content = entry.read();
    const mode = entry.executable ? executableMode : fileMode;
    yield encodeTarHeader({ name: entry.path, type: 'file', mode, size: content.length });
    if (content.length > 0) {
      yield content;
      yield padding(content.length);
    }
  }
}

function hashing(hasher: Hasher, counted: { size: number }): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hasher.update(chunk);
      counted.size += chunk.length;
      done(null, chunk);
    },
  });
}

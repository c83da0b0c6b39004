import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { isInside } from '../lib/secure-path.ts';
import type { EntryType, Tree, TreeEntry } from '../lib/tree.ts';
import { ArtifactError } from './artifact-error.ts';

/** Larger files than this are no manifests; the limit keeps one from filling the memory. */
const defaultMaxFileBytes = 64 * 1024 ** 2;

/**
 * A {@link Tree} over an existing directory. Symlinks are followed as long as they end inside `rootDir`; those that
 * do not, and devices, sockets and pipes, count as absent. `readFile` throws {@link ArtifactError} `TooLarge` beyond
 * `maxFileBytes` (64 MiB unless told). Throws when `rootDir` does not exist.
 */
export function diskTree(rootDir: string, options: { readonly maxFileBytes?: number } = {}): Tree {
  const root = realpathSync(rootDir);
  const maxFileBytes = options.maxFileBytes ?? defaultMaxFileBytes;
  const realPath = (path: string): string | undefined => confinedPath(root, path);
  return {
    stat: (path) => {
      const real = realPath(path);
      return real === undefined ? undefined : entryType(real);
    },
    readFile: (path) => {
      const real = realPath(path);
      return real === undefined ? undefined : readRegularFile(real, path, maxFileBytes);
    },
    list: (path) => {
      const real = realPath(path);
      if (real === undefined || entryType(real) !== 'dir') return undefined;
      return listDir(real, (name) => {
        const target = realPath(join(path, name));
        return target === undefined ? undefined : entryType(target);
      });
    },
  };
}

/** The path with all symlinks resolved, or undefined when there is none or it lies outside. */
function confinedPath(root: string, path: string): string | undefined {
  const relative = relativePath(path);
  if (relative === undefined) return undefined;
  const real = orAbsent(() => realpathSync.native(join(root, relative)));
  return real !== undefined && isInside(root, real) ? real : undefined;
}

/** Removes `.` and `..` lexically; undefined when the path is absolute or climbs above the root. */
export function relativePath(path: string): string | undefined {
  if (path.startsWith('/') || path.includes('\u0000')) return undefined;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

function entryType(real: string): EntryType | undefined {
  const stats = orAbsent(() => statSync(real));
  if (stats?.isFile() === true) return 'file';
  return stats?.isDirectory() === true ? 'dir' : undefined;
}

function listDir(real: string, resolveLink: (name: string) => EntryType | undefined): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (const entry of readdirSync(real, { withFileTypes: true })) {
    const type = direntType(entry, resolveLink);
    if (type !== undefined) entries.push({ name: entry.name, type });
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function direntType(entry: Dirent, resolveLink: (name: string) => EntryType | undefined): EntryType | undefined {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'dir';
  return entry.isSymbolicLink() ? resolveLink(entry.name) : undefined;
}

function readRegularFile(real: string, path: string, maxFileBytes: number): Uint8Array | undefined {
  // Not blocking, so that a pipe put in a file's place cannot hold the process.
  const descriptor = orAbsent(() => openSync(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW));
  if (descriptor === undefined) return undefined;
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return undefined;
    if (stats.size > maxFileBytes) {
      throw new ArtifactError('TooLarge', `the file '${path}' has ${stats.size} bytes, more than ${maxFileBytes}`);
    }
    const bytes = Buffer.alloc(stats.size);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(descriptor, bytes, at, bytes.length - at, at);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  } finally {
    closeSync(descriptor);
  }
}

const absentCodes = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'ENXIO']);

function orAbsent<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error && 'code' in error && absentCodes.has(String(error.code))) return undefined;
    throw error;
  }
}

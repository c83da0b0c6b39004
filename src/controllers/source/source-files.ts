import { readdirSync, readFileSync } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveEntry } from '../../artifact/archive.ts';
import { type IgnoreFile, ignoreFileName } from '../../artifact/ignore.ts';
import { compareWalkOrder } from '../../artifact/walk-order.ts';
import type { GitFile } from '../../git/checkout.ts';

type FileEntry = Extract<ArchiveEntry, { readonly type: 'file' }>;

/** A `.sourceignore` beyond this is no set of rules. */
const maxIgnoreFileBytes = 1024 * 1024;

/** A path cannot be what it should become. */
export class PathConflict extends Error {
  override readonly name = 'PathConflict';
}

/**
 * The files and directories that an artifact is made of, before ignore rules. Paths are relative and plain. Symlinks
 * never get in: artifacts have none (pkg/artifact/storage/archive.go).
 */
export class SourceFiles {
  readonly #files = new Map<string, FileEntry>();
  readonly #dirs = new Set<string>();

  static of(files: readonly GitFile[]): SourceFiles {
    const source = new SourceFiles();
    for (const file of files) {
      if (file.mode === '120000') source.#addParents(file.path);
      else source.#add({ path: file.path, type: 'file', executable: file.mode === '100755', read: () => file.read() });
    }
    return source;
  }

  /** Whether there is a file or directory at the path; the root is one. */
  typeOf(path: string): 'file' | 'dir' | undefined {
    if (path === '' || this.#dirs.has(path)) return 'dir';
    return this.#files.has(path) ? 'file' : undefined;
  }

  /**
   * The regular files and directories below a directory on disk, and which of them are executable. There may be very
   * many: everything else has its turn meanwhile.
   */
  static async below(dir: string): Promise<SourceFiles> {
    const source = new SourceFiles();
    for await (const entry of await opendir(dir, { recursive: true, bufferSize: 256 })) {
      const file = join(entry.parentPath, entry.name);
      const path = file.slice(dir.length + 1);
      if (entry.isDirectory()) source.#addDir(path);
      else if (entry.isFile()) {
        const executable = ((await lstat(file)).mode & 0o111) !== 0;
        source.#add({ path, type: 'file', executable, read: () => readFileSync(file) });
      }
    }
    return source;
  }

  /** Puts the regular files and directories below a directory on disk at `toPath`, which must be free. */
  addTree(dir: string, toPath: string): void {
    this.#checkFree(toPath);
    this.#addDir(toPath);
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      const full = join(entry.parentPath, entry.name);
      const path = `${toPath}${full.slice(dir.length)}`;
      if (entry.isDirectory()) this.#addDir(path);
      else if (entry.isFile()) this.addFile(full, path);
    }
  }

  /** Puts a regular file on disk at `path`, over a file that is there. */
  addFile(file: string, path: string): void {
    if (this.#dirs.has(path)) throw new PathConflict(`'${path}' is a directory already`);
    this.#add({ path, type: 'file', executable: false, read: () => readFileSync(file) });
  }

  /** All of it, in no particular order. */
  *entries(): Generator<ArchiveEntry> {
    for (const path of this.#dirs) yield { path, type: 'dir' };
    yield* this.#files.values();
  }

  /** The rules files, outermost first. Throws RangeError for one of absurd size. */
  ignoreFiles(): readonly IgnoreFile[] {
    const found: IgnoreFile[] = [];
    for (const { path, read } of this.#files.values()) {
      const slash = path.lastIndexOf('/');
      if (path.slice(slash + 1) !== ignoreFileName) continue;
      const content = read();
      if (content.length > maxIgnoreFileBytes)
        throw new RangeError(`'${path}' has more than ${maxIgnoreFileBytes} bytes`);
      found.push({ dir: path.slice(0, Math.max(0, slash)), text: Buffer.from(content).toString('utf8') });
    }
    return found.sort((a, b) => compareWalkOrder(a.dir, b.dir));
  }

  #checkFree(path: string): void {
    const type = this.typeOf(path);
    if (type !== undefined) throw new PathConflict(`'${path}' is there already`);
  }

  #add(entry: FileEntry): void {
    this.#addParents(entry.path);
    this.#files.set(entry.path, entry);
  }

  #addParents(path: string): void {
    const slash = path.lastIndexOf('/');
    if (slash > 0) this.#addDir(path.slice(0, slash));
  }

  #addDir(path: string): void {
    if (path === '' || this.#dirs.has(path)) return;
    if (this.#files.has(path)) throw new PathConflict(`'${path}' is a file already`);
    this.#addParents(path);
    this.#dirs.add(path);
  }
}

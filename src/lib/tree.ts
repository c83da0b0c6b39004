/** What a path in a {@link Tree} names, after symlinks inside the tree have been followed. */
export type EntryType = 'file' | 'dir';

export interface TreeEntry {
  readonly name: string;
  readonly type: EntryType;
}

/**
 * A read-only file tree: an unpacked artifact, a folder, or a map in memory.
 *
 * Paths are relative to the root, use `/`, and `''` or `'.'` is the root itself. No path, absolute name or symlink
 * reaches outside: such a path is answered as absent. Reading is synchronous, so that an engine that uses a tree
 * is a plain function and can run in a worker thread.
 */
export interface Tree {
  /** The type of the entry, or undefined when there is none (or it lies outside the root). */
  stat(path: string): EntryType | undefined;
  /** The bytes of a file; undefined when there is no such file. Throws when it is larger than the tree's limit. */
  readFile(path: string): Uint8Array | undefined;
  /** The entries of a directory sorted by name in code-unit order; undefined when there is no such directory. */
  list(path: string): readonly TreeEntry[] | undefined;
}

import type { Tree } from '../lib/tree.ts';

/** A commit's files, and how many bytes they have together. */
export interface CommitTree {
  readonly tree: Tree;
  readonly bytes: number;
}

/** Keeps the files of commits, which never change, up to `maxBytes` together: the least recently used go first. */
export class CommitTrees {
  readonly #entries = new Map<string, CommitTree>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): Tree | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.tree;
  }

  /** Keeps the files; those of a commit that is larger than all that may be kept are not. */
  add(key: string, entry: CommitTree): void {
    if (this.#entries.has(key) || entry.bytes > this.#maxBytes) return;
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    for (const [oldest, { bytes }] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#entries.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}

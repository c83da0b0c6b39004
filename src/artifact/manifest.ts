import type { EntryType, TreeEntry } from '../lib/tree.ts';

/** By what the contents of files are told apart. */
export const contentAlgorithm = 'sha256';

/** What an archive holds: paths of directories, and of files with their digests (SHA-256 in base64). No symlinks. */
export class Manifest {
  readonly #files = new Map<string, string>();
  readonly #dirs = new Map<string, Set<string>>([['', new Set()]]);
  readonly #sorted = new Map<string, readonly TreeEntry[]>();

  /** Adds a directory and those above it. */
  addDir(path: string): void {
    if (this.#dirs.has(path)) return;
    this.#dirs.set(path, new Set());
    this.#addTo(path);
  }

  /** Adds a file and the directories above it. */
  addFile(path: string, digest: string): void {
    this.#files.set(path, digest);
    this.#addTo(path);
  }

  digestOf(path: string): string | undefined {
    return this.#files.get(path);
  }

  typeOf(path: string): EntryType | undefined {
    return this.#files.has(path) ? 'file' : this.#dirs.has(path) ? 'dir' : undefined;
  }

  list(path: string): readonly TreeEntry[] | undefined {
    const names = this.#dirs.get(path);
    if (names === undefined) return undefined;
    const known = this.#sorted.get(path);
    if (known !== undefined) return known;
    const below = path === '' ? '' : `${path}/`;
    const entries = [...names]
      .sort((a, b) => (a < b ? -1 : 1))
      .map((name): TreeEntry => ({ name, type: this.#dirs.has(`${below}${name}`) ? 'dir' : 'file' }));
    this.#sorted.set(path, entries);
    return entries;
  }

  #addTo(path: string): void {
    const slash = path.lastIndexOf('/');
    const parent = slash < 0 ? '' : path.slice(0, slash);
    this.addDir(parent);
    this.#dirs.get(parent)?.add(path.slice(slash + 1));
  }
}

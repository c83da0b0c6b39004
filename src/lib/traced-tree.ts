import type { EntryType, Tree, TreeEntry } from './tree.ts';

/** A tree that tells whether a file is the same without its bytes being read. */
export interface DigestedTree extends Tree {
  /** The same text for the same bytes, in every tree and process; undefined when there is no such file. */
  digestOf(path: string): string | undefined;
}

/**
 * What somebody looked at in a tree: `s<path>` asked for the type of an entry, `r<path>` read a file, `l<path>` listed
 * a directory. In the order of the first look, each once.
 */
export type Looks = readonly string[];

/** A tree that remembers what is looked at through it, also in vain. */
export class TracedTree implements Tree {
  readonly #tree: Tree;
  readonly #looks = new Set<string>();

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  get looks(): Looks {
    return [...this.#looks];
  }

  stat(path: string): EntryType | undefined {
    this.#looks.add(`s${path}`);
    return this.#tree.stat(path);
  }

  readFile(path: string): Uint8Array | undefined {
    this.#looks.add(`r${path}`);
    return this.#tree.readFile(path);
  }

  list(path: string): readonly TreeEntry[] | undefined {
    this.#looks.add(`l${path}`);
    return this.#tree.list(path);
  }
}

/**
 * What a tree answers to these looks, as text: two trees with the same answers are the same to whoever looks no
 * further. A file that was read counts by its digest, so that its bytes are not read again.
 */
export function answersTo(looks: Looks, tree: DigestedTree): string {
  return looks.map((look) => answer(look, tree)).join('\n');
}

function answer(look: string, tree: DigestedTree): string {
  const path = look.slice(1);
  switch (look[0]) {
    case 's':
      return tree.stat(path) ?? '';
    case 'r':
      return tree.digestOf(path) ?? '';
    default:
      return JSON.stringify(tree.list(path)?.map(({ name, type }) => [name, type]) ?? null);
  }
}

import { GitError } from './errors.ts';
import type { GitLimits } from './limits.ts';
import { type ObjectStore, readObject } from './object-store.ts';
import type { Selection } from './sparse.ts';
import { type GitTreeEntry, parseTree } from './tree.ts';

/** A file, symlink or submodule of a tree, with its path from the tree's root. */
export interface WalkedEntry {
  readonly path: string;
  readonly kind: 'file' | 'executable' | 'link' | 'commit';
  readonly oid: string;
}

/** Counts the entries of one checkout, which may be made of several trees. */
export interface EntryBudget {
  entries: number;
}

interface Walk {
  readonly store: ObjectStore;
  readonly selection: Selection;
  readonly limits: Pick<GitLimits, 'maxTreeDepth' | 'maxFiles'>;
  readonly budget: EntryBudget;
  /** In front of every path, with its `/`: where a submodule is mounted. */
  readonly prefix: string;
}

/**
 * All wanted entries below a tree, in the order of the bytes of their paths. The trees must be in the store. Throws
 * `TooLarge` at a limit (a tree may hold itself a thousand times over), and what {@link parseTree} throws.
 */
export function* walkTree(tree: string, walk: Walk): Generator<WalkedEntry> {
  yield* walkFolder(tree, walk.prefix, walk, 0);
}

function* walkFolder(tree: string, prefix: string, walk: Walk, depth: number): Generator<WalkedEntry> {
  if (depth > walk.limits.maxTreeDepth) {
    throw new GitError('TooLarge', `folders nest deeper than ${walk.limits.maxTreeDepth}: '${prefix.slice(0, 200)}'`);
  }
  const content = readObject(walk.store, tree, 'tree');
  for (const entry of parseTree(content, walk.store.format, prefix.slice(0, -1))) {
    walk.budget.entries += 1;
    if (walk.budget.entries > walk.limits.maxFiles) {
      throw new GitError('TooLarge', `the checkout has more than ${walk.limits.maxFiles} entries`);
    }
    yield* walkEntry(entry, `${prefix}${entry.name}`, walk, depth);
  }
}

/** What Linux takes for a path (PATH_MAX). */
const maxPathBytes = 4096;

function* walkEntry(entry: GitTreeEntry, path: string, walk: Walk, depth: number): Generator<WalkedEntry> {
  const { kind, oid } = entry;
  if (path.length > maxPathBytes / 4 && Buffer.byteLength(path) >= maxPathBytes) {
    throw new GitError('UnsafePath', `a path is longer than ${maxPathBytes} bytes: '${path.slice(0, 200)}...'`);
  }
  if (kind === 'tree') {
    if (walk.selection.mayContain(path)) {
      yield* walkFolder(oid, `${path}/`, walk, depth + 1);
    }
  } else if (walk.selection.includes(path) || (kind === 'commit' && walk.selection.mayContain(path))) {
    yield { path, kind, oid };
  }
}

import { GitError } from './errors.ts';

/** Which part of a tree is wanted. */
export interface Selection {
  /** Whether a file (or submodule) at this path is wanted. */
  includes(path: string): boolean;
  /** Whether something wanted may lie in this folder. */
  mayContain(folder: string): boolean;
}

/** Everything. */
export const everything: Selection = { includes: () => true, mayContain: () => true };

/**
 * The selection of `spec.sparseCheckout`; undefined or an empty list select everything. As in go-git
 * (plumbing/format/index, SkipUnless), which Flux uses, an entry selects every path that begins with its text: `apps`
 * selects `apps/web` and also `apps-test/web`. A leading `./` is left away (gitrepository_controller.go, gitCheckout).
 */
export function sparseSelection(directories: readonly string[] | undefined): Selection {
  if (directories === undefined || directories.length === 0) {
    return everything;
  }
  const prefixes = directories.map((directory) => directory.replace(/^\.\//, ''));
  return {
    includes: (path) => prefixes.some((prefix) => path.startsWith(prefix)),
    mayContain: (folder) =>
      prefixes.some((prefix) => `${folder}/`.startsWith(prefix) || prefix.startsWith(`${folder}/`)),
  };
}

/** Throws `SparseDirectoryNotFound` when a directory of `spec.sparseCheckout` is not among the files checked out. */
export function checkSparseDirectories(
  directories: readonly string[],
  files: Iterable<{ readonly path: string }>,
): void {
  const missing = new Map(directories.map((directory) => [directory, normalize(directory)]));
  for (const { path } of files) {
    for (const [directory, wanted] of missing) {
      if (wanted === '' || path === wanted || path.startsWith(`${wanted}/`)) {
        missing.delete(directory);
      }
    }
    if (missing.size === 0) {
      return;
    }
  }
  for (const [directory, wanted] of missing) {
    if (wanted !== '') {
      const message = `sparse checkout dir '${directory}' does not exist in repository`;
      throw new GitError('SparseDirectoryNotFound', message);
    }
  }
}

/** The path without `.`, empty and `..` parts; `..` never leaves the root. */
function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') {
      parts.pop();
    } else if (part !== '' && part !== '.') {
      parts.push(part);
    }
  }
  return parts.join('/');
}

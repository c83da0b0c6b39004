import type { Tree, TreeEntry } from './tree.ts';

type Folder = Map<string, Folder | Uint8Array>;

/** A {@link Tree} over a map of paths to contents (text as UTF-8); `emptyDirs` are folders without a file. */
export function memoryTree(
  files: Readonly<Record<string, string | Uint8Array>>,
  emptyDirs: readonly string[] = [],
): Tree {
  const root: Folder = new Map();
  for (const dir of emptyDirs) folderAt(root, partsOf(dir) ?? []);
  for (const [path, content] of Object.entries(files)) {
    const parts = partsOf(path);
    const name = parts?.pop();
    if (parts === undefined || name === undefined) throw new RangeError(`path outside the tree: ${path}`);
    folderAt(root, parts).set(name, typeof content === 'string' ? new TextEncoder().encode(content) : content);
  }
  return {
    stat(path) {
      const node = find(root, path);
      return node === undefined ? undefined : node instanceof Map ? 'dir' : 'file';
    },
    readFile(path) {
      const node = find(root, path);
      return node instanceof Map ? undefined : node;
    },
    list(path) {
      const node = find(root, path);
      return node instanceof Map ? entriesOf(node) : undefined;
    },
  };
}

function entriesOf(folder: Folder): readonly TreeEntry[] {
  return [...folder]
    .map(([name, node]): TreeEntry => ({ name, type: node instanceof Map ? 'dir' : 'file' }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The parts of a relative path after `.` and `..` are resolved; undefined when it is absolute or leaves the root. */
function partsOf(path: string): string[] | undefined {
  if (path.startsWith('/')) return undefined;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts;
}

function find(root: Folder, path: string): Folder | Uint8Array | undefined {
  let node: Folder | Uint8Array | undefined = root;
  for (const part of partsOf(path) ?? ['/']) {
    node = node instanceof Map ? node.get(part) : undefined;
  }
  return node;
}

function folderAt(root: Folder, parts: readonly string[]): Folder {
  let folder = root;
  for (const part of parts) {
    const node = folder.get(part) ?? new Map();
    if (!(node instanceof Map)) throw new RangeError(`a file is in the way: ${parts.join('/')}`);
    folder.set(part, node);
    folder = node;
  }
  return folder;
}

import type { EntryType, Tree, TreeEntry } from '../lib/tree.ts';
import type { Checkout, GitFile } from './checkout.ts';

type Node = Folder | GitFile;
type Folder = Map<string, Node>;

const maxLinks = 40;
const maxLinkBytes = 4096;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * A {@link Tree} over the files of a commit. Symlinks are followed as long as they end inside; others count as absent,
 * as do chains of more than 40. A file is inflated when it is first read, and kept.
 */
export function checkoutTree({ files, emptyFolders }: Pick<Checkout, 'files' | 'emptyFolders'>): Tree {
  const root: Folder = new Map();
  for (const path of emptyFolders) folderAt(root, path.split('/'));
  for (const file of files) {
    const parts = file.path.split('/');
    const name = parts.pop() ?? '';
    folderAt(root, parts).set(name, file);
  }
  const contents = new Map<string, Uint8Array>();
  return {
    stat: (path) => typeOf(find(root, path)),
    readFile: (path) => {
      const file = find(root, path);
      if (file === undefined || file instanceof Map) return undefined;
      const content = contents.get(file.oid) ?? file.read();
      contents.set(file.oid, content);
      return content;
    },
    list: (path) => {
      const folder = find(root, path);
      return folder instanceof Map ? entriesOf(folder, root, path) : undefined;
    },
  };
}

function folderAt(root: Folder, parts: readonly string[]): Folder {
  let folder = root;
  for (const part of parts) {
    const next = folder.get(part);
    const child: Folder = next instanceof Map ? next : new Map();
    if (child !== next) folder.set(part, child);
    folder = child;
  }
  return folder;
}

function typeOf(node: Node | undefined): EntryType | undefined {
  if (node === undefined) return undefined;
  return node instanceof Map ? 'dir' : 'file';
}

function entriesOf(folder: Folder, root: Folder, path: string): readonly TreeEntry[] {
  return [...folder]
    .flatMap(([name, node]): TreeEntry[] => {
      const type = isLink(node) ? typeOf(find(root, `./${path}/${name}`)) : typeOf(node);
      return type === undefined ? [] : [{ name, type }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isLink(node: Node | undefined): node is GitFile {
  return node !== undefined && !(node instanceof Map) && node.mode === '120000';
}

/** What lies at a path, with links followed; undefined when there is nothing, or it leaves the root. */
function find(root: Folder, path: string): Node | undefined {
  if (path.startsWith('/')) return undefined;
  const todo = partsOf(path).toReversed();
  const above: Folder[] = [];
  let node: Node = root;
  let links = 0;
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    if (!(node instanceof Map)) return undefined;
    if (part === '..') {
      const parent = above.pop();
      if (parent === undefined) return undefined;
      node = parent;
      continue;
    }
    const next: Node | undefined = node.get(part);
    if (next === undefined) return undefined;
    if (isLink(next)) {
      const target = next.size > maxLinkBytes ? '/' : utf8.decode(next.read());
      links += 1;
      if (links > maxLinks || target.startsWith('/')) return undefined;
      todo.push(...partsOf(target).toReversed());
      continue;
    }
    above.push(node);
    node = next;
  }
  return node;
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

import { cleanPath } from '../../../engines/kustomize/paths/join.ts';
import type { RemoteSource } from '../../../engines/kustomize/remote/remote-source.ts';
import type { EntryType, Tree, TreeEntry } from '../../../lib/tree.ts';
import type { EncryptedFiles } from './encrypted-files.ts';

/** A tree in which some files are decrypted. They are in memory alone: nothing is ever written to the disk in clear. */
export class DecryptedTree implements Tree {
  readonly #tree: Tree;
  readonly #files: EncryptedFiles;
  readonly #decrypted = new Map<string, Uint8Array>();

  constructor(tree: Tree, files: EncryptedFiles) {
    this.#tree = tree;
    this.#files = files;
  }

  /** From now on, the file reads so. */
  replace(path: string, content: Uint8Array): void {
    this.#decrypted.set(cleanPath(path), content);
  }

  /** The file as it is in the artifact. */
  readOriginal(path: string): Uint8Array | undefined {
    return this.#tree.readFile(path);
  }

  stat(path: string): EntryType | undefined {
    return this.#tree.stat(path);
  }

  readFile(path: string): Uint8Array | undefined {
    const decrypted = this.#decrypted.get(cleanPath(path));
    if (decrypted !== undefined) return decrypted;
    const content = this.#tree.readFile(path);
    if (content !== undefined) this.#files.note(path, content);
    return content;
  }

  list(path: string): readonly TreeEntry[] | undefined {
    return this.#tree.list(path);
  }
}

/** Remote bases, whose encrypted manifests are noted too. */
export function notingSource(source: RemoteSource, files: EncryptedFiles): RemoteSource {
  return {
    async file(url, options) {
      const file = await source.file(url, options);
      if ('bytes' in file) files.note(url, file.bytes);
      return file;
    },
    async repository(spec, options) {
      const repository = await source.repository(spec, options);
      const { tree } = repository;
      const readFile = (path: string): Uint8Array | undefined => {
        const content = tree.readFile(path);
        if (content !== undefined) files.note(`${spec.cloneUrl}//${path}`, content);
        return content;
      };
      const noting: Tree = { stat: (path) => tree.stat(path), list: (path) => tree.list(path), readFile };
      return { ...repository, tree: noting };
    },
  };
}

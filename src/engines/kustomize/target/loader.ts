import type { Tree } from '../../../lib/tree.ts';
import { BuildError } from '../build-error.ts';
import { cleanRelative, isBelow, joinPath } from '../paths/join.ts';
import { isRemoteFile, parseRepoSpec } from '../paths/remote.ts';

/** What a loader may do, for a whole build. */
export interface LoaderOptions {
  /** Files must lie in or below the kustomization that names them. */
  readonly rootOnly: boolean;
  /** Paths like `a - ../b`, which indentation errors make, are refused (since kustomize 5.8.2). */
  readonly refuseAmbiguous: boolean;
  /** How deep kustomizations may refer to kustomizations. */
  readonly maxDepth: number;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads files for one kustomization and finds others from there (api/internal/loader/fileloader.go). */
export class Loader {
  readonly root: string;
  private readonly tree: Tree;
  private readonly options: LoaderOptions;
  private readonly referrer: Loader | undefined;
  private readonly depth: number;

  private constructor(tree: Tree, root: string, options: LoaderOptions, referrer?: Loader) {
    this.tree = tree;
    this.root = root;
    this.options = options;
    this.referrer = referrer;
    this.depth = referrer === undefined ? 0 : referrer.depth + 1;
  }

  /** A loader at a directory of the tree. Throws {@link BuildError} when it is none. */
  static at(tree: Tree, dir: string, options: LoaderOptions): Loader {
    return new Loader(tree, directory(tree, joinPath('', dir)), options);
  }

  /** The bytes of a file. Throws {@link BuildError}. */
  bytes(path: string): Uint8Array {
    if (isRemoteFile(path))
      throw new BuildError(`remote file '${path}' cannot be read: remote resources are not enabled`);
    const full = joinPath(this.root, path);
    const type = this.tree.stat(full);
    if (type === undefined) throw new BuildError(`'/${full}' doesn't exist`);
    if (type === 'dir') throw new BuildError(`'/${full}' must resolve to a file`);
    if (this.options.rootOnly && !isBelow(full, this.root)) {
      throw new BuildError(`security; file '/${full}' is not in or below '/${this.root}'`);
    }
    const content = this.tree.readFile(full);
    if (content === undefined) throw new BuildError(`'/${full}' cannot be read`);
    return content;
  }

  /** What a path of the kustomization is in the tree. */
  pathOf(path: string): string {
    return joinPath(this.root, path);
  }

  /** A file as text. */
  text(path: string): string {
    return decoder.decode(this.bytes(path));
  }

  /** Whether there is a file of that name in the root itself. */
  hasFile(name: string): boolean {
    return this.tree.stat(joinPath(this.root, name)) === 'file';
  }

  /** A loader for the kustomization at `path`. Throws {@link BuildError} on files, cycles and remote ones. */
  enter(path: string): Loader {
    if (path === '') throw new BuildError('new root cannot be empty');
    if (parseRepoSpec(path) !== undefined) {
      throw new BuildError(`remote base '${path}' cannot be read: remote resources are not enabled`);
    }
    if (path.startsWith('/')) throw new BuildError(`new root '${path}' cannot be absolute`);
    if (this.options.refuseAmbiguous && isAmbiguous(path)) {
      throw new BuildError(
        `path "${path}" is ambiguous: resolves to "${cleanRelative(path)}" after normalization, which is likely not ` +
          'the intended target; check for YAML indentation errors in your kustomization file',
      );
    }
    const root = directory(this.tree, joinPath(this.root, path));
    for (let loader: Loader | undefined = this; loader !== undefined; loader = loader.referrer) {
      if (isBelow(loader.root, root)) {
        throw new BuildError(`cycle detected: candidate root '/${root}' contains visited root '/${loader.root}'`);
      }
    }
    if (this.depth >= this.options.maxDepth) {
      throw new BuildError(`kustomizations refer to each other deeper than ${this.options.maxDepth} levels`);
    }
    return new Loader(this.tree, root, this.options, this);
  }
}

function directory(tree: Tree, path: string): string {
  const type = tree.stat(path);
  if (type === 'dir') return path;
  const problem =
    type === 'file' ? `'/${path}': file is not directory` : `not a valid directory: '/${path}' doesn't exist`;
  throw new BuildError(`must build at directory: ${problem}`);
}

function isAmbiguous(path: string): boolean {
  return path.split('/').some((part) => part !== '.' && part !== '..' && part.includes('..'));
}

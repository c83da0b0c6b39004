import { redact } from '../../../lib/redact.ts';
import type { EntryType, Tree } from '../../../lib/tree.ts';
import type { Budget } from '../budget.ts';
import { BuildError } from '../build-error.ts';
import { baseName, cleanRelative, isBelow, joinPath } from '../paths/join.ts';
import { httpStatusText } from '../remote/http-status.ts';
import type { RemoteAnswers } from '../remote/remote-source.ts';
import { isRemoteFile, parseRepoSpec, type RepoSpec, shownRepo } from '../remote/repo-spec.ts';

/** What a loader may do, for a whole build. */
export interface LoaderOptions {
  /** Files must lie in or below the kustomization that names them. */
  readonly rootOnly: boolean;
  /** Absolute paths, and those that leave the tree, are refused; else `..` at the root stays there, as on a disk. */
  readonly confined: boolean;
  /** Paths like `a - ../b`, which indentation errors make, are refused (since kustomize 5.8.2). */
  readonly refuseAmbiguous: boolean;
  /** How deep kustomizations may refer to kustomizations. */
  readonly maxDepth: number;
  readonly budget: Budget;
  /** Reads what is not in the tree. */
  readonly remotes: RemoteAnswers;
}

/** Where a loader is: a directory of the build's own tree, or of a repository. */
interface Position {
  readonly tree: Tree;
  readonly root: string;
  readonly repo?: RepoSpec | undefined;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads files for one kustomization and finds others from there (api/internal/loader/fileloader.go). */
export class Loader {
  private readonly tree: Tree;
  private readonly root: string;
  /** Set in a repository: its files may not refer to anything outside of it. */
  private readonly repo: RepoSpec | undefined;
  private readonly options: LoaderOptions;
  private readonly referrer: Loader | undefined;
  private readonly depth: number;

  private constructor({ tree, root, repo }: Position, options: LoaderOptions, referrer?: Loader) {
    this.tree = tree;
    this.root = root;
    this.repo = repo;
    this.options = options;
    this.referrer = referrer;
    this.depth = referrer === undefined ? 0 : referrer.depth + 1;
    options.budget.enter();
  }

  /** A loader at a directory of the tree. Throws {@link BuildError} when it is none. */
  static at(tree: Tree, dir: string, options: LoaderOptions): Loader {
    const root = joinPath('', dir);
    assertDirectory(tree.stat(root), `/${root}`);
    return new Loader({ tree, root }, options);
  }

  /** A loader in a repository. Throws {@link BuildError} when the address is of none. */
  static atUrl(url: string, options: LoaderOptions): Loader {
    const spec = parseRepoSpec(url);
    if (spec === undefined) throw new BuildError(`'${url}' is no address of a Git repository`);
    return Loader.inRepository(spec, options);
  }

  /** Files of a repository are confined to their kustomization, whatever the build allows itself. */
  private static inRepository(spec: RepoSpec, options: LoaderOptions, referrer?: Loader): Loader {
    const { tree } = options.remotes.repository(spec);
    const root = joinPath('', spec.directory);
    const type = tree.stat(root);
    const shown = shownRepo(spec, root);
    if (type === 'file') throw new BuildError(`'${shown}' refers to file '${baseName(root)}'; expecting directory`);
    assertDirectory(type, shown);
    return new Loader({ tree, root, repo: spec }, { ...options, rootOnly: true }, referrer);
  }

  /** What the build may still do. */
  get budget(): Budget {
    return this.options.budget;
  }

  /** The name of the directory itself. */
  get name(): string {
    return baseName(this.root);
  }

  /** The directory as messages show it. */
  get shown(): string {
    return this.repo === undefined ? `/${this.root}` : shownRepo(this.repo, this.root);
  }

  /** A file of the directory as messages show it. */
  shownFile(name: string): string {
    return this.repo === undefined ? `/${joinPath(this.root, name)}` : this.pathOf(name);
  }

  /** What a path of the kustomization is: in the tree, or as an address. */
  pathOf(path: string): string {
    if (isRemoteFile(path)) return redact(path);
    const full = joinPath(this.root, path);
    return this.repo === undefined ? full : shownRepo(this.repo, full);
  }

  /** The type of what lies there; undefined when there is nothing, or nothing that may be seen from here. */
  typeOf(path: string): EntryType | undefined {
    return this.leaves(path) ? undefined : this.tree.stat(joinPath(this.root, path));
  }

  /** The bytes of a file. Throws {@link BuildError}. */
  bytes(path: string): Uint8Array {
    const bytes = isRemoteFile(path) ? this.remoteBytes(path) : this.localBytes(path);
    this.budget.read(bytes.byteLength);
    return bytes;
  }

  private localBytes(path: string): Uint8Array {
    const full = joinPath(this.root, path);
    const shown = this.shownFile(path);
    const outside = `security; file '${shown}' is not in or below '${this.shown}'`;
    if (this.leaves(path)) throw new BuildError(this.repo === undefined ? leaving(path) : outside);
    const type = this.tree.stat(full);
    if (type === undefined) throw new BuildError(`'${shown}' doesn't exist`);
    if (type === 'dir') throw new BuildError(`'${shown}' must resolve to a file`);
    if (this.options.rootOnly && !isBelow(full, this.root)) throw new BuildError(outside);
    const content = this.tree.readFile(full);
    if (content === undefined) throw new BuildError(`'${shown}' cannot be read`);
    return content;
  }

  /** A file as text. */
  text(path: string): string {
    return decoder.decode(this.bytes(path));
  }

  /** Whether there is a file of that name in the root itself. */
  hasFile(name: string): boolean {
    return this.tree.stat(joinPath(this.root, name)) === 'file';
  }

  /** A loader for the kustomization at `path`, a directory or a repository. Throws {@link BuildError}. */
  enter(path: string): Loader {
    if (path === '') throw new BuildError('new root cannot be empty');
    const spec = parseRepoSpec(path);
    if (spec !== undefined) return this.enterRepository(spec);
    if (path.startsWith('/')) throw new BuildError(`new root '${path}' cannot be absolute`);
    if (this.options.refuseAmbiguous && isAmbiguous(path)) {
      throw new BuildError(
        `path "${path}" is ambiguous: resolves to "${cleanRelative(path)}" after normalization, which is likely not ` +
          'the intended target; check for YAML indentation errors in your kustomization file',
      );
    }
    if (this.leaves(path)) {
      if (this.repo === undefined) throw new BuildError(leaving(path));
      throw new BuildError(
        'security; bases in kustomizations found in cloned git repos must be within the repo, but base ' +
          `'${path}' is outside '${this.shown}'`,
      );
    }
    const root = joinPath(this.root, path);
    const position = { tree: this.tree, root, repo: this.repo };
    assertDirectory(this.tree.stat(root), this.repo === undefined ? `/${root}` : shownRepo(this.repo, root));
    for (const { root: visited, shown } of this.ancestors()) {
      if (isBelow(visited, root)) {
        const candidate = this.repo === undefined ? `/${root}` : shownRepo(this.repo, root);
        throw new BuildError(`cycle detected: candidate root '${candidate}' contains visited root '${shown}'`);
      }
    }
    this.assertDepth();
    return new Loader(position, this.options, this);
  }

  private enterRepository(spec: RepoSpec): Loader {
    for (let loader: Loader | undefined = this; loader !== undefined; loader = loader.referrer) {
      if (loader.repo?.raw.startsWith(spec.raw)) {
        throw new BuildError(`cycle detected: URI '${spec.raw}' referenced by previous URI '${loader.repo.raw}'`);
      }
    }
    this.assertDepth();
    return Loader.inRepository(spec, this.options, this);
  }

  /** This loader, and those that lead to it in the same repository (or in the build's own tree). */
  private *ancestors(): Generator<Loader> {
    for (let loader: Loader | undefined = this; loader !== undefined; loader = loader.referrer) {
      if (loader.repo !== this.repo) return;
      yield loader;
    }
  }

  private assertDepth(): void {
    if (this.depth >= this.options.maxDepth) {
      throw new BuildError(`kustomizations refer to each other deeper than ${this.options.maxDepth} levels`);
    }
  }

  private remoteBytes(url: string): Uint8Array {
    const answer = this.options.remotes.file(url);
    if ('bytes' in answer) return answer.bytes;
    if ('repository' in answer || parseRepoSpec(url) !== undefined) throw new BuildError('URL is a git repository');
    throw new BuildError(`HTTP Error: status code ${answer.status} (${httpStatusText(answer.status)})`);
  }

  /** Whether a path leaves the repository, or the tree, that this is confined to. */
  private leaves(path: string): boolean {
    if (this.repo === undefined && !this.options.confined) return false;
    return path.startsWith('/') || cleanRelative(`${this.root}/${path}`).split('/')[0] === '..';
  }
}

function leaving(path: string): string {
  return `fs-security-constraint: path '${path}' is not in or below the root`;
}

function assertDirectory(type: EntryType | undefined, shown: string): void {
  if (type === 'dir') return;
  const problem =
    type === 'file' ? `'${shown}': file is not directory` : `not a valid directory: '${shown}' doesn't exist`;
  throw new BuildError(`must build at directory: ${problem}`);
}

function isAmbiguous(path: string): boolean {
  return path.split('/').some((part) => part !== '.' && part !== '..' && part.includes('..'));
}

import type { Commit } from './commit.ts';
import { GitError, withContext } from './errors.ts';
import { type FetchedCommit, fetchByName, fetchCommit } from './fetch-commit.ts';
import { parseGitmodules, type Submodule } from './gitmodules.ts';
import { combineStores, type ObjectStore, readObject } from './object-store.ts';
import type { Remote } from './remote.ts';
import type { ResolvedRef } from './resolve.ts';
import { checkSparseDirectories, type Selection, sparseSelection } from './sparse.ts';
import { parseTag, type Tag } from './tag.ts';
import { inSlices } from './time-slices.ts';
import { parseTree } from './tree.ts';
import { supportsFilter } from './upload-pack.ts';
import { type EntryBudget, type WalkedEntry, walkTree } from './walk.ts';

/** One file of a checkout. */
export interface GitFile {
  /** From the root, with `/`; checked, so that it never leaves the root or enters `.git`. */
  readonly path: string;
  /** Plain, executable, or a symlink, whose content is its target and may point anywhere. */
  readonly mode: '100644' | '100755' | '120000';
  /** Bytes. */
  readonly size: number;
  readonly oid: string;
  /** The content, inflated when it is asked for. It is shared and must not be written to. */
  read(): Uint8Array;
}

/** A commit and its files, in memory. */
export interface Checkout {
  readonly commit: Commit;
  /** The annotated tag that led to the commit. */
  readonly tag?: Tag;
  /** In the order of the bytes of their paths. */
  readonly files: readonly GitFile[];
  /** Where submodules would be that were not fetched: Git makes empty folders there. In no particular order. */
  readonly emptyFolders: readonly string[];
}

export interface CheckoutOptions {
  /** `spec.sparseCheckout`: see {@link sparseSelection}. */
  readonly sparse?: readonly string[];
  /** `spec.recurseSubmodules`. */
  readonly submodules?: boolean;
}

interface Work {
  readonly selection: Selection;
  readonly options: CheckoutOptions;
  readonly files: GitFile[];
  readonly emptyFolders: string[];
  readonly budget: EntryBudget & { bytes: number; packBytes: number; submodules: number };
}

interface Mounted {
  readonly remote: Remote;
  readonly fetched: FetchedCommit;
  /** Where its root is, with its `/`. */
  readonly prefix: string;
  readonly depth: number;
}

/** What is wrong with a submodule is not wrong with the specification, nor with the repository that it names. */
const submoduleCodes = {
  InvalidURL: 'InvalidSubmodule',
  UnsupportedTransport: 'InvalidSubmodule',
  EmptyRepository: 'ObjectNotFound',
} as const;

const modes = { file: '100644', executable: '100755', link: '120000' } as const;
const maxWants = 10_000;

/**
 * Fetches the commit and lists its files; nothing is written to disk. Of a sparse checkout only the wanted blobs are
 * fetched, when the server can leave them out. Throws GitError: `SparseDirectoryNotFound`, `UnsafePath`, `TooLarge`,
 * `CorruptData`, `ObjectNotFound`, and those of the transport.
 */
export async function fetchTree(
  remote: Remote,
  resolved: ResolvedRef,
  options: CheckoutOptions = {},
): Promise<Checkout> {
  const work: Work = {
    selection: sparseSelection(options.sparse),
    options,
    files: [],
    emptyFolders: [],
    budget: { entries: 0, bytes: 0, packBytes: 0, submodules: 0 },
  };
  try {
    const fetched = await fetchCommit(remote, resolved, await filterFor(remote, options));
    await mount({ remote, fetched, prefix: '', depth: 0 }, work);
    const { files, emptyFolders } = work;
    if (work.budget.submodules > 0) {
      files.sort((a, b) => compareBytes(a.path, b.path));
    }
    checkSparseDirectories(options.sparse ?? [], files);
    const tag = resolved.tagObject;
    const tagged =
      tag === undefined ? {} : { tag: parseTag(tag, readObject(fetched.store, tag, 'tag'), fetched.store.format) };
    return { commit: fetched.commit, ...tagged, files, emptyFolders };
  } catch (error) {
    throw inContext(remote, error);
  }
}

/** Failures of the network and the server are told as those of a clone; what is found out later speaks for itself. */
function inContext(remote: Remote, error: unknown): unknown {
  const own = ['ObjectNotFound', 'SparseDirectoryNotFound', 'EmptyRepository'];
  const plain = error instanceof GitError && own.includes(error.code);
  return plain ? error : withContext(`unable to clone '${remote.displayUrl}'`, error);
}

async function filterFor(remote: Remote, options: CheckoutOptions): Promise<'blob:none' | undefined> {
  const sparse = options.sparse !== undefined && options.sparse.length > 0;
  return sparse && supportsFilter(await remote.advertisement()) ? 'blob:none' : undefined;
}

/** Adds the files of one fetched commit, and of its submodules. */
async function mount(mounted: Mounted, work: Work): Promise<void> {
  const { remote, fetched, prefix } = mounted;
  const { commit } = fetched;
  const { limits } = remote;
  const { selection, budget } = work;
  const entries: WalkedEntry[] = [];
  const walk = walkTree(commit.tree, { store: fetched.store, selection, limits, budget, prefix });
  await inSlices(
    walk,
    (entry) => entries.push(entry),
    () => remote.checkWanted(),
  );
  const modules = work.options.submodules === true ? rootFile(fetched, '.gitmodules') : undefined;
  const store = await withBlobs(remote, fetched.store, entries, modules);
  budget.packBytes += store.packBytes;
  for (const { kind, path, oid } of entries) {
    if (kind !== 'commit') {
      addFile(new StoredFile(store, path, modes[kind], oid), remote, work);
    }
  }
  const described =
    modules === undefined ? new Map<string, Submodule>() : parseGitmodules(readObject(store, modules, 'blob'));
  for (const { kind, path, oid } of entries) {
    const submodule = described.get(path.slice(prefix.length));
    if (kind === 'commit' && submodule !== undefined) {
      await mountSubmodule({ path, oid, url: submodule.url }, mounted, work);
    } else if (kind === 'commit' && selection.includes(path)) {
      // A link that .gitmodules does not describe is not fetched either, as in Git.
      work.emptyFolders.push(path);
    }
  }
}

function addFile(file: GitFile, remote: Remote, work: Work): void {
  work.budget.bytes += file.size;
  if (work.budget.bytes > remote.limits.maxCheckoutBytes) {
    throw new GitError('TooLarge', `the files have more than ${remote.limits.maxCheckoutBytes} bytes together`);
  }
  work.files.push(file);
}

/** The name of a plain file in the root folder; undefined when there is none. */
function rootFile({ store, commit }: FetchedCommit, name: string): string | undefined {
  const root = parseTree(readObject(store, commit.tree, 'tree'), store.format, '');
  const entry = root.find((candidate) => candidate.name === name);
  return entry?.kind === 'file' || entry?.kind === 'executable' ? entry.oid : undefined;
}

/** The store with every blob that is needed: those left out at first are fetched by name. */
async function withBlobs(
  remote: Remote,
  store: ObjectStore,
  entries: readonly WalkedEntry[],
  extra: string | undefined,
): Promise<ObjectStore> {
  const needed = entries.filter(({ kind }) => kind !== 'commit').map(({ oid }) => oid);
  const missing = new Set(
    (extra === undefined ? needed : [...needed, extra]).filter((oid) => store.typeOf(oid) === undefined),
  );
  if (missing.size === 0) {
    return store;
  }
  const stores: ObjectStore[] = [];
  const oids = [...missing];
  for (let start = 0; start < oids.length; start += maxWants) {
    stores.push(await remote.fetch({ want: oids.slice(start, start + maxWants) }));
  }
  return combineStores(store, ...stores);
}

async function mountSubmodule(
  link: { readonly path: string; readonly oid: string; readonly url: string },
  parent: Mounted,
  work: Work,
): Promise<void> {
  const { limits } = parent.remote;
  const depth = parent.depth + 1;
  work.budget.submodules += 1;
  if (depth > limits.maxSubmoduleDepth || work.budget.submodules > limits.maxSubmodules) {
    const bounds = `more than ${limits.maxSubmodules} submodules, or ${limits.maxSubmoduleDepth} levels of them`;
    throw new GitError('TooLarge', `submodule '${link.path}': ${bounds}`);
  }
  const maxPackBytes = Math.max(0, limits.maxPackBytes - work.budget.packBytes);
  try {
    const remote = parent.remote.sibling(link.url, { maxPackBytes });
    try {
      const fetched = await fetchByName(remote, link.oid, await filterFor(remote, work.options));
      await mount({ remote, fetched, prefix: `${link.path}/`, depth }, work);
    } finally {
      await remote.close();
    }
  } catch (error) {
    throw withContext(`submodule '${link.path}'`, error, submoduleCodes);
  }
}

class StoredFile implements GitFile {
  readonly path: string;
  readonly mode: GitFile['mode'];
  readonly oid: string;
  readonly size: number;
  readonly #store: ObjectStore;

  constructor(store: ObjectStore, path: string, mode: GitFile['mode'], oid: string) {
    this.#store = store;
    this.path = path;
    this.mode = mode;
    this.oid = oid;
    const size = store.sizeOf(oid);
    if (size === undefined || store.typeOf(oid) !== 'blob') {
      throw new GitError('ObjectNotFound', `blob ${oid} of '${path}': object not found`);
    }
    this.size = size;
  }

  read(): Uint8Array {
    return readObject(this.#store, this.oid, 'blob');
  }
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

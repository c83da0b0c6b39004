import { type Commit, parseCommit } from './commit.ts';
import { GitError } from './errors.ts';
import { type ObjectStore, readObject } from './object-store.ts';
import type { Remote } from './remote.ts';
import type { ResolvedRef } from './resolve.ts';
import { supportsFilter } from './upload-pack.ts';

type Filter = 'blob:none' | undefined;

/** The objects of one commit, and the commit. */
export interface FetchedCommit {
  readonly store: ObjectStore;
  readonly commit: Commit;
}

/**
 * Fetches the one commit that a reference means, without its history. A commit that the specification pins is fetched
 * by its name where the server allows it, and must be in the history of its branch (or of any branch): hosters hand out
 * commits of forks under the name of the repository. Throws `ObjectNotFound` when it is not there.
 *
 * Differs from Flux (ADR 8) in the cost: go-git fetches the whole history to find the commit.
 */
export async function fetchCommit(remote: Remote, resolved: ResolvedRef, filter: Filter): Promise<FetchedCommit> {
  if (resolved.pinned === undefined) {
    const store = await remote.fetch({ want: resolved.tagObject ?? resolved.commit, depth: 1, ...filterOf(filter) });
    return { store, commit: readCommit(store, resolved.commit) };
  }
  return fetchPinned(remote, resolved.commit, resolved.pinned.tip, filter);
}

/** Fetches a commit that another repository names; it may be in no branch. */
export async function fetchByName(remote: Remote, oid: string, filter: Filter): Promise<FetchedCommit> {
  const store = (await tryFetch(remote, oid, filter)) ?? (await fetchHistory(remote, await tips(remote), filter));
  return { store, commit: readCommit(store, oid) };
}

async function fetchPinned(
  remote: Remote,
  oid: string,
  tip: string | undefined,
  filter: Filter,
): Promise<FetchedCommit> {
  const within = tip === undefined ? await tips(remote) : [tip];
  const store = await tryFetch(remote, oid, filter);
  if (store === undefined) {
    const history = await fetchHistory(remote, within, filter);
    return { store: history, commit: readCommit(history, oid) };
  }
  const commit = readCommit(store, oid);
  if (!within.includes(oid) && !(await isAncestor(remote, commit, within))) {
    throw notFound(oid);
  }
  return { store, commit };
}

/** A commit alone, by name; undefined when the server does not have it or does not give it out that way. */
async function tryFetch(remote: Remote, oid: string, filter: Filter): Promise<ObjectStore | undefined> {
  try {
    return await remote.fetch({ want: oid, depth: 1, ...filterOf(filter) });
  } catch (error) {
    if (error instanceof GitError && (error.code === 'ObjectNotFound' || error.code === 'ProtocolError')) {
      return undefined;
    }
    throw error;
  }
}

/** The tips of all branches; a repository without any has no commit to offer. */
async function tips(remote: Remote): Promise<string[]> {
  const refs = await remote.listRefs(['refs/heads/']);
  return [...new Set(refs.map(({ oid }) => oid))];
}

async function fetchHistory(remote: Remote, within: readonly string[], filter: Filter): Promise<ObjectStore> {
  if (within.length === 0) {
    throw new GitError(
      'EmptyRepository',
      `unable to clone: remote repository is empty: git repository: '${remote.displayUrl}'`,
    );
  }
  return remote.fetch({ want: within, ...filterOf(filter) });
}

/**
 * Whether the commit is in the history of one of the tips. Only commits are fetched, and at first only those younger
 * than it: the cost follows how far it is behind, not the age of the repository.
 */
async function isAncestor(remote: Remote, commit: Commit, within: readonly string[]): Promise<boolean> {
  if (within.length === 0) {
    return false;
  }
  if (supportsFilter(await remote.advertisement())) {
    const recent = await tryRecent(remote, commit.committer.seconds, within);
    if (recent?.typeOf(commit.oid) !== undefined) {
      return true;
    }
  }
  const all = await remote.fetch({ want: within, filter: 'tree:0' });
  return all.typeOf(commit.oid) !== undefined;
}

async function tryRecent(remote: Remote, since: number, within: readonly string[]): Promise<ObjectStore | undefined> {
  try {
    return await remote.fetch({ want: within, since, filter: 'tree:0' });
  } catch (error) {
    // A server may find no commit that is young enough; then all of the history has to tell.
    if (error instanceof GitError && error.code === 'ProtocolError') {
      return undefined;
    }
    throw error;
  }
}

function readCommit(store: ObjectStore, oid: string): Commit {
  if (store.typeOf(oid) !== 'commit') {
    throw notFound(oid);
  }
  return parseCommit(oid, readObject(store, oid, 'commit'), store.format);
}

function filterOf(filter: Filter): { readonly filter?: 'blob:none' } {
  return filter === undefined ? {} : { filter };
}

function notFound(oid: string): GitError {
  return new GitError('ObjectNotFound', `unable to resolve commit object for '${oid}': object not found`);
}

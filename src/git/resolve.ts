import type { Ref } from './advertisement.ts';
import { GitError, quoted, withContext } from './errors.ts';
import { isOid } from './oid.ts';
import type { Remote } from './remote.ts';
import { bestTag } from './semver-tag.ts';

/** `spec.ref`: what to check out. Precedence: commit, name, semver, tag, branch; without any, branch `master`. */
export interface GitReference {
  readonly branch?: string;
  readonly tag?: string;
  /** A version range; the highest tag in it is taken. */
  readonly semver?: string;
  /** A full reference name such as `refs/pull/1/head`. */
  readonly name?: string;
  /** A full commit name; with `branch` it must be in that branch. */
  readonly commit?: string;
}

/** A commit that a reference means now. */
export interface ResolvedRef {
  readonly commit: string;
  /** The full reference name; `HEAD` for a commit by itself. */
  readonly refName: string;
  /** The name of the annotated tag object that points to the commit. */
  readonly tagObject?: string;
  /** For `ref.commit`: it has to be in the history of this tip, or of any branch when there is none. */
  readonly pinned?: { readonly tip?: string };
}

export interface ResolveOptions {
  /** Whether there is an artifact already: only the words of a failed listing depend on it, as they do in Flux. */
  readonly observed?: boolean;
}

const defaultBranch = 'master';

/**
 * Asks the server what the reference means: one listing, whatever the reference. Throws GitError with the messages of
 * fluxcd/pkg (git/gogit, clone.go); codes `ReferenceNotFound`, `InvalidReference`, `EmptyRepository`, and those of the
 * transport.
 */
export function resolveRef(
  remote: Remote,
  reference: GitReference | undefined,
  options: ResolveOptions = {},
): Promise<ResolvedRef> {
  const { commit, name, semver, tag, branch } = reference ?? {};
  const cloning = `unable to clone '${remote.displayUrl}'`;
  const listing = `unable to list remote for '${remote.displayUrl}'`;
  const context = options.observed === true ? listing : cloning;
  if (isSet(commit)) {
    return resolveCommit(remote, { commit: commit.toLowerCase(), name, branch }, cloning);
  }
  if (isSet(name)) {
    return resolveName(remote, name, listing);
  }
  if (isSet(semver)) {
    return resolveSemver(remote, semver, cloning);
  }
  if (isSet(tag)) {
    return resolveTag(remote, tag, context);
  }
  return resolveBranch(remote, isSet(branch) ? branch : defaultBranch, context);
}

async function resolveBranch(remote: Remote, branch: string, context: string): Promise<ResolvedRef> {
  const refName = `refs/heads/${branch}`;
  const { found, refs } = await find(remote, refName, context);
  if (found !== undefined) {
    return { commit: found.peeled ?? found.oid, refName };
  }
  if (await isEmpty(remote, refs, context)) {
    throw new GitError('EmptyRepository', 'git repository is empty');
  }
  throw notFound(remote, refName);
}

async function resolveTag(remote: Remote, tag: string, context: string): Promise<ResolvedRef> {
  const refName = `refs/tags/${tag}`;
  const { found, refs } = await find(remote, refName, context);
  if (found !== undefined) {
    return tagged(found, refName);
  }
  if (await isEmpty(remote, refs, context)) {
    throw emptyClone(remote);
  }
  throw notFound(remote, refName);
}

async function resolveSemver(remote: Remote, range: string, context: string): Promise<ResolvedRef> {
  const refs = await list(remote, ['HEAD', 'refs/tags/'], context);
  const best = await bestTag(remote, range, refs);
  if (best !== undefined) {
    return tagged(best, best.name);
  }
  if (await isEmpty(remote, refs, context)) {
    throw emptyClone(remote);
  }
  throw new GitError('ReferenceNotFound', `no match found for semver: ${range}`);
}

async function resolveName(remote: Remote, name: string, context: string): Promise<ResolvedRef> {
  if (name.startsWith('/') || name.endsWith('/')) {
    throw new GitError('InvalidReference', `ref ${name} is invalid; Git refs cannot begin or end with a slash '/'`);
  }
  const peeledSuffix = name.startsWith('refs/tags/') && name.endsWith('^{}');
  const { found, refs } = await find(remote, peeledSuffix ? name.slice(0, -3) : name, context);
  if (found === undefined && (await isEmpty(remote, refs, context))) {
    throw new GitError('EmptyRepository', `${context}: remote repository is empty`);
  }
  if (found === undefined || (peeledSuffix && found.peeled === undefined)) {
    throw new GitError('ReferenceNotFound', `unable to resolve ref '${name}' to a specific commit`);
  }
  return tagged(found, name);
}

async function resolveCommit(
  remote: Remote,
  wanted: { readonly commit: string; readonly name: string | undefined; readonly branch: string | undefined },
  context: string,
): Promise<ResolvedRef> {
  const { commit, name, branch } = wanted;
  if (!isOid(commit)) {
    throw new GitError('ObjectNotFound', `unable to resolve commit object for '${commit}': object not found`);
  }
  const refName = isSet(name) ? name : undefined;
  if (!isSet(branch)) {
    await list(remote, ['HEAD'], context);
    return { commit, refName: refName ?? 'HEAD', pinned: {} };
  }
  const branchName = `refs/heads/${branch}`;
  const { found, refs } = await find(remote, branchName, context);
  if (found === undefined) {
    throw (await isEmpty(remote, refs, context)) ? emptyClone(remote) : notFound(remote, branchName);
  }
  return { commit, refName: refName ?? branchName, pinned: { tip: found.oid } };
}

function tagged(ref: Ref, refName: string): ResolvedRef {
  return ref.peeled === undefined ? { commit: ref.oid, refName } : { commit: ref.peeled, refName, tagObject: ref.oid };
}

interface Found {
  readonly found: Ref | undefined;
  readonly refs: readonly Ref[];
}

/** Looks for one reference. HEAD comes along, because where it is the repository is not empty. */
async function find(remote: Remote, refName: string, context: string): Promise<Found> {
  const refs = await list(remote, isPlainRefName(refName) ? ['HEAD', refName] : ['HEAD'], context);
  return { found: refs.find(({ name }) => name === refName), refs };
}

async function list(remote: Remote, prefixes: readonly string[], context: string): Promise<Ref[]> {
  try {
    return await remote.listRefs(prefixes);
  } catch (error) {
    throw withContext(context, error);
  }
}

/** Asked only when something was not found; costs a listing only when there is no HEAD either. */
async function isEmpty(remote: Remote, refs: readonly Ref[], context: string): Promise<boolean> {
  return refs.length === 0 && (await list(remote, [], context)).length === 0;
}

const maxRefNameLength = 1024;

/** Whether a server can have a reference of that name (git-check-ref-format); others need not be asked for. */
export function isPlainRefName(name: string): boolean {
  return name.length <= maxRefNameLength && !/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{/.test(name);
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

function notFound(remote: Remote, refName: string): GitError {
  const message = `unable to clone '${remote.displayUrl}': couldn't find remote ref ${quoted(refName)}`;
  return new GitError('ReferenceNotFound', message);
}

function emptyClone(remote: Remote): GitError {
  const message = `unable to clone: remote repository is empty: git repository: '${remote.displayUrl}'`;
  return new GitError('EmptyRepository', message);
}

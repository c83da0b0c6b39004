import type { Tree } from '../../../lib/tree.ts';
import type { RepoSpec } from './repo-spec.ts';

/** What an HTTP server answered: a file, a status that is not 2xx, or nothing, when the address is known to be a repository's. */
export type RemoteFile = { readonly bytes: Uint8Array } | { readonly status: number } | { readonly repository: true };

/** A repository at one commit. */
export interface RemoteRepository {
  readonly tree: Tree;
  /** The commit, for whoever wants to know whether the same build would read the same again. */
  readonly commit: string;
}

/**
 * How a build reaches what is not in its tree: a port, because the engine knows no network. Messages of what it throws
 * become part of the build's error, and must not hold credentials. Both are asked once per address and build.
 */
export interface RemoteSource {
  /** Reads a file over HTTP, following redirects. `status: 300` and more, or below 200, count as failures. */
  file(url: string, options: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<RemoteFile>;
  /** The files of a repository, at its reference. */
  repository(spec: RepoSpec, options: { readonly signal: AbortSignal }): Promise<RemoteRepository>;
}

/** What a build reads of remotes while it runs: at once, or not at all. */
export interface RemoteAnswers {
  /** Throws BuildError when it cannot be read, or not yet. */
  file(url: string): RemoteFile;
  /** Throws BuildError when it cannot be read, or not yet. */
  repository(spec: RepoSpec): RemoteRepository;
}

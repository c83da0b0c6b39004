import type { Tree } from '../../lib/tree.ts';
import { type BuildDir, type BuildOptions, type BuildResult, build } from './build.ts';
import { FetchedRemotes, type RemoteLimits, type UsedRemote } from './remote/fetched.ts';
import type { RemoteSource } from './remote/remote-source.ts';

/** How a build with remotes is done. */
export interface RemoteBuildOptions extends Omit<BuildOptions, 'remotes'> {
  readonly source: RemoteSource;
  /** Ends the fetching, and carries its deadline. */
  readonly signal: AbortSignal;
  readonly remoteLimits?: RemoteLimits;
}

/** What a build with remotes gives. */
export interface RemoteBuildResult extends BuildResult {
  /** What came from elsewhere; empty when all was in the tree. */
  readonly remotes: readonly UsedRemote[];
}

/**
 * {@link build}, with remote files and repositories: what a build misses is fetched, all of it at once, and the build
 * begins anew, so that each level of remotes costs one more build and a build without any costs nothing more. `dir` is a
 * directory of the tree, or `{ url }` for a kustomization that is itself remote. Throws BuildError, and the reason of
 * the signal.
 */
export async function buildWithRemotes(
  tree: Tree,
  dir: BuildDir,
  { source, signal, remoteLimits, ...options }: RemoteBuildOptions,
): Promise<RemoteBuildResult> {
  const remotes = new FetchedRemotes(remoteLimits);
  for (;;) {
    signal.throwIfAborted();
    try {
      const result = build(tree, dir, { ...options, remotes });
      return { ...result, remotes: remotes.used() };
    } catch (error) {
      if (!(await remotes.fetchMissing(source, signal))) throw error;
    }
  }
}

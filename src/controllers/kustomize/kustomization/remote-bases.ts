import { type BuildOptions, build } from '../../../engines/kustomize/build.ts';
import { buildWithRemotes } from '../../../engines/kustomize/build-remote.ts';
import { refusingRemotes } from '../../../engines/kustomize/remote/fetched.ts';
import type { RemoteSource } from '../../../engines/kustomize/remote/remote-source.ts';
import type { Tree } from '../../../lib/tree.ts';

/** How a build reaches what its artifact only names. */
export interface RemoteAccess {
  /** Undefined with `--no-remote-bases`. */
  readonly source: RemoteSource | undefined;
  readonly signal: AbortSignal;
}

/** What was built, and whether files of elsewhere are part of it: then equal artifacts may build other objects. */
export interface KustomizeResult {
  readonly objects: readonly Readonly<Record<string, unknown>>[];
  readonly usedRemotes: boolean;
  /** What whoever wrote the files should know. */
  readonly warnings: readonly string[];
}

/** As Flux 2.9 builds: free within the artifact and nowhere else, in the order of the files, built-in schemas kept. */
const options: BuildOptions = {
  reorder: 'none',
  loadRestrictions: 'none',
  confined: true,
  customSchemas: 'add',
  version: 'v5.8.1',
};

const refusal =
  'fs-security-constraint: remote bases are refused (--no-remote-bases): all resources must be files of the source artifact';

/**
 * Builds a kustomization of the artifact with its remote files and repositories. Throws BuildError.
 *
 * Differs from Flux (ADR 14): `--no-remote-bases` refuses files over HTTP too, as its description says.
 */
export async function buildKustomization(
  tree: Tree,
  dir: string,
  { source, signal }: RemoteAccess,
): Promise<KustomizeResult> {
  if (source === undefined) {
    const { objects, warnings } = build(tree, dir, { ...options, remotes: refusingRemotes(refusal) });
    return { objects, warnings, usedRemotes: false };
  }
  const { objects, warnings, remotes } = await buildWithRemotes(tree, dir, { ...options, source, signal });
  return { objects, warnings, usedRemotes: remotes.length > 0 };
}

import { diskProblem } from '../../../artifact/disk-problem.ts';
import type { Storage } from '../../../artifact/storage.ts';
import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { GitRepository } from '../../../crds/source/git-repository.ts';
import type { Checkout } from '../../../git/checkout.ts';
import { Fault } from '../../../runtime/fault.ts';
import { storageFailed } from '../faults.ts';
import { keptEntries } from '../kept-entries.ts';
import { SourceFiles } from '../source-files.ts';
import { copyIncludes } from './copy-includes.ts';
import type { Include } from './includes.ts';

/** What an artifact is made of. */
export interface ArtifactContent {
  readonly checkout: Checkout;
  readonly revision: string;
  readonly includes: readonly Include[];
}

/**
 * Packs the files into the storage: those of the commit and of the includes, without what is ignored. Throws Fault
 * (gitrepository_controller.go, reconcileInclude and reconcileArtifact).
 */
export async function storeArtifact(
  object: GitRepository,
  { checkout, revision, includes }: ArtifactContent,
  storage: Storage,
  signal: AbortSignal,
): Promise<Artifact> {
  await using scope = new AsyncDisposableStack();
  const files = SourceFiles.of(checkout.files);
  await copyIncludes(files, includes, storage, scope, signal);
  const entries = keptEntries(files, object.spec.ignore);
  const { namespace, name } = object.metadata;
  const target = { kind: 'GitRepository', namespace, name, fileName: `${checkout.commit.oid}.tar.gz` };
  try {
    const artifact = await storage.archive(target, revision, entries, signal);
    await storage.linkLatest(artifact);
    return artifact;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Fault) throw error;
    throw storageFailed(
      'ArchiveOperationFailed',
      `unable to archive artifact to storage: ${diskProblem(error)}`,
      error,
    );
  }
}

import type { ArchiveEntry } from '../../../artifact/archive.ts';
import { ArtifactError } from '../../../artifact/artifact-error.ts';
import { diskProblem } from '../../../artifact/disk-problem.ts';
import { type IgnoreMatcher, ignoreMatcher } from '../../../artifact/ignore.ts';
import type { Storage } from '../../../artifact/storage.ts';
import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { GitRepository } from '../../../crds/source/git-repository.ts';
import type { Checkout } from '../../../git/checkout.ts';
import { Fault } from '../../../runtime/fault.ts';
import { storageFailed } from '../faults.ts';
import { copyIncludes } from './copy-includes.ts';
import type { Include } from './includes.ts';
import { SourceFiles } from './source-files.ts';

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
  const isIgnored = loadIgnoreRules(files, object.spec.ignore);
  const { namespace, name } = object.metadata;
  const target = { kind: 'GitRepository', namespace, name, fileName: `${checkout.commit.oid}.tar.gz` };
  try {
    const artifact = await storage.archive(target, revision, kept(files.entries(), isIgnored), signal);
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

function loadIgnoreRules(files: SourceFiles, specIgnore: string | undefined): IgnoreMatcher {
  try {
    return ignoreMatcher(files.ignoreFiles(), specIgnore);
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof ArtifactError)) throw error;
    const message = `failed to load source ignore patterns from repository: ${error.message}`;
    throw new Fault('retry', 'SourceIgnoreError', message, { cause: error });
  }
}

function* kept(entries: Iterable<ArchiveEntry>, isIgnored: IgnoreMatcher): Generator<ArchiveEntry> {
  for (const entry of entries) {
    if (!isIgnored(entry.path, entry.type === 'dir')) yield entry;
  }
}

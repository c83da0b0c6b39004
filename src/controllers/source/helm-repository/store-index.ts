import { join } from 'node:path';
import { parseDigest } from '../../../artifact/digest.ts';
import { diskProblem } from '../../../artifact/disk-problem.ts';
import type { Storage } from '../../../artifact/storage.ts';
import type { Artifact } from '../../../crds/meta/artifact.ts';
import type { HelmRepository } from '../../../crds/source/helm-repository.ts';
import { fetchFailed, storageFailed } from '../faults.ts';
import { IndexError } from '../helm/index-events.ts';
import { prepareIndex, type ReadyIndex } from '../helm/index-file.ts';

/** Reads the index that was fetched, to be stored. Throws a fault for one that cannot be used (LoadFromPath). */
export async function readFetched(file: string, dir: string, signal: AbortSignal): Promise<ReadyIndex> {
  try {
    return await prepareIndex(file, join(dir, 'sections'), signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof IndexError)) throw error;
    const message = `failed to load Helm repository from index YAML: failed to load index: ${error.message}`;
    throw fetchFailed('retry', 'IndexationFailed', message, error);
  }
}

/** Puts the index into the storage; `url` is where its newest one always is. Throws a fault (reconcileArtifact). */
export async function storeIndex(
  { kind, metadata: { namespace, name } }: HelmRepository,
  index: ReadyIndex,
  revision: string,
  storage: Storage,
  signal: AbortSignal,
): Promise<{ readonly artifact: Artifact; readonly url: string }> {
  const fileName = `index-${parseDigest(revision).hex}.yaml`;
  try {
    const artifact = await storage.save({ kind, namespace, name, fileName }, revision, index.content(), signal);
    return { artifact, url: await storage.linkLatest(artifact, 'index.yaml') };
  } catch (error) {
    signal.throwIfAborted();
    throw storageFailed('ArchiveOperationFailed', `unable to save artifact to storage: ${diskProblem(error)}`, error);
  }
}

import { diskProblem } from '../../artifact/disk-problem.ts';
import type { Storage } from '../../artifact/storage.ts';
import type { Artifact } from '../../crds/meta/artifact.ts';
import { storageFailed } from './faults.ts';

/** What became of the artifact that the status speaks of. */
export interface StorageState {
  /** The artifact that can be used, under the address that is right now. */
  readonly artifact: Artifact | undefined;
  /** There should be one, but its file is missing or altered. */
  readonly lost: boolean;
  /** What is wrong with the file that was there. */
  readonly altered?: string;
  /** How many old files were removed. */
  readonly collected: number;
  /** Why old files could not be removed: no reason to stop, but to be logged. */
  readonly collectError?: unknown;
}

/**
 * Holds the status against what is on disk: old files are collected, and the artifact's file is verified each time,
 * so that a wiped or altered storage is repaired by fetching again (gitrepository_controller.go, reconcileStorage). Throws Fault.
 */
export async function inspectStorage(
  status: { readonly artifact?: Artifact } | undefined,
  storage: Storage,
  signal: AbortSignal,
): Promise<StorageState> {
  const artifact = status?.artifact;
  if (artifact === undefined) return { artifact: undefined, lost: false, collected: 0 };
  const garbage = await collect(artifact, storage);
  try {
    return { ...(await inspectFile(artifact, storage, signal)), ...garbage };
  } catch (error) {
    signal.throwIfAborted();
    throw storageFailed('StatOperationFailed', `failed to stat the stored artifact: ${diskProblem(error)}`, error);
  }
}

async function inspectFile(
  artifact: Artifact,
  storage: Storage,
  signal: AbortSignal,
): Promise<Omit<StorageState, 'collected'>> {
  if (!(await storage.exists(artifact))) return { artifact: undefined, lost: true };
  const altered = await alteration(artifact, storage, signal);
  if (altered !== undefined) {
    await storage.remove(artifact);
    return { artifact: undefined, lost: true, altered };
  }
  return { artifact: { ...artifact, url: storage.url(artifact.path) }, lost: false };
}

async function collect(
  artifact: Artifact,
  storage: Storage,
): Promise<Pick<StorageState, 'collected' | 'collectError'>> {
  try {
    return { collected: (await storage.collectGarbage(artifact)).length };
  } catch (collectError) {
    return { collected: 0, collectError };
  }
}

/** Why the file is not the promised one. A digest that cannot be checked counts: nobody could use the artifact. */
async function alteration(artifact: Artifact, storage: Storage, signal: AbortSignal): Promise<string | undefined> {
  try {
    await storage.verify(artifact, signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return diskProblem(error);
  }
}

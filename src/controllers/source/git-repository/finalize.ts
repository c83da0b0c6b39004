import { diskProblem } from '../../../artifact/disk-problem.ts';
import type { Storage } from '../../../artifact/storage.ts';
import type { GitRepository } from '../../../crds/source/git-repository.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';

/** Removes all artifacts of an object that is being deleted (gitrepository_controller.go, reconcileDelete). */
export async function finalizeGitRepository(
  object: GitRepository,
  attempt: AttemptContext,
  storage: Storage,
): Promise<void> {
  const { namespace, name } = object.metadata;
  let removed: boolean;
  try {
    removed = await storage.removeAll({ kind: 'GitRepository', namespace, name });
  } catch (error) {
    const message = `garbage collection for deleted resource failed: ${diskProblem(error)}`;
    throw new Fault('retry', 'GarbageCollectionFailed', message, { cause: error });
  }
  if (!removed) return;
  const message = 'garbage collected artifacts for deleted resource';
  attempt.log.info(message);
  attempt.event({ severity: 'trace', reason: 'GarbageCollectionSucceeded', message });
}

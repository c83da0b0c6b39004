import type { Storage } from '../../../artifact/storage.ts';
import type { GitRepository } from '../../../crds/source/git-repository.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { removeArtifacts } from '../remove-artifacts.ts';

/** Removes all artifacts of an object that is being deleted (gitrepository_controller.go, reconcileDelete). */
export function finalizeGitRepository(object: GitRepository, attempt: AttemptContext, storage: Storage): Promise<void> {
  return removeArtifacts(object, attempt, storage);
}

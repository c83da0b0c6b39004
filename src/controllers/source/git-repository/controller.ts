import { type GitRepository, gitRepositoryKind } from '../../../crds/source/git-repository.ts';
import { SingleFlight } from '../../../lib/single-flight.ts';
import type { Environment } from '../../../runtime/composition.ts';
import type { Controller } from '../../../runtime/controller.ts';
import { gitRepositoryPolicy } from '../../../runtime/policies.ts';
import type { SourceCaches } from '../caches.ts';
import { kindController } from '../kind-controller.ts';
import { removeArtifacts } from '../remove-artifacts.ts';
import type { GitRepositoryDeps } from './deps.ts';
import { reconcileGitRepository } from './reconcile.ts';
import { wakeOnChanges } from './watch.ts';

/** The GitRepository controller, ready to be started. */
export function gitRepositoryController(
  environment: Environment,
  caches: SourceCaches,
  { storage, sessions, gates }: Pick<GitRepositoryDeps, 'storage' | 'sessions' | 'gates'>,
): Controller {
  const { client } = environment;
  const { gitRepositories } = caches;
  const deps: GitRepositoryDeps = {
    client,
    storage,
    sessions,
    gates,
    fetches: new SingleFlight(),
    lookup: (key) => gitRepositories.get(key),
  };
  const controller = kindController<GitRepository>(
    environment,
    {
      type: gitRepositoryKind,
      policy: gitRepositoryPolicy,
      pipeline: (object, attempt) => reconcileGitRepository(object, attempt, deps),
      finalize: (object, attempt) => removeArtifacts(object, attempt, storage),
      suspended: ({ spec }) => spec.suspend === true,
    },
    gitRepositories,
  );
  wakeOnChanges(caches, controller.queue);
  return controller;
}

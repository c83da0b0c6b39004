import { type OCIRepository, ociRepositoryKind } from '../../../crds/source/oci-repository.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import type { Environment } from '../../../runtime/composition.ts';
import type { Controller } from '../../../runtime/controller.ts';
import { ociRepositoryPolicy } from '../../../runtime/policies.ts';
import type { SourceCaches } from '../caches.ts';
import { kindController } from '../kind-controller.ts';
import { removeArtifacts } from '../remove-artifacts.ts';
import type { OciRepositoryDeps } from './deps.ts';
import { reconcileOciRepository } from './reconcile.ts';
import { UsedSecrets } from './used-secrets.ts';
import { wakeOnChanges } from './watch.ts';

/**
 * The OCIRepository controller, ready to be started.
 *
 * @param forget Is told of objects that are gone.
 */
export function ociRepositoryController(
  environment: Environment,
  caches: SourceCaches,
  given: Omit<OciRepositoryDeps, 'client' | 'usedSecrets'>,
  forget: (key: ObjectKey) => void,
): Controller {
  const usedSecrets = new UsedSecrets();
  const deps: OciRepositoryDeps = { ...given, client: environment.client, usedSecrets };
  const controller = kindController<OCIRepository>(
    environment,
    {
      type: ociRepositoryKind,
      policy: ociRepositoryPolicy,
      pipeline: (object, attempt) => reconcileOciRepository(object, attempt, deps),
      finalize: (object, attempt) => removeArtifacts(object, attempt, deps.storage),
      suspended: ({ spec }) => spec.suspend === true,
      forget: (key) => {
        usedSecrets.forget(key);
        forget(key);
      },
    },
    caches.ociRepositories,
  );
  wakeOnChanges(caches, usedSecrets, controller.queue);
  return controller;
}

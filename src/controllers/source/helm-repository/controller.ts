import { type HelmRepository, helmRepositoryKind } from '../../../crds/source/helm-repository.ts';
import type { ObjectKey } from '../../../kube/object.ts';
import type { Environment } from '../../../runtime/composition.ts';
import type { Controller } from '../../../runtime/controller.ts';
import { helmRepositoryPolicy } from '../../../runtime/policies.ts';
import type { SourceCaches } from '../caches.ts';
import { kindController } from '../kind-controller.ts';
import { removeArtifacts } from '../remove-artifacts.ts';
import type { HelmRepositoryDeps } from './deps.ts';
import { KnownIndexes } from './known-indexes.ts';
import { reconcileHelmRepository } from './reconcile.ts';
import { wakeOnChanges } from './watch.ts';

/** The HelmRepository controller, ready to be started. */
export function helmRepositoryController(
  environment: Environment,
  caches: SourceCaches,
  {
    forgotten,
    ...parts
  }: Pick<HelmRepositoryDeps, 'storage' | 'http' | 'maxIndexBytes'> & {
    /** Told of each object that is gone. */
    forgotten(key: ObjectKey): void;
  },
): Controller {
  const { helmRepositories } = caches;
  const known = new KnownIndexes();
  const { storage } = parts;
  const deps: HelmRepositoryDeps = { ...parts, client: environment.client, known };
  const controller = kindController<HelmRepository>(
    environment,
    {
      type: helmRepositoryKind,
      policy: helmRepositoryPolicy,
      pipeline: (object, attempt) => reconcileHelmRepository(object, attempt, deps),
      finalize: (object, attempt) => removeArtifacts(object, attempt, storage),
      suspended: ({ spec }) => spec.suspend === true,
      records: {
        includes: ({ spec }) => spec.type === 'oci',
        clean: (object, attempt) => removeArtifacts(object, attempt, storage),
      },
      forget: (key) => {
        known.forget(key);
        forgotten(key);
      },
    },
    helmRepositories,
  );
  wakeOnChanges(caches, controller.queue);
  return controller;
}

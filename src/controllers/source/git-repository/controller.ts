import { type GitRepository, gitRepositoryKind } from '../../../crds/source/git-repository.ts';
import type { PartialObject } from '../../../kube/object.ts';
import { secretType } from '../../../kube/secret.ts';
import { SingleFlight } from '../../../lib/single-flight.ts';
import type { ControllerParts, Environment } from '../../../runtime/composition.ts';
import { Controller } from '../../../runtime/controller.ts';
import { Informer } from '../../../runtime/informer.ts';
import { jitter } from '../../../runtime/jitter.ts';
import { gitRepositoryPolicy } from '../../../runtime/policies.ts';
import { ReconcileLoop } from '../../../runtime/reconcile-loop.ts';
import type { GitRepositoryDeps } from './deps.ts';
import { finalizeGitRepository } from './finalize.ts';
import { reconcileGitRepository } from './reconcile.ts';
import { wakeOnChanges } from './watch.ts';

/** The GitRepository controller with its caches, ready to be started. */
export function gitRepositoryParts(
  environment: Environment,
  { storage, sessions, gates }: Pick<GitRepositoryDeps, 'storage' | 'sessions' | 'gates'>,
): ControllerParts {
  const { client, clock, events, flags, log, metrics } = environment;
  const namespace = flags.watchAllNamespaces ? undefined : environment.namespace;
  const scope = { client, log, ...(namespace === undefined ? {} : { namespace }) };
  const gitRepositories = new Informer<GitRepository>({
    ...scope,
    type: gitRepositoryKind,
    labelSelector: flags.watchLabelSelector,
    trim: withoutManagedFields,
  });
  const secrets = new Informer<PartialObject>({
    ...scope,
    type: secretType,
    labelSelector: flags.watchConfigsLabelSelector,
    metadataOnly: true,
    trim: withoutManagedFields,
  });
  const watchesSecrets = flags.watchConfigsLabelSelector !== '';

  const deps: GitRepositoryDeps = {
    client,
    storage,
    sessions,
    gates,
    fetches: new SingleFlight(),
    lookup: (key) => gitRepositories.get(key),
  };
  const loop = new ReconcileLoop<GitRepository>(
    {
      type: gitRepositoryKind,
      policy: gitRepositoryPolicy,
      pipeline: (object, attempt) => reconcileGitRepository(object, attempt, deps),
      finalize: (object, attempt) => finalizeGitRepository(object, attempt, storage),
      suspended: ({ spec }) => spec.suspend === true,
    },
    {
      client,
      cache: gitRepositories,
      events,
      metrics,
      clock,
      dependencyIntervalMs: flags.requeueDependencyMs,
      jitter: (ms) => jitter(ms, flags.intervalJitterPercentage),
    },
  );
  const controller = new Controller({
    name: 'gitrepository',
    group: gitRepositoryKind.group,
    kind: gitRepositoryKind.kind,
    concurrency: flags.concurrent,
    minRetryDelayMs: flags.minRetryDelayMs,
    maxRetryDelayMs: flags.maxRetryDelayMs,
    reconcile: loop.reconcile,
    metrics,
    log,
    clock,
  });
  wakeOnChanges(watchesSecrets ? { gitRepositories, secrets } : { gitRepositories }, controller.queue);
  metrics.addResourceInfo({ type: gitRepositoryKind, list: () => gitRepositories.list() });
  return {
    caches: watchesSecrets ? [gitRepositories, secrets] : [gitRepositories],
    runnables: [controller],
  };
}

/** Nobody reads who owns which field of a source, and it is half of the object. */
function withoutManagedFields<T extends PartialObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

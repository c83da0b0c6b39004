import type { KubeObject } from '../../kube/object.ts';
import type { Environment } from '../../runtime/composition.ts';
import { Controller } from '../../runtime/controller.ts';
import type { Informer } from '../../runtime/informer.ts';
import { jitter } from '../../runtime/jitter.ts';
import { type ReconciledKind, ReconcileLoop } from '../../runtime/reconcile-loop.ts';

/** The controller of a source kind; what wakes its objects is yet to be told to its queue. */
export function kindController<T extends KubeObject>(
  { client, clock, events, flags, log, metrics }: Environment,
  kind: ReconciledKind<T>,
  cache: Informer<T>,
): Controller {
  const loop = new ReconcileLoop<T>(kind, {
    client,
    cache,
    events,
    metrics,
    clock,
    dependencyIntervalMs: flags.requeueDependencyMs,
    jitter: (ms) => jitter(ms, flags.intervalJitterPercentage),
  });
  metrics.addResourceInfo({ type: kind.type, list: () => cache.list() });
  return new Controller({
    name: kind.type.kind.toLowerCase(),
    group: kind.type.group,
    kind: kind.type.kind,
    concurrency: flags.concurrent,
    minRetryDelayMs: flags.minRetryDelayMs,
    maxRetryDelayMs: flags.maxRetryDelayMs,
    reconcile: loop.reconcile,
    metrics,
    log,
    clock,
  });
}

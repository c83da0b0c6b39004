import { type Receiver, receiverKind } from '../../../crds/notification/receiver.ts';
import type { KubeObject, PartialObject } from '../../../kube/object.ts';
import { secretType } from '../../../kube/secret.ts';
import type { ControllerParts, Environment } from '../../../runtime/composition.ts';
import { Controller } from '../../../runtime/controller.ts';
import { Informer } from '../../../runtime/informer.ts';
import { receiverPolicy } from '../../../runtime/policies.ts';
import { ReconcileLoop } from '../../../runtime/reconcile-loop.ts';
import type { NotificationGates } from '../flags.ts';
import { reconcileReceiver } from './reconcile.ts';
import { indexPaths, type ReceiverCache, wakeOnChanges } from './watch.ts';

/** The Receiver controller with its caches, ready to be started; `receivers` is for the server that answers calls. */
export function receiverController(
  environment: Environment,
  { DisableConfigWatchers }: NotificationGates,
  noCrossNamespaceRefs: boolean,
): ControllerParts & { readonly receivers: ReceiverCache } {
  const { client, clock, events, flags, log, metrics } = environment;
  const namespace = flags.watchAllNamespaces ? undefined : environment.namespace;
  const scope = { client, log, ...(namespace === undefined ? {} : { namespace }) };
  const receivers = new Informer<Receiver & KubeObject>({
    ...scope,
    type: receiverKind,
    labelSelector: flags.watchLabelSelector,
  });
  const secrets = DisableConfigWatchers
    ? undefined
    : new Informer<PartialObject>({
        ...scope,
        type: secretType,
        labelSelector: flags.watchConfigsLabelSelector,
        metadataOnly: true,
      });
  const loop = new ReconcileLoop<Receiver & KubeObject>(
    {
      type: receiverKind,
      policy: receiverPolicy,
      pipeline: (object, attempt) => reconcileReceiver(object, attempt, { client, noCrossNamespaceRefs }),
      finalize: () => Promise.resolve(),
      suspended: ({ spec }) => spec.suspend === true,
    },
    { client, cache: receivers, events, metrics, clock, dependencyIntervalMs: flags.requeueDependencyMs },
  );
  const controller = new Controller({
    name: 'receiver',
    group: receiverKind.group,
    kind: receiverKind.kind,
    concurrency: flags.concurrent,
    minRetryDelayMs: flags.minRetryDelayMs,
    maxRetryDelayMs: flags.maxRetryDelayMs,
    reconcile: loop.reconcile,
    metrics,
    log,
    clock,
  });
  indexPaths(receivers);
  wakeOnChanges(receivers, secrets, controller.queue);
  metrics.addResourceInfo({ type: receiverKind, list: () => receivers.list() });
  return {
    receivers,
    standbyCaches: [receivers],
    caches: secrets === undefined ? [] : [secrets],
    runnables: [controller],
  };
}

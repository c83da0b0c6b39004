import { FINALIZER, NOTIFICATION_FIELD_MANAGER } from '../../../crds/meta/names.ts';
import type { KubeObject, ResourceType } from '../../../kube/object.ts';
import type { Environment } from '../../../runtime/composition.ts';
import { Controller } from '../../../runtime/controller.ts';
import type { Informer } from '../../../runtime/informer.ts';
import { removeFinalizer } from '../../../runtime/status-writer.ts';

/**
 * A controller that takes the finalizer of Flux from objects of a kind that needs none, so that they can be deleted
 * (notification-controller internal/controller/alert_controller.go). A suspended one keeps it until then.
 */
export function finalizerStripper<T extends KubeObject>(
  type: ResourceType,
  cache: Informer<T>,
  { client, flags, metrics, log, clock, events }: Environment,
): Controller {
  const controller = new Controller({
    name: type.kind.toLowerCase(),
    group: type.group,
    kind: type.kind,
    concurrency: 1,
    minRetryDelayMs: flags.minRetryDelayMs,
    maxRetryDelayMs: flags.maxRetryDelayMs,
    metrics,
    log,
    clock,
    async reconcile(key, context) {
      const object = cache.get(key);
      if (object === undefined || !needsStripping(object)) return {};
      await removeFinalizer(client, type, object, FINALIZER, {
        fieldManager: NOTIFICATION_FIELD_MANAGER,
        signal: context.signal,
      });
      const message = `removed finalizer from ${type.kind} to migrate to static ${type.kind}`;
      context.log.info(message);
      events.event(object, { reason: 'Migration', message });
      return {};
    },
  });
  cache.onChange(({ current }) => {
    if (current === undefined || !needsStripping(current)) return;
    const { name, namespace } = current.metadata;
    controller.queue.add(namespace === undefined ? { name } : { name, namespace });
  });
  return controller;
}

function needsStripping({ metadata, spec }: KubeObject): boolean {
  const isSuspended = typeof spec === 'object' && spec !== null && 'suspend' in spec && spec.suspend === true;
  return (
    metadata.finalizers?.includes(FINALIZER) === true && (!isSuspended || metadata.deletionTimestamp !== undefined)
  );
}

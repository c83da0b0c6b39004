import { FINALIZER, NOTIFICATION_FIELD_MANAGER } from '../../../crds/meta/names.ts';
import type { KubeObject, ResourceType } from '../../../kube/object.ts';
import type { Environment } from '../../../runtime/composition.ts';
import { Controller } from '../../../runtime/controller.ts';
import type { Informer } from '../../../runtime/informer.ts';
import { removeFinalizer } from '../../../runtime/status-writer.ts';

/**
 * A controller that takes the finalizer of Flux from objects of a kind that needs none, so that they can be deleted.
 * Alerts lose it when they are seen, suspended ones when they are deleted (notification-controller
 * internal/controller/alert_controller.go). Providers lose it when they are deleted: Flux 2.9 sets it on each that has
 * none, and two controllers that undo each other's work would never rest.
 */
export function finalizerStripper<T extends KubeObject>(
  type: ResourceType,
  cache: Informer<T>,
  when: 'seen' | 'deleted',
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
      if (object === undefined || !needsStripping(object, when)) return {};
      await removeFinalizer(client, type, object, FINALIZER, {
        fieldManager: NOTIFICATION_FIELD_MANAGER,
        signal: context.signal,
      });
      if (when === 'deleted') return {};
      const message = `removed finalizer from ${type.kind} to migrate to static ${type.kind}`;
      context.log.info(message);
      events.event(object, { reason: 'Migration', message });
      return {};
    },
  });
  cache.onChange(({ current }) => {
    if (current === undefined || !needsStripping(current, when)) return;
    const { name, namespace } = current.metadata;
    controller.queue.add(namespace === undefined ? { name } : { name, namespace });
  });
  return controller;
}

function needsStripping({ metadata, spec }: KubeObject, when: 'seen' | 'deleted'): boolean {
  const isDeleted = metadata.deletionTimestamp !== undefined;
  const isSuspended = typeof spec === 'object' && spec !== null && 'suspend' in spec && spec.suspend === true;
  const isDue = isDeleted || (when === 'seen' && !isSuspended);
  return isDue && metadata.finalizers?.includes(FINALIZER) === true;
}

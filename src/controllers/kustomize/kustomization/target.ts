import type { ObjectRef } from '../../../apply/object-ref.ts';
import type { StatusWaiter, WaitHandle, WatchObjectsOptions } from '../../../apply/waiter.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import type { HeldTarget, TargetCluster, TargetClusters, TargetRequest } from '../../../kube/target/target-clusters.ts';
import { errorMessage, isAbort } from '../../../lib/errors.ts';
import { Fault } from '../../../runtime/fault.ts';

/** Where the Kustomization's objects go, and as whom. */
export function targetRequest({ metadata: { namespace, name }, spec }: Kustomization): TargetRequest {
  const involved = { kind: 'Kustomization', namespace, name, operation: 'fetch_kubeconfig' };
  return { namespace, serviceAccountName: spec.serviceAccountName, kubeConfig: spec.kubeConfig, involved };
}

/**
 * The cluster that the Kustomization's objects are in, held until it is disposed of. Throws a retryable
 * ReconciliationFailed fault when there is no way to it (kustomization_controller.go, reconcile).
 */
export async function acquireTarget(
  object: Kustomization,
  targets: TargetClusters,
  signal: AbortSignal,
): Promise<HeldTarget> {
  try {
    return await targets.acquire(targetRequest(object), signal);
  } catch (cause) {
    if (isAbort(cause)) throw cause;
    const message = errorMessage(cause);
    throw new Fault('retry', 'ReconciliationFailed', message, {
      cause,
      event: `failed to build kube client: ${message}`,
    });
  }
}

/** Watches objects in a cluster, which stays connected until the handle is closed. */
export function watchTarget(
  target: TargetCluster,
  waiter: StatusWaiter,
  refs: readonly ObjectRef[],
  options: WatchObjectsOptions,
): WaitHandle {
  const hold = target.hold();
  const handle = waiter.watchObjects(target.client, refs, options);
  return {
    statuses: () => handle.statuses(),
    resourceVersions: () => handle.resourceVersions(),
    close() {
      handle.close();
      hold.release();
    },
  };
}

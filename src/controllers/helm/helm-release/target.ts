import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import { ApiError } from '../../../kube/errors.ts';
import { KubeconfigError } from '../../../kube/kubeconfig-error.ts';
import type { HeldTarget, TargetClusters, TargetRequest } from '../../../kube/target/target-clusters.ts';
import { errorMessage } from '../../../lib/errors.ts';

/** Where the release goes, and as whom. */
export function targetRequest({ metadata: { namespace, name }, spec }: HelmRelease): TargetRequest {
  const involved = { kind: 'HelmRelease', namespace, name, operation: 'reconcile' };
  return { namespace, serviceAccountName: spec.serviceAccountName, kubeConfig: spec.kubeConfig, involved };
}

/** There is no way to the cluster; the message is Flux's. */
export class TargetError extends Error {
  /** The Secret or ConfigMap that tells of the cluster is gone. */
  readonly isMissing: boolean;

  constructor(message: string, { cause, isMissing }: { readonly cause: unknown; readonly isMissing: boolean }) {
    super(message, { cause });
    this.isMissing = isMissing;
  }
}

/** The cluster that the release is in, held until it is disposed of. Throws {@link TargetError}, or the signal's reason. */
export async function acquireTarget(
  object: HelmRelease,
  targets: TargetClusters,
  signal: AbortSignal,
): Promise<HeldTarget> {
  try {
    return await targets.acquire(targetRequest(object), signal);
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof KubeconfigError ? error.cause : error;
    const isMissing = cause instanceof ApiError && cause.isNotFound;
    const name = object.spec.kubeConfig?.secretRef?.name;
    const message =
      cause instanceof ApiError && name !== undefined
        ? `could not get KubeConfig secret '${object.metadata.namespace}/${name}': ${cause.message}`
        : errorMessage(error);
    throw new TargetError(message, { cause: error, isMissing });
  }
}

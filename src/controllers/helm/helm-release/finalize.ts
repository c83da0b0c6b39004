import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import { isNotFound } from '../../../kube/errors.ts';
import type { ResourceType } from '../../../kube/object.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { Result } from '../../../runtime/result.ts';
import { keepReleases } from './after-action.ts';
import { deleteChartObject } from './chart-object.ts';
import type { HelmReleaseDeps } from './deps.ts';
import { ReleaseStatusDraft } from './release-status.ts';
import { acquireTarget, TargetError, targetRequest } from './target.ts';
import { uninstallRelease } from './uninstall.ts';

const serviceAccounts: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
};

const LOOK_AGAIN_MS = 60 * 60_000;

/**
 * Uninstalls the release of a HelmRelease that is deleted, and deletes its HelmChart; one that is suspended keeps both
 * (helmrelease_controller.go, reconcileDelete). Where the way to the release is gone (the kubeconfig, the account), the
 * release is left.
 */
export async function finalizeHelmRelease(
  object: HelmRelease,
  attempt: AttemptContext,
  deps: HelmReleaseDeps,
): Promise<Result | undefined> {
  await stopRun(object, attempt, deps);
  if (object.spec.suspend === true) return undefined;
  if ((await mayUninstall(object, attempt, deps)) && !(await uninstallRelease(object, attempt, deps)))
    return { requeueAfterMs: LOOK_AGAIN_MS };
  attempt.record({ history: undefined, storageNamespace: undefined });
  await deleteChartObject(object, attempt, { ...deps.sources, client: deps.client });
  return undefined;
}

/** Ends the action that is under way, and keeps in the status what it had released by then. */
async function stopRun(object: HelmRelease, attempt: AttemptContext, deps: HelmReleaseDeps): Promise<void> {
  const run = deps.runs.get(object.metadata);
  const current = run?.current;
  if (run !== undefined && current !== undefined) {
    current.abort(new DOMException('The HelmRelease is being deleted', 'AbortError'));
    await current.over();
    run.current = undefined;
    const { algorithm, retriesByDefault } = deps;
    keepReleases(current, { object, attempt, run, algorithm, retriesByDefault });
    await attempt.commit({});
  }
  deps.runs.end(object.metadata);
}

/** Whether there is something to uninstall, and a way to it. */
async function mayUninstall(object: HelmRelease, attempt: AttemptContext, deps: HelmReleaseDeps): Promise<boolean> {
  const { fields } = new ReleaseStatusDraft(attempt);
  if (fields.storageNamespace === undefined || fields.storageNamespace === '') {
    attempt.log.info({}, 'skipping Helm release uninstallation: no storage namespace configured');
    return false;
  }
  if (deps.uninstalls.get(object.metadata) !== undefined) return true;
  try {
    using _ = await acquireTarget(object, deps.targets, attempt.signal);
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    if (error.isMissing) {
      attempt.log.error({ error }, 'skipping Helm release uninstallation');
      return false;
    }
    throw failed(`failed to build REST client getter to uninstall release: ${error.message}`, attempt, error);
  }
  return hasAccount(object, attempt, deps);
}

/** Whether the account is there that the release is to be uninstalled as; it may go with its namespace. */
async function hasAccount(object: HelmRelease, attempt: AttemptContext, deps: HelmReleaseDeps): Promise<boolean> {
  const name = deps.targets.accountOf(targetRequest(object));
  if (object.spec.kubeConfig !== undefined || name === undefined) return true;
  const { namespace } = object.metadata;
  try {
    await deps.client.getMetadata(serviceAccounts, { namespace, name }, { signal: attempt.signal });
    return true;
  } catch (error) {
    attempt.signal.throwIfAborted();
    if (isNotFound(error)) {
      attempt.log.error({ error }, 'skipping Helm release uninstallation');
      return false;
    }
    const message = `failed to confirm ServiceAccount '${name}' can be used to uninstall release: ${errorMessage(error)}`;
    throw failed(message, attempt, error);
  }
}

function failed(message: string, attempt: AttemptContext, cause: unknown): Fault {
  new ReleaseStatusDraft(attempt).set('Ready', 'False', 'UninstallFailed', message);
  return new Fault('retry', 'UninstallFailed', message, { event: false, cause });
}

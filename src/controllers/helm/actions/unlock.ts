import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { ActionError } from './action-error.ts';
import type { ActionContext } from './context.ts';
import { isPending, Recorder } from './recorder.ts';

/**
 * Marks a release as failed that a killed process has left in the middle of something (helm-controller
 * internal/reconcile/unlock.go). Undefined when there is none, or it is not pending. Throws {@link ActionError}.
 */
export async function unlock(context: ActionContext): Promise<ReleaseRecord | undefined> {
  const { storage, release, signal } = context;
  try {
    const last = await storage.last(release.name, signal);
    if (last === undefined || !isPending(last.info.status)) return undefined;
    const recorder = new Recorder(last, context);
    recorder.set({ status: 'failed', description: `Release unlocked from stale '${last.info.status}' state` });
    await recorder.update();
    return recorder.record;
  } catch (error) {
    signal.throwIfAborted();
    throw new ActionError(errorMessage(error), { cause: error });
  }
}

import { errorMessage } from '../../../lib/errors.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { ReleaseStorage } from '../storage/release-storage.ts';
import type { Action } from './next-action.ts';
import { isRecordOf, type Snapshot } from './snapshot.ts';

/**
 * The rollback, if what it goes back to is in the storage as it was; an upgrade where that was changed or taken away.
 * Throws a stalled fault when there is nothing to go back to, a retryable one when it cannot be looked at
 * (internal/action/verify.go, VerifySnapshot, and its use in actionForState).
 */
export async function rollbackOrUpgrade(
  action: Extract<Action, { readonly name: 'rollback' }>,
  storage: ReleaseStorage,
  attempt: AttemptContext,
): Promise<Action> {
  const { to } = action;
  if (to === undefined) {
    const message =
      'Failed to perform remediation: missing target release for rollback: cannot remediate failed release';
    throw new Fault('stalled', 'MissingRollbackTarget', message, { drafted: true, event: false });
  }
  if (await isIntact(to, storage, attempt)) return action;
  attempt.log.info({ version: to.version }, 'unable to verify previous release in storage to roll back to');
  return { name: 'upgrade' };
}

async function isIntact(to: Snapshot, storage: ReleaseStorage, { signal }: AttemptContext): Promise<boolean> {
  try {
    const entries = await storage.entries(to.name, signal);
    const entry = entries.find(({ version }) => version === to.version);
    return entry !== undefined && isRecordOf(await storage.load(entry, signal), to);
  } catch (error) {
    signal.throwIfAborted();
    const message = `cannot verify previous release to roll back to: ${errorMessage(error)}`;
    throw new Fault('retry', 'StateError', message, { drafted: true, event: false, cause: error });
  }
}

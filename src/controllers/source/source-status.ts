import type { AttemptContext } from '../../runtime/attempt.ts';
import type { ConditionChange } from '../../runtime/outcome.ts';
import type { StorageState } from './inspect-storage.ts';

/** Records what was found on disk; an artifact that nobody can fetch leaves the status. */
export function learnStorage(state: StorageState, attempt: AttemptContext): void {
  const { artifact, lost, altered, collected, collectError } = state;
  if (collectError !== undefined) attempt.log.error({ error: collectError }, 'Garbage collection of artifacts failed');
  if (collected > 0) {
    const message = `garbage collected ${collected} artifacts`;
    attempt.log.info(message);
    attempt.event({ severity: 'trace', reason: 'GarbageCollectionSucceeded', message });
  }
  if (altered !== undefined) {
    const message = `failed to verify integrity of artifact: ${altered}`;
    attempt.event({ severity: 'error', reason: 'ArtifactVerificationFailed', message });
  }
  if (artifact !== undefined) {
    attempt.record({ artifact });
    return;
  }
  attempt.record({ artifact: undefined }, [absent('ArtifactInStorage')]);
  building(attempt, lost ? 'building artifact: disappeared from storage' : 'building artifact');
}

/** Says what is being done; Ready says the same, as upstream's sources have it (ProgressiveStatus). */
export function building(attempt: AttemptContext, message: string): void {
  attempt.progress('Progressing', message);
  attempt.record({}, [{ type: 'Ready', status: 'Unknown', reason: 'Progressing', message }]);
}

/** Takes a condition away. */
export function absent(type: ConditionChange['type']): ConditionChange {
  return { type, status: 'absent' };
}

import type { Reason } from '../../crds/meta/reasons.ts';
import { Fault, type FaultClass } from '../../runtime/fault.ts';

/** A failure to get at what the source names: it stands in the condition FetchFailed too. */
export function fetchFailed(faultClass: FaultClass, reason: Reason, message: string, cause?: unknown): Fault {
  return new Fault(faultClass, reason, message, {
    condition: 'FetchFailed',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A failure to keep what was fetched: it stands in the condition StorageOperationFailed too. */
export function storageFailed(reason: Reason, message: string, cause?: unknown): Fault {
  return new Fault('retry', reason, message, {
    condition: 'StorageOperationFailed',
    ...(cause === undefined ? {} : { cause }),
  });
}

import { AuthError } from '../../../auth/auth-error.ts';
import type { Reason } from '../../../crds/meta/reasons.ts';
import { errorMessage, isTimeout } from '../../../lib/errors.ts';
import { OciError } from '../../../oci/oci-error.ts';
import { Fault } from '../../../runtime/fault.ts';
import { fetchFailed } from '../faults.ts';

/**
 * What a failure of a registry's, or of who gives credentials for it, means for the object: `what` was tried, as
 * upstream says it (ocirepository_controller.go, reconcileSource). `signal` is the one that the operation ran under, with
 * its deadline. A registry that wants to be left alone is not asked before. What is no such failure comes back as it is.
 */
export function ociFault(error: unknown, what: string, reason: Reason, signal: AbortSignal): unknown {
  if (error instanceof OciError || error instanceof AuthError) {
    const retryAfterMs = error instanceof OciError ? error.retryAfterMs : undefined;
    return new Fault('retry', reason, `${what}: ${errorMessage(error)}`, {
      condition: 'FetchFailed',
      cause: error,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  if (signal.aborted && isTimeout(signal.reason)) {
    return fetchFailed('retry', reason, `${what}: context deadline exceeded`, error);
  }
  return error;
}

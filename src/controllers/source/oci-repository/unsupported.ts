import type { OCIRepository } from '../../../crds/source/oci-repository.ts';
import { fetchFailed } from '../faults.ts';

/**
 * Throws a stalled fault when the object asks for what this release cannot do. It is never ignored: an artifact whose
 * signature was not checked would be worse than none.
 */
export function refuseUnsupported({ spec }: OCIRepository): void {
  if (spec.verify === undefined) return;
  throw fetchFailed(
    'stalled',
    'VerificationError',
    'spec.verify is not supported yet: signatures cannot be checked, and nothing is fetched unchecked; remove spec.verify to fetch without',
  );
}

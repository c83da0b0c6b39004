import type { HelmChart } from '../../../crds/source/helm-chart.ts';
import { fetchFailed } from '../faults.ts';

/**
 * Throws a stalled fault when the object asks for what this release cannot do. It is never ignored: a chart whose
 * signature was not checked would be worse than none.
 */
export function refuseUnsupported({ spec }: HelmChart): void {
  if (spec.verify === undefined) return;
  throw fetchFailed(
    'stalled',
    'VerificationError',
    'spec.verify is not supported yet: signatures cannot be checked, and nothing is fetched unchecked; remove spec.verify to fetch without',
  );
}

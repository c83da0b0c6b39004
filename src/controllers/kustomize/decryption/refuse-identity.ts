import type { DecryptionOptions } from '../../../appliers/decryption/decryption-keys.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { Fault } from '../../../runtime/fault.ts';

/** Throws a stalled fault when keys are asked for as a ServiceAccount and the feature gate for that is off. */
export function refuseDecryptionIdentity({ spec }: Kustomization, { objectLevelIdentity }: DecryptionOptions): void {
  if (objectLevelIdentity || !spec.decryption?.serviceAccountName) return;
  throw new Fault(
    'stalled',
    'FeatureGateDisabled',
    'to use spec.decryption.serviceAccountName for decryption authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
  );
}

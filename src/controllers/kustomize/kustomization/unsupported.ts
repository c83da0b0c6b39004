import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { Fault } from '../../../runtime/fault.ts';
import type { DecryptionOptions } from '../decryption/decryption-keys.ts';

/** Fields of the API that this release reads but cannot honour. Ignoring one could apply the wrong thing. */
const fields: readonly { readonly path: string; readonly isSet: (spec: Kustomization['spec']) => boolean }[] = [
  { path: 'spec.decryption.serviceAccountName', isSet: (spec) => isNamed(spec.decryption?.serviceAccountName) },
];

/** Throws a stalled fault that names the fields which this release does not support; nothing was read or applied. */
export function refuseUnsupported(object: Kustomization): void {
  const set = fields.filter(({ isSet }) => isSet(object.spec)).map(({ path }) => path);
  if (set.length === 0) return;
  throw new Fault(
    'stalled',
    'FeatureGateDisabled',
    `${set.join(', ')} ${set.length === 1 ? 'is' : 'are'} not supported by this release: remove ${set.length === 1 ? 'it' : 'them'} or suspend the Kustomization`,
  );
}

/** Throws a stalled fault when keys are asked for as a ServiceAccount and the feature gate for that is off. */
export function refuseDecryptionIdentity({ spec }: Kustomization, { objectLevelIdentity }: DecryptionOptions): void {
  if (objectLevelIdentity || !isNamed(spec.decryption?.serviceAccountName)) return;
  throw new Fault(
    'stalled',
    'FeatureGateDisabled',
    'to use spec.decryption.serviceAccountName for decryption authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
  );
}

function isNamed(name: string | undefined): boolean {
  return name !== undefined && name !== '';
}

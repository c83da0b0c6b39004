import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { Fault } from '../../../runtime/fault.ts';

/** Fields of the API that this release reads but cannot honour. Ignoring one could apply the wrong thing. */
const fields: readonly { readonly path: string; readonly isSet: (spec: Kustomization['spec']) => boolean }[] = [
  { path: 'spec.decryption', isSet: (spec) => spec.decryption !== undefined },
  { path: 'spec.kubeConfig.configMapRef', isSet: (spec) => spec.kubeConfig?.configMapRef !== undefined },
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

import type { Change } from '../../../apply/change-set.ts';
import { type ObjectRef, splitApiVersion } from '../../../apply/object-ref.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { KUSTOMIZE_GROUP } from '../../../crds/meta/names.ts';

/**
 * What a Kustomization waits for: with `spec.wait` everything that was applied and not skipped, else the objects of
 * `spec.healthChecks`; never itself, which would wait for ever (kustomization_controller.go, checkHealth).
 */
export function healthTargets(object: Kustomization, changes: readonly Change[]): readonly ObjectRef[] {
  const refs =
    object.spec.wait === true
      ? changes.filter(({ action }) => action !== 'skipped').map(({ ref }) => ref)
      : (object.spec.healthChecks ?? []).map(({ apiVersion = 'v1', kind, name, namespace = '' }) => ({
          ...splitApiVersion(apiVersion),
          kind,
          name,
          namespace,
        }));
  return refs.filter((ref) => !isItself(ref, object));
}

function isItself(ref: ObjectRef, { metadata }: Kustomization): boolean {
  return (
    ref.group === KUSTOMIZE_GROUP &&
    ref.kind === 'Kustomization' &&
    ref.name === metadata.name &&
    ref.namespace === metadata.namespace
  );
}

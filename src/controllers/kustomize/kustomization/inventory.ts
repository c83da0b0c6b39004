import type { Entry } from '../../../apply/inventory.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';

/** What the status says is in the cluster because of this Kustomization. */
export function inventoryEntries(object: Kustomization): readonly Entry[] {
  return object.status?.inventory?.entries ?? [];
}

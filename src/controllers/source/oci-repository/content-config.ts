import type { OCIRepository } from '../../../crds/source/oci-repository.ts';
import { jsonEqual } from '../../../lib/json.ts';

/**
 * Whether the same image would make another artifact than it did: the ignore rules or the layer selector are not those
 * that the artifact was made with (ocirepository_controller.go, ociContentConfigChanged).
 */
export function contentConfigChanged({ spec, status = {} }: OCIRepository): boolean {
  return (
    spec.ignore !== status.observedIgnore ||
    !jsonEqual(spec.layerSelector ?? null, status.observedLayerSelector ?? null)
  );
}

/** The status fields that say what an artifact was made with. */
export function observedConfig({ spec }: OCIRepository) {
  return { observedIgnore: spec.ignore, observedLayerSelector: spec.layerSelector };
}

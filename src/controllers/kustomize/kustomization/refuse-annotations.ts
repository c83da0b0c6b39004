import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { applyModeOf } from './apply-mode.ts';
import { objectDependencies } from './object-dependencies.ts';
import { orphanAfterMs } from './orphan.ts';
import { pruneGuardOf } from './prune-hold.ts';

/** Throws a stalled InvalidAnnotation fault when an annotation of ours cannot be read, before anything is done. */
export function refuseAnnotations(object: Kustomization): void {
  objectDependencies(object);
  pruneGuardOf(object, { pruneGuard: undefined });
  applyModeOf(object);
  orphanAfterMs(object, { orphanAfterMs: undefined });
}

import type { KubeObject } from '../kube/object.ts';
import { jsonEqual } from '../lib/json.ts';

/**
 * Whether applying would change the object: a dry run's result differs from the live one in labels, annotations or
 * anything outside metadata and status (fluxcd/pkg ssa/manager_diff.go, hasDrifted). Owners, finalizers and
 * managedFields alone are no drift.
 */
export function hasDrifted(live: KubeObject, dryRun: KubeObject): boolean {
  if (!jsonEqual(live.metadata.labels ?? {}, dryRun.metadata.labels ?? {})) return true;
  if (!jsonEqual(live.metadata.annotations ?? {}, dryRun.metadata.annotations ?? {})) return true;
  return !jsonEqual(content(live), content(dryRun));
}

function content(object: KubeObject): unknown {
  const { metadata: _metadata, status: _status, ...rest } = object;
  return rest;
}

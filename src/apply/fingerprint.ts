import type { KubeObject, ManagedFieldsEntry } from '../kube/object.ts';
import { sha256Hex } from '../lib/hash.ts';
import { stableStringify } from '../lib/json.ts';

/** Digest of an object as it is to be applied: equal for equal content, whatever the order of its keys. */
export function desiredDigest(object: KubeObject): string {
  return sha256Hex(stableStringify(object));
}

/**
 * Digest of the fields that `manager` owns by server-side apply; undefined when it owns none. As long as it stays the
 * same, nobody has changed, removed or taken a field of ours: whoever writes one of them with another value becomes
 * its owner, and the field leaves our entry. What others add does not count. The times of managedFields are not
 * part of it. Tried on a real API server (test/e2e/apply.test.ts).
 */
export function ownershipFingerprint(
  managedFields: readonly ManagedFieldsEntry[] | undefined,
  manager: string,
): string | undefined {
  const own = (managedFields ?? []).filter(
    (entry) => entry.manager === manager && entry.operation === 'Apply' && !entry.subresource,
  );
  if (own.length === 0) return undefined;
  return sha256Hex(stableStringify(own.map(({ apiVersion, fieldsV1 }) => [apiVersion, fieldsV1])));
}

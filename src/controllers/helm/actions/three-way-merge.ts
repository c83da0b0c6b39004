import type { MergeSchema } from '../../../engines/patch/merge-schema.ts';
import { isRecord, jsonEqual } from '../../../lib/json.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What an object becomes that a chart had as `original`, now has as `modified`, and that is `live` in the cluster: what
 * left the chart leaves the object, what the chart says is so, and what others have added stays. With a schema, lists
 * are merged by their keys; without one they are replaced (k8s.io/apimachinery util/strategicpatch,
 * CreateThreeWayMergePatch, and util/jsonmergepatch). Null stands for nothing.
 */
export function threeWayMerge(original: unknown, modified: unknown, live: unknown, schema?: MergeSchema): unknown {
  if (isRecord(modified) && isRecord(live)) {
    return mergeFields(isRecord(original) ? original : {}, modified, live, schema);
  }
  if (Array.isArray(modified) && Array.isArray(live) && isMerged(schema)) {
    return mergeLists(Array.isArray(original) ? original : [], modified, live, schema);
  }
  return withoutNulls(modified);
}

function mergeFields(original: Fields, modified: Fields, live: Fields, schema: MergeSchema | undefined): Fields {
  const result: Record<string, unknown> = {};
  const retains = schema?.strategy.includes('retainKeys') === true;
  for (const [key, value] of Object.entries(live)) {
    const wanted = modified[key];
    if (!isNothing(wanted)) result[key] = threeWayMerge(original[key], wanted, value, schema?.field(key));
    else if (!retains && isNothing(original[key])) result[key] = value;
  }
  for (const [key, value] of Object.entries(modified)) {
    if (!isNothing(value) && !Object.hasOwn(live, key)) result[key] = withoutNulls(value);
  }
  return result;
}

function isMerged(schema: MergeSchema | undefined): schema is MergeSchema {
  return schema?.strategy.includes('merge') === true;
}

/** The items of the chart in its order, then those that others have added. */
function mergeLists(
  original: readonly unknown[],
  modified: readonly unknown[],
  live: readonly unknown[],
  schema: MergeSchema,
): readonly unknown[] {
  const same = (a: unknown) => (b: unknown) => isSameItem(a, b, schema);
  const wanted = modified.map((item) => {
    const found = live.find(same(item));
    return found === undefined
      ? withoutNulls(item)
      : threeWayMerge(original.find(same(item)), item, found, schema.elements());
  });
  const kept = live.filter((item) => !modified.some(same(item)) && !original.some(same(item)));
  return [...wanted, ...kept];
}

/** What the API server fills in of keys that charts leave out. */
const keyDefaults: Fields = { protocol: 'TCP' };

function isSameItem(a: unknown, b: unknown, { keys }: MergeSchema): boolean {
  if (!isRecord(a) || !isRecord(b)) return jsonEqual(a, b);
  return keys.length > 0 && keys.every((key) => jsonEqual(a[key] ?? keyDefaults[key], b[key] ?? keyDefaults[key]));
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  const present = Object.entries(value).filter(([, member]) => !isNothing(member));
  return Object.fromEntries(present.map(([key, member]) => [key, withoutNulls(member)]));
}

/** The merge patch (RFC 7386) that makes `before` into `after`; undefined when they are equal. */
export function mergePatchOf(before: unknown, after: unknown): unknown {
  if (jsonEqual(before, after)) return undefined;
  if (!isRecord(before) || !isRecord(after)) return after;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(before)) if (isNothing(after[key]) && !isNothing(before[key])) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    if (isNothing(value)) continue;
    const change = isNothing(before[key]) ? value : mergePatchOf(before[key], value);
    if (change !== undefined) patch[key] = change;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

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
  const result = new Map<string, unknown>();
  const retains = schema?.strategy.includes('retainKeys') === true || isUnion(schema);
  for (const [key, value] of Object.entries(live)) {
    const wanted = modified[key];
    if (!isNothing(wanted)) result.set(key, threeWayMerge(original[key], wanted, value, schema?.field(key)));
    else if (!retains && isNothing(original[key])) result.set(key, value);
  }
  for (const [key, value] of Object.entries(modified)) {
    if (!isNothing(value) && !Object.hasOwn(live, key)) result.set(key, withoutNulls(value));
  }
  return Object.fromEntries(result);
}

/** A strategy of updates: what belongs to another `type` goes (its patch strategy is `retainKeys`). */
function isUnion(schema: MergeSchema | undefined): boolean {
  return schema?.field('type') !== undefined && schema.field('rollingUpdate') !== undefined;
}

function isMerged(schema: MergeSchema | undefined): schema is MergeSchema {
  return schema?.strategy.includes('merge') === true;
}

interface Placed {
  readonly item: unknown;
  /** Where the live list has it; negative for what is new. */
  readonly place: number;
}

function mergeLists(
  original: readonly unknown[],
  modified: readonly unknown[],
  live: readonly unknown[],
  schema: MergeSchema,
): readonly unknown[] {
  const same = (a: unknown) => (b: unknown) => isSameItem(a, b, schema);
  const inner = schema.elements();
  // Of a volume there is one source.
  const elements = inner && { ...inner, strategy: schema.strategy };
  const wanted = modified.map((item): Placed => {
    const place = live.findIndex(same(item));
    if (place < 0) return { item: withoutNulls(item), place };
    return { item: threeWayMerge(original.find(same(item)), item, live[place], elements), place };
  });
  const kept = live
    .map((item, place): Placed => ({ item, place }))
    .filter(({ item }) => !modified.some(same(item)) && !original.some(same(item)));
  return inOrder(wanted, kept);
}

/**
 * The items of the chart in its order; those of others before the first one that they were before in the live list
 * (strategicpatch/patch.go, mergeSortedSlice).
 */
function inOrder(wanted: readonly Placed[], kept: readonly Placed[]): readonly unknown[] {
  const merged: unknown[] = [];
  let next = 0;
  for (const { item, place } of wanted) {
    for (; next < kept.length; next++) {
      const other = kept[next];
      if (other === undefined || place < other.place) break;
      merged.push(other.item);
    }
    merged.push(item);
  }
  return [...merged, ...kept.slice(next).map(({ item }) => item)];
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
  const gone = Object.keys(before).filter((key) => isNothing(own(after, key)) && !isNothing(before[key]));
  const changed = Object.entries(after).flatMap(([key, value]): [string, unknown][] => {
    if (isNothing(value)) return [];
    const old = own(before, key);
    const change = isNothing(old) ? value : mergePatchOf(old, value);
    return change === undefined ? [] : [[key, change]];
  });
  const members = [...gone.map((key): [string, unknown] => [key, null]), ...changed];
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

function own(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

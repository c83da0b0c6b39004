import type { KubeObject, ManagedFieldsEntry } from '../../src/kube/object.ts';
import { isRecord, jsonEqual } from '../../src/lib/json.ts';

/** Leaves of an object as paths of field names; a list is one leaf. */
type Path = readonly string[];

const untracked: ReadonlySet<string> = new Set(
  ['apiVersion', 'kind', 'status', 'metadata.name', 'metadata.namespace', 'metadata.uid'].concat(
    ['resourceVersion', 'generation', 'creationTimestamp', 'deletionTimestamp', 'managedFields'].map(
      (f) => `metadata.${f}`,
    ),
  ),
);

function leaves(value: unknown, path: Path = []): Path[] {
  if (untracked.has(path.join('.'))) return [];
  if (!isRecord(value) || (path.length > 0 && Object.keys(value).length === 0)) return [path];
  return Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]));
}

function keyed(paths: readonly Path[]): Map<string, Path> {
  return new Map(paths.map((path) => [JSON.stringify(path), path]));
}

function at(object: unknown, path: Path): unknown {
  let value = object;
  for (const key of path) value = isRecord(value) ? value[key] : undefined;
  return value;
}

function without(object: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined || !isRecord(object) || !Object.hasOwn(object, key)) return object;
  const { [key]: member, ...others } = object;
  if (rest.length === 0) return others;
  const left = without(member, rest);
  return isRecord(left) && Object.keys(left).length === 0 ? others : { ...others, [key]: left };
}

function merge(live: unknown, applied: unknown): unknown {
  if (!isRecord(live) || !isRecord(applied)) return applied;
  const merged: Record<string, unknown> = { ...live };
  for (const [key, value] of Object.entries(applied)) merged[key] = merge(live[key], value);
  return merged;
}

function toFields(paths: Iterable<Path>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const path of paths) {
    let node = root;
    for (const key of path) {
      node[`f:${key}`] ??= {};
      node = node[`f:${key}`] as Record<string, unknown>;
    }
  }
  return root;
}

function fromFields(fields: unknown, path: Path = []): Path[] {
  const children = isRecord(fields) ? Object.entries(fields).filter(([key]) => key !== '.') : [];
  if (children.length === 0) return path.length === 0 ? [] : [path];
  return children.flatMap(([key, member]) => fromFields(member, [...path, key.slice(2)]));
}

function entry(
  manager: string,
  operation: 'Apply' | 'Update',
  object: KubeObject,
  paths: Iterable<Path>,
): ManagedFieldsEntry {
  const fieldsV1 = toFields(paths);
  return { manager, operation, apiVersion: object.apiVersion, fieldsType: 'FieldsV1', fieldsV1 };
}

function withEntries(object: KubeObject, entries: readonly ManagedFieldsEntry[]): KubeObject {
  return { ...object, metadata: { ...object.metadata, managedFields: entries } };
}

/** Entries of others without the paths that `taken` are ours now. */
function yielded(entries: readonly ManagedFieldsEntry[], taken: ReadonlyMap<string, Path>): ManagedFieldsEntry[] {
  return entries.flatMap((other) => {
    const left = fromFields(other.fieldsV1).filter((path) => !taken.has(JSON.stringify(path)));
    return left.length === 0 ? [] : [{ ...other, fieldsV1: toFields(left) }];
  });
}

/** Stands for the time of a write in managedFields. */
let writes = 0;

/** Forced server-side apply, as far as maps and atomic lists go. */
export function serverSideApply(live: KubeObject | undefined, applied: KubeObject, manager: string): KubeObject {
  const entries = live?.metadata.managedFields ?? [];
  const isOwn = (e: ManagedFieldsEntry): boolean => e.manager === manager && e.operation === 'Apply';
  const wanted = keyed(leaves(applied));
  const before = keyed(fromFields(entries.find(isOwn)?.fieldsV1));
  const others = entries.filter((e) => !isOwn(e));
  let merged = merge(live ?? {}, applied);
  for (const [key, path] of before) {
    const shared = others.some((e) => keyed(fromFields(e.fieldsV1)).has(key));
    if (!wanted.has(key) && !shared) merged = without(merged, path);
  }
  const changed = new Map([...wanted].filter(([, path]) => !jsonEqual(at(live, path), at(applied, path))));
  const result = merged as KubeObject;
  const own = entry(manager, 'Apply', applied, wanted.values());
  const last = entries.find(isOwn);
  const isNew = changed.size > 0 || last === undefined || !jsonEqual(last.fieldsV1, own.fieldsV1);
  const time = isNew ? `t${++writes}` : last.time;
  return withEntries(result, [...yielded(others, changed), { ...own, ...(time === undefined ? {} : { time }) }]);
}

/** What an ordinary write by `manager` leaves of managedFields. */
export function ordinaryWrite(live: KubeObject | undefined, next: KubeObject, manager: string): KubeObject {
  const entries = live?.metadata.managedFields ?? [];
  const gone = keyed(leaves(live ?? {}).filter((path) => at(next, path) === undefined));
  const set = keyed(leaves(next).filter((path) => !jsonEqual(at(live, path), at(next, path))));
  const isOwn = (e: ManagedFieldsEntry): boolean => e.manager === manager && e.operation === 'Update';
  const own = keyed([...fromFields(entries.find(isOwn)?.fieldsV1), ...set.values()]);
  const rest = yielded(
    entries.filter((e) => !isOwn(e)),
    new Map([...set, ...gone]),
  );
  return withEntries(next, own.size === 0 ? rest : [...rest, entry(manager, 'Update', next, own.values())]);
}

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** The `remove`, `replace` and `add` of RFC 6902, on members of objects. */
export function jsonPatch(
  target: KubeObject,
  operations: readonly { op: string; path: string; value?: unknown }[],
): KubeObject {
  const result = structuredClone(target) as unknown as Record<string, unknown>;
  for (const { op, path, value } of operations) {
    const keys = path
      .slice(1)
      .split('/')
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    const parent = at(result, keys) as Record<string, unknown>;
    if (op === 'remove') delete parent[last];
    else parent[last] = value;
  }
  return result as unknown as KubeObject;
}

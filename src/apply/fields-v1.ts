import { isRecord } from '../lib/json.ts';

/** A set of field paths as managedFields writes it: nested keys `f:`, `k:`, `v:`, `i:`; `.` marks a node as a member. */
export type FieldsV1 = Readonly<Record<string, unknown>>;

const self = '.';

/** The union of two sets (sigs.k8s.io/structured-merge-diff fieldpath, Set.Union through its JSON form). */
export function unionFields(a: unknown, b: unknown): FieldsV1 | undefined {
  if (!isRecord(a)) return isRecord(b) ? b : undefined;
  if (!isRecord(b)) return a;
  return join(a, b);
}

/** The members that have none below them, each as the keys that lead to it. */
export function leafPaths(fields: unknown, path: readonly string[] = []): (readonly string[])[] {
  const children = isRecord(fields) ? Object.entries(fields).filter(([key]) => key !== self) : [];
  if (children.length === 0) return path.length === 0 ? [] : [path];
  return children.flatMap(([key, below]) => leafPaths(below, [...path, key]));
}

function join(a: FieldsV1, b: FieldsV1): FieldsV1 {
  const children: Record<string, unknown> = {};
  for (const key of [...Object.keys(a), ...Object.keys(b)]) {
    if (key === self || Object.hasOwn(children, key)) continue;
    children[key] = joinMembers(a[key], b[key]);
  }
  const isLeaf = Object.keys(children).length === 0;
  return !isLeaf && (isMember(a) || isMember(b)) ? { [self]: {}, ...children } : children;
}

function joinMembers(a: unknown, b: unknown): unknown {
  if (a === undefined || b === undefined) return a ?? b;
  return join(isRecord(a) ? a : {}, isRecord(b) ? b : {});
}

/** An empty node is a member by itself; one with children is one when it says so. */
function isMember(node: FieldsV1): boolean {
  return Object.keys(node).length === 0 || Object.hasOwn(node, self);
}

import type { Change } from './change-set.ts';
import { formatId, type ObjectRef, parseId } from './object-ref.ts';
import { compareRefs } from './sort.ts';

/** One line of `status.inventory.entries`. */
export interface Entry {
  /** `namespace_name_group_kind`. */
  readonly id: string;
  /** The version of the API by which the object was applied. */
  readonly v: string;
}

export function toEntry(ref: ObjectRef): Entry {
  return { id: formatId(ref), v: ref.version };
}

/** The object an entry names. Throws SyntaxError when the id is malformed. */
export function toRef(entry: Entry): ObjectRef {
  return parseId(entry.id, entry.v);
}

/**
 * The inventory of what was applied, in the order of the change set. Skipped objects are in it too
 * (kustomize-controller internal/inventory, AddChangeSet).
 */
export function inventoryOf(changes: readonly Change[]): Entry[] {
  return union(changes.map(({ ref }) => toEntry(ref)));
}

/** The entries of `old` whose object `current` does not have, in any version; malformed ones are kept as they are. */
export function diff(old: readonly Entry[], current: readonly Entry[]): Entry[] {
  const kept = new Set(current.map(identity));
  return old.filter((entry) => !kept.has(identity(entry)));
}

/** All entries, each object once: the first that names it stays (kustomize-controller internal/inventory, Merge). */
export function union(...inventories: readonly (readonly Entry[])[]): Entry[] {
  const seen = new Map<string, Entry>();
  for (const entry of inventories.flat()) {
    const key = identity(entry);
    if (!seen.has(key)) seen.set(key, entry);
  }
  return [...seen.values()];
}

/** Entries in the order in which their objects are applied (malformed ones first). */
export function sortEntries(entries: readonly Entry[]): Entry[] {
  const keyed = entries.map((entry) => ({ entry, ref: refOrUndefined(entry) }));
  keyed.sort((a, b) => {
    if (a.ref === undefined || b.ref === undefined) return Number(b.ref === undefined) - Number(a.ref === undefined);
    return compareRefs(a.ref, b.ref);
  });
  return keyed.map(({ entry }) => entry);
}

/** Ids are compared by what they name: `a__b` and `a:b` of an RBAC object are one (cli-utils ObjMetadataSet.Diff). */
function identity(entry: Entry): string {
  const ref = refOrUndefined(entry);
  return ref === undefined ? entry.id : `${ref.namespace} ${ref.name} ${ref.group} ${ref.kind}`;
}

function refOrUndefined(entry: Entry): ObjectRef | undefined {
  try {
    return toRef(entry);
  } catch {
    return undefined;
  }
}

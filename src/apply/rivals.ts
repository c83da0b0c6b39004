import type { KubeObject, ManagedFieldsEntry } from '../kube/object.ts';
import { isRecord, parseJson } from '../lib/json.ts';
import { leafPaths } from './fields-v1.ts';

/** Somebody who has changed fields of ours. */
export interface Rival {
  readonly manager: string;
  /** `Update`, `Apply`, or `Update through scale` of a subresource; empty when nobody owns the fields any more. */
  readonly operation: string;
  /** When it last wrote, as the API server tells it. */
  readonly time?: string;
  /** For example `.spec.template.spec.containers[name="app"].image`, sorted. */
  readonly fields: readonly string[];
}

/** Of more fields, the rest is not named. */
const maxFields = 5;

/**
 * Who has taken or removed fields that are to be ours: `result` is what the object becomes when it is applied, `live`
 * what it is. By manager, in the order of their entries; removed fields last.
 */
export function rivalsOf(live: KubeObject, result: KubeObject, manager: string): Rival[] {
  const isOwn = (entry: ManagedFieldsEntry): boolean =>
    entry.manager === manager && entry.operation === 'Apply' && !entry.subresource;
  const entries = live.metadata.managedFields ?? [];
  const wanted = leavesOf(result.metadata.managedFields?.find(isOwn)?.fieldsV1);
  for (const field of leavesOf(entries.find(isOwn)?.fieldsV1)) wanted.delete(field);
  const rivals: Rival[] = [];
  for (const entry of entries.filter((other) => !isOwn(other))) {
    const taken = leavesOf(entry.fieldsV1).intersection(wanted);
    if (taken.size === 0) continue;
    for (const field of taken) wanted.delete(field);
    const { manager: name = '', operation = '', subresource, time } = entry;
    rivals.push({
      manager: name,
      operation: subresource ? `${operation} through ${subresource}` : operation,
      ...(time === undefined ? {} : { time }),
      fields: named(taken),
    });
  }
  if (wanted.size > 0) rivals.push({ manager: '', operation: '', fields: named(wanted) });
  return rivals;
}

/** Rivals as a message names them: `.spec.replicas by scaler (Update through scale)`. */
export function rivalText({ manager, operation, fields }: Rival): string {
  const what = fields.join(', ');
  return manager === '' ? `${what} removed` : `${what} by ${manager} (${operation})`;
}

function named(fields: ReadonlySet<string>): string[] {
  const sorted = [...fields].sort();
  return sorted.length <= maxFields ? sorted : [...sorted.slice(0, maxFields), `${sorted.length - maxFields} more`];
}

/** The members of a set of fields, as messages name them. */
function leavesOf(fields: unknown): Set<string> {
  return new Set(leafPaths(fields).map((path) => path.map(stepText).join('')));
}

/** `f:` names a field, `k:` a list item by its key fields, `v:` a member of a set, `i:` a place in a list. */
function stepText(key: string): string {
  const rest = key.slice(2);
  if (key.startsWith('f:')) return `.${rest}`;
  if (!key.startsWith('k:')) return `[${rest}]`;
  const members = parseKey(rest);
  return `[${Object.entries(members)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}]`;
}

function parseKey(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = parseJson(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

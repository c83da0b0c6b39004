import type { KubeObject } from '../kube/object.ts';
import { isRecord } from '../lib/json.ts';

/** How far along an object is (cli-utils pkg/kstatus/status, Status). */
export type StatusName = 'Current' | 'InProgress' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown';

export interface ObjectStatus {
  readonly status: StatusName;
  /** One line for people. */
  readonly message: string;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** The object has a field of another type than its place requires. */
export class UnreadableStatusError extends Error {
  override readonly name = 'UnreadableStatusError';
}

export function current(message: string): ObjectStatus {
  return { status: 'Current', message };
}

export function inProgress(message: string): ObjectStatus {
  return { status: 'InProgress', message };
}

export function failed(message: string): ObjectStatus {
  return { status: 'Failed', message };
}

/** `status.conditions`, none when absent. Throws {@link UnreadableStatusError}. */
export function conditionsOf(object: KubeObject): readonly Condition[] {
  const status = object['status'] ?? {};
  if (!isRecord(status)) throw new UnreadableStatusError('status is not an object');
  const conditions = status['conditions'] ?? [];
  if (!Array.isArray(conditions)) throw new UnreadableStatusError('status.conditions is not a list');
  return conditions.map((item: unknown) => {
    if (!isRecord(item)) throw new UnreadableStatusError('status.conditions has an item that is not an object');
    const text = (field: string): string => {
      const value = item[field] ?? '';
      if (typeof value !== 'string')
        throw new UnreadableStatusError(`status.conditions has a ${field} that is not text`);
      return value;
    };
    return { type: text('type'), status: text('status'), reason: text('reason'), message: text('message') };
  });
}

/** Whether a condition of that type has that status. */
export function hasCondition(object: KubeObject, type: string, status: string): boolean {
  return conditionsOf(object).some((condition) => condition.type === type && condition.status === status);
}

/** The integer at a path; undefined when absent. Generations of another type throw {@link UnreadableStatusError}. */
export function integerAt(object: KubeObject, path: readonly string[]): number | undefined {
  const value = valueAt(object, path);
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  if (value !== undefined && value !== null && path.at(-1)?.toLowerCase().endsWith('generation')) {
    throw new UnreadableStatusError(`${path.join('.')} is not an integer`);
  }
  return undefined;
}

/** The text at a path; undefined when absent or of another type. */
export function textAt(object: KubeObject, path: readonly string[]): string | undefined {
  const value = valueAt(object, path);
  return typeof value === 'string' ? value : undefined;
}

export function valueAt(object: KubeObject, path: readonly string[]): unknown {
  let value: unknown = object;
  for (const field of path) value = isRecord(value) ? value[field] : undefined;
  return value;
}

import { ApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/object.ts';
import { isRecord } from '../lib/json.ts';

/** One step of a path into an object: a field, or the list item that has these members, this value or this index. */
type PathStep = string | number | { readonly members: Readonly<Record<string, unknown>> } | { readonly value: unknown };

/** `path: field not declared in schema`, once or in a list (sigs.k8s.io/structured-merge-diff typed, validation). */
const undeclared = /(?:^|[\s:])(\.\S.*?): field not declared in schema/gm;

/**
 * The object without the fields of which the API server says, refusing an apply, that their schema does not declare
 * them; undefined when the error is about something else, or names nothing that is there.
 */
export function withoutUndeclared(object: KubeObject, error: unknown): KubeObject | undefined {
  if (!(error instanceof ApiError)) return undefined;
  let result: unknown = object;
  for (const [, path = ''] of error.message.matchAll(undeclared)) {
    const steps = parsePath(path);
    if (steps !== undefined) result = remove(result, steps);
  }
  return result === object ? undefined : (result as KubeObject);
}

/** `.spec.ports[port=80,protocol="TCP"].foo`, `[="text"]`, `[3]` as steps; undefined when it is no such path. */
function parsePath(path: string): PathStep[] | undefined {
  const steps: PathStep[] = [];
  const token = /\.([^.[\]]+)|\[(\d+)\]|\[=(.*?)\](?=[.[]|$)|\[((?:[^[\]"]|"(?:[^"\\]|\\.)*")*)\]/y;
  while (token.lastIndex < path.length) {
    const match = token.exec(path);
    if (match === null) return undefined;
    const [, field, index, value, members] = match;
    if (field !== undefined) steps.push(field);
    else if (index !== undefined) steps.push(Number(index));
    else if (value !== undefined) steps.push({ value: literal(value) });
    else steps.push({ members: parseMembers(members ?? '') });
  }
  return steps.length === 0 ? undefined : steps;
}

function parseMembers(text: string): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const [, key = '', value = ''] of text.matchAll(/([^=,]+)=("(?:[^"\\]|\\.)*"|[^,]*)/g))
    members[key] = literal(value);
  return members;
}

function literal(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `value` without what the steps lead to; the same value when they lead nowhere. */
function remove(value: unknown, [step, ...rest]: readonly PathStep[]): unknown {
  if (step === undefined) return value;
  if (typeof step === 'string') {
    if (!isRecord(value) || !Object.hasOwn(value, step)) return value;
    const { [step]: member, ...others } = value;
    if (rest.length === 0) return others;
    const changed = remove(member, rest);
    return changed === member ? value : { ...value, [step]: changed };
  }
  if (!Array.isArray(value)) return value;
  const index = typeof step === 'number' ? step : value.findIndex((item) => isItem(item, step));
  if (index < 0 || index >= value.length) return value;
  if (rest.length === 0) return value.toSpliced(index, 1);
  const changed = remove(value[index], rest);
  return changed === value[index] ? value : value.with(index, changed);
}

function isItem(item: unknown, step: Exclude<PathStep, string | number>): boolean {
  if ('value' in step) return item === step.value;
  return isRecord(item) && Object.entries(step.members).every(([key, value]) => item[key] === value);
}

import { isRecord, jsonEqual } from '../../../lib/json.ts';

/** One operation of a JSON patch (RFC 6902). */
export interface JsonOperation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

interface Measured extends JsonOperation {
  /** About how long it is as text. */
  readonly size: number;
}

/** What an operation takes beside its values (wI2L/jsondiff, operation.go). */
const baseSize = 19;
const valueSize = 9;

/**
 * The JSON patch that makes `before` into `after`. Where one replacement is shorter than what changes below it, it is
 * one (wI2L/jsondiff with Rationalize, as fluxcd/pkg ssa/jsondiff uses it), but never of anything above `depth`.
 */
export function jsonDiff(before: unknown, after: unknown, depth = 1): readonly JsonOperation[] {
  return diff('', before, after, depth).map(({ op, path, value }) =>
    op === 'remove' ? { op, path } : { op, path, value },
  );
}

function diff(path: string, before: unknown, after: unknown, depth: number): readonly Measured[] {
  if (jsonEqual(before, after)) return [];
  const below = operationsBelow(path, before, after, depth);
  if (below === undefined) return [replacement(path, after)];
  if (depth > 0) return below;
  const one = replacement(path, after);
  const size = below.reduce((sum, operation) => sum + operation.size, below.length - 1);
  return size > one.size ? [one] : below;
}

/** undefined for values that have nothing in common. */
function operationsBelow(
  path: string,
  before: unknown,
  after: unknown,
  depth: number,
): readonly Measured[] | undefined {
  if (isRecord(before) && isRecord(after)) return fields(path, before, after, depth - 1);
  if (Array.isArray(before) && Array.isArray(after)) return items(path, before, after, depth - 1);
  return undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function fields(path: string, before: Fields, after: Fields, depth: number): readonly Measured[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key) => {
    const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const [old, value] = [before[key], after[key]];
    if (old !== undefined && value !== undefined) return diff(at, old, value, depth);
    return value === undefined ? [removal(at)] : [addition(at, value)];
  });
}

function items(
  path: string,
  before: readonly unknown[],
  after: readonly unknown[],
  depth: number,
): readonly Measured[] {
  const common = Math.min(before.length, after.length);
  const gone = before.slice(common).map(() => removal(`${path}/${common}`));
  const changed = before.slice(0, common).flatMap((item, index) => diff(`${path}/${index}`, item, after[index], depth));
  const added = after.slice(common).map((item) => addition(`${path}/-`, item));
  return [...gone, ...changed, ...added];
}

function replacement(path: string, value: unknown): Measured {
  const size = baseSize + 'replace'.length + path.length + valueSize + JSON.stringify(value).length;
  return { op: 'replace', path, value, size };
}

/** The value is not counted, as in the original. */
function addition(path: string, value: unknown): Measured {
  return { op: 'add', path, value, size: baseSize + 'add'.length + path.length + valueSize };
}

function removal(path: string): Measured {
  return { op: 'remove', path, size: baseSize + 'remove'.length + path.length };
}

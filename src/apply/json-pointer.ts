import { isRecord } from '../lib/json.ts';

/** The parts of a JSON pointer (RFC 6901): field names, or list indexes as text. Throws SyntaxError. */
export function parsePointer(pointer: string): readonly string[] {
  if (!pointer.startsWith('/')) throw new SyntaxError(`not a JSON pointer to a field: ${JSON.stringify(pointer)}`);
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What the parts lead to; undefined when there is nothing. */
export function valueAtPointer(value: unknown, parts: readonly string[]): unknown {
  let found = value;
  for (const part of parts) {
    if (Array.isArray(found)) found = isIndex(part) ? found[Number(part)] : undefined;
    else found = isRecord(found) && Object.hasOwn(found, part) ? found[part] : undefined;
  }
  return found;
}

/** `value` without what the parts lead to; the same value when there is nothing. */
export function withoutPointer<T>(value: T, parts: readonly string[]): T {
  if (valueAtPointer(value, parts) === undefined) return value;
  return edit(value, parts, (holder, last) => {
    if (Array.isArray(holder)) return holder.toSpliced(Number(last), 1);
    const { [last]: _gone, ...rest } = holder as Record<string, unknown>;
    return rest;
  }) as T;
}

/** `value` with `member` where the parts lead to; the same value when what should hold it is not there. */
export function withPointer<T>(value: T, parts: readonly string[], member: unknown): T {
  const holder = valueAtPointer(value, parts.slice(0, -1));
  const last = parts.at(-1) ?? '';
  const fits = Array.isArray(holder) ? isIndex(last) && Number(last) < holder.length : isRecord(holder);
  if (!fits) return value;
  return edit(value, parts, (found, key) =>
    Array.isArray(found) ? found.with(Number(key), member) : { ...(found as object), [key]: member },
  ) as T;
}

function edit(
  value: unknown,
  [first = '', ...rest]: readonly string[],
  change: (holder: unknown, last: string) => unknown,
): unknown {
  if (rest.length === 0) return change(value, first);
  if (Array.isArray(value)) return value.with(Number(first), edit(value[Number(first)], rest, change));
  const record = value as Readonly<Record<string, unknown>>;
  return { ...record, [first]: edit(record[first], rest, change) };
}

export function isIndex(part: string): boolean {
  return /^(0|[1-9]\d{0,8})$/.test(part);
}

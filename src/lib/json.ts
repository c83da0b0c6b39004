/** A JSON number kept as its digits, as made by `JSON.rawJSON` (ES2026); TypeScript's libraries lack it. */
export interface RawJson {
  readonly rawJSON: string;
}

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;

interface ModernJson {
  parse(text: string, reviver: Reviver): unknown;
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
}

const modern = JSON as unknown as ModernJson;

/** Sixteen digits in a row: the shortest thing that can be an integer beyond 2^53. */
const longDigits = /\d{16}/;

/**
 * JSON as a value. Integers beyond ±2^53 become `JSON.rawJSON` objects, so that they leave as they came; a text
 * without sixteen digits in a row is parsed at native speed. Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  if (!longDigits.test(text)) return JSON.parse(text);
  return modern.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
      ? modern.rawJSON(source)
      : value,
  );
}

/** A number that leaves as exactly these digits. Throws SyntaxError when `text` is no JSON number. */
export function rawNumber(text: string): RawJson {
  if (!/^-?\d/.test(text)) throw new SyntaxError(`not a JSON number: ${text.slice(0, 40)}`);
  return modern.rawJSON(text);
}

/** Whether `value` is a number that `JSON.rawJSON` carries. */
export function isRawJson(value: unknown): value is RawJson {
  return modern.isRawJSON(value);
}

/** Whether `value` is a JSON object: not null, not an array, not a raw number. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJson(value);
}

/**
 * JSON with the keys of every object sorted (by UTF-16 code units), so that equal values give equal text. Members
 * that are undefined are left out, as `JSON.stringify` does. Throws RangeError on numbers that JSON cannot hold.
 */
export function stableStringify(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`not a JSON number: ${value}`);
  if (typeof value !== 'object' || value === null || isRawJson(value)) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(stableStringify).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${stableStringify(member)}`);
  return `{${members.join(',')}}`;
}

/**
 * Deep equality of two JSON values: key order does not count, an undefined member is an absent one, and numbers are
 * equal when their digits are (so a raw 12345678901234567890 equals itself and no rounded neighbour).
 */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (a === 0 && b === 0)) return true;
  if (isRawJson(a) || isRawJson(b)) return digits(a) !== undefined && digits(a) === digits(b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => jsonEqual(item, b[i]));
  }
  return recordsEqual(a as Record<string, unknown>, b as Record<string, unknown>);
}

function recordsEqual(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  for (const [key, value] of Object.entries(a)) {
    if (value !== undefined && !(Object.hasOwn(b, key) && jsonEqual(value, b[key]))) return false;
  }
  return Object.entries(b).every(
    ([key, value]) => value === undefined || (Object.hasOwn(a, key) && a[key] !== undefined),
  );
}

function digits(value: unknown): string | undefined {
  return isRawJson(value) ? value.rawJSON : typeof value === 'number' ? String(value) : undefined;
}

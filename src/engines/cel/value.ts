import { isRawJson, rawNumber } from '../../lib/json.ts';

const maxInt = 2n ** 63n;
/** What {@link prepared} gave. */
const known = new WeakSet<object>();

/** `value` as CEL sees it, once for many evaluations: a large one is not looked through again in each of them. */
export function prepared(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const converted = toCel(value) as Readonly<Record<string, unknown>>;
  known.add(converted);
  return converted;
}

/**
 * A JSON value as CEL sees it: integers become BigInt (CEL's int), so that `1 == 1` and `size(x) == 2` hold;
 * undefined members are left out. Integers beyond 64 bits become doubles.
 */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (known.has(value)) return value;
  if (isRawJson(value)) return rawToCel(value.rawJSON);
  if (Array.isArray(value)) return value.map(toCel);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, toCel(member)]));
}

function rawToCel(digits: string): bigint | number {
  if (!/^-?\d+$/.test(digits)) return Number(digits);
  const integer = BigInt(digits);
  return integer < maxInt && integer >= -maxInt ? integer : Number(digits);
}

/** A CEL value as JSON has it; integers beyond 2^53 become raw JSON. What JSON does not have becomes its text. */
export function fromCel(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : rawNumber(String(value));
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(fromCel);
  const isPlain = Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null;
  if (!isPlain && !(value instanceof Map)) return String(value);
  const members: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  return Object.fromEntries(Array.from(members, ([key, member]) => [String(key), fromCel(member)]));
}

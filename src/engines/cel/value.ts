import { isRawJson } from '../../lib/json.ts';

const maxInt = 2n ** 63n;

/**
 * A JSON value as CEL sees it: integers become BigInt (CEL's int), so that `1 == 1` and `size(x) == 2` hold;
 * undefined members are left out. Integers beyond 64 bits become doubles.
 */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
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

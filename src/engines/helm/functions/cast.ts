import { parseFloatGo, parseIntegerGo } from '../../gotemplate/parse/number.ts';
import { GoInt, type Value } from '../../gotemplate/value/values.ts';

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

/** What a value is as an int64; 0 for what is no number (spf13/cast, ToInt64). */
export function toInt64(value: Value): bigint {
  switch (typeof value) {
    case 'number':
      return truncate(value);
    case 'boolean':
      return value ? 1n : 0n;
    case 'string':
      return parseWhole(value) ?? 0n;
    default:
      return value instanceof GoInt && isPlain(value) ? BigInt.asIntN(64, value.value) : 0n;
  }
}

/** What a value is as a float64; 0 for what is no number (spf13/cast, ToFloat64). */
export function toFloat64(value: Value): number {
  switch (typeof value) {
    case 'number':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'string':
      return parseFloatGo(value) ?? floatOfWhole(value);
    default:
      return value instanceof GoInt && isPlain(value) ? Number(value.value) : 0;
  }
}

/** A named integer type is none of those that are converted, a month and a weekday apart. */
function isPlain({ kind, type }: GoInt): boolean {
  return kind === type || type === 'time.Month' || type === 'time.Weekday';
}

/** strconv.ParseFloat takes no prefix but that of hexadecimal floats. */
function floatOfWhole(text: string): number {
  return /^[-+]?[0-9]+$/.test(text) ? Number(text) : 0;
}

/** An integer as strconv.ParseInt reads it with base 0, after a fraction of zeros was dropped. */
function parseWhole(text: string): bigint | undefined {
  const value = parseIntegerGo(text.replace(/\.0+$/, ''));
  return value === undefined || value < MIN || value > MAX ? undefined : value;
}

/** A float cut to an int64 as amd64 does it: what does not fit is the smallest one. */
export function truncate(value: number): bigint {
  if (!Number.isFinite(value)) return MIN;
  const whole = BigInt(Math.trunc(value));
  return whole < MIN || whole > MAX ? MIN : whole;
}

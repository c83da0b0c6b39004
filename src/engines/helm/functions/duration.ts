import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { quote } from '../../gotemplate/parse/quote.ts';
import { goFunction } from '../../gotemplate/value/signature.ts';
import { GoInt, int64, type MethodSet, type Value } from '../../gotemplate/value/values.ts';

export const NANOSECOND = 1n;
export const MICROSECOND = 1000n;
export const MILLISECOND = 1_000_000n;
export const SECOND = 1_000_000_000n;
export const MINUTE = 60n * SECOND;
export const HOUR = 60n * MINUTE;

const MAX = 2n ** 63n - 1n;
/** More than the digits of that. */
const MAX_DIGITS = 20;

const units: Readonly<Record<string, bigint>> = {
  ns: NANOSECOND,
  us: MICROSECOND,
  µs: MICROSECOND,
  μs: MICROSECOND,
  ms: MILLISECOND,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
};

/** A `time.Duration` of so many nanoseconds, with the methods that templates use. */
export function durationValue(nanoseconds: bigint): GoInt {
  return new GoInt('int64', BigInt.asIntN(64, nanoseconds), {
    type: 'time.Duration',
    methods,
    text: () => formatDuration(nanoseconds),
  });
}

function ns(value: Value): bigint {
  return value instanceof GoInt ? value.value : 0n;
}

const methods: MethodSet = new Map([
  ['String', (d) => goFunction('() string', () => formatDuration(ns(d)))],
  ['Nanoseconds', (d) => goFunction('() int64', () => int64(ns(d)))],
  ['Microseconds', (d) => goFunction('() int64', () => int64(ns(d) / MICROSECOND))],
  ['Milliseconds', (d) => goFunction('() int64', () => int64(ns(d) / MILLISECOND))],
  ['Seconds', (d) => goFunction('() float64', () => inUnits(ns(d), SECOND))],
  ['Minutes', (d) => goFunction('() float64', () => inUnits(ns(d), MINUTE))],
  ['Hours', (d) => goFunction('() float64', () => inUnits(ns(d), HOUR))],
]);

/** How many of a unit a duration is; the whole and the rest are divided apart, as Go does. */
export function inUnits(nanoseconds: bigint, unit: bigint): number {
  return Number(nanoseconds / unit) + Number(nanoseconds % unit) / Number(unit);
}

/** `1h2m3.5s`, as time.Duration prints itself. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s';
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  return (nanoseconds < 0n ? '-' : '') + (size < SECOND ? belowSecond(size) : fromSecond(size));
}

function belowSecond(size: bigint): string {
  if (size < MICROSECOND) return `${size}ns`;
  return size < MILLISECOND ? `${fraction(size, MICROSECOND)}µs` : `${fraction(size, MILLISECOND)}ms`;
}

function fromSecond(size: bigint): string {
  const hours = size / HOUR;
  const minutes = (size / MINUTE) % 60n;
  const seconds = `${fraction(size % MINUTE, SECOND)}s`;
  if (hours > 0n) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0n ? `${minutes}m${seconds}` : seconds;
}

function fraction(size: bigint, unit: bigint): string {
  const digits = unit.toString().length - 1;
  const rest = (size % unit).toString().padStart(digits, '0').replace(/0+$/, '');
  return `${size / unit}${rest === '' ? '' : `.${rest}`}`;
}

/** Reads `1h2m3.5s` (time.ParseDuration). Throws FunctionError with Go's text. */
export function parseDuration(text: string): bigint {
  const invalid = (): FunctionError => new FunctionError(`time: invalid duration ${quote(text)}`);
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  let rest = text.slice(sign.length);
  if (rest === '0') return 0n;
  if (rest === '') throw invalid();
  let total = 0n;
  while (rest !== '') {
    const [, whole = '', point, after = ''] = /^([0-9]*)(\.?)([0-9]*)/.exec(rest) ?? [];
    if (whole === '' && after === '') throw invalid();
    rest = rest.slice(whole.length + (point?.length ?? 0) + after.length);
    const name = /^[^.0-9]*/.exec(rest)?.[0] ?? '';
    if (name === '') throw new FunctionError(`time: missing unit in duration ${quote(text)}`);
    const unit = Object.hasOwn(units, name) ? units[name] : undefined;
    if (unit === undefined) throw new FunctionError(`time: unknown unit ${quote(name)} in duration ${quote(text)}`);
    rest = rest.slice(name.length);
    total += wholeOf(whole) * unit + fractionOf(after, unit);
    if (total > MAX + (sign === '-' ? 1n : 0n)) throw invalid();
  }
  return sign === '-' ? -total : total;
}

/** What has more digits than any duration stands for one that is too long. */
function wholeOf(digits: string): bigint {
  const significant = digits.replace(/^0+/, '');
  return significant === '' ? 0n : significant.length > MAX_DIGITS ? MAX + 1n + MAX : BigInt(significant);
}

function fractionOf(digits: string, unit: bigint): bigint {
  const used = digits.slice(0, 18);
  return used === '' ? 0n : (BigInt(used) * unit) / 10n ** BigInt(used.length);
}

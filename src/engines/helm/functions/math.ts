import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { printPlain } from '../../gotemplate/fmt/print-value.ts';
import { type GoInt, int, int64, type Value } from '../../gotemplate/value/values.ts';
import { toFloat64, toInt64 } from './cast.ts';
import { add, type Decimal, divide, fromFloat, multiply, subtract, toFloat } from './decimal.ts';
import { group, text, whole } from './kit.ts';

/** Functions of numbers (sprig, "Math Functions", "Float Math Functions", "Type Conversion Functions"). */
export const mathFunctions = group([
  ['atoi', '(string) int', ([s]) => int(atoi(text(s)))],
  ['int', '(any) int', ([value]) => int(toInt64(value))],
  ['int64', '(any) int64', ([value]) => int64(toInt64(value))],
  ['float64', '(any) float64', ([value]) => toFloat64(value)],
  ['toDecimal', '(any) int64', ([value], runtime) => int64(octal(printPlain(value, runtime)))],
  ['add1', '(any) int64', ([value]) => int64(toInt64(value) + 1n)],
  ['add', '(...any) int64', (values) => int64(values.reduce((sum: bigint, value) => sum + toInt64(value), 0n))],
  ['sub', '(any, any) int64', ([a, b]) => int64(toInt64(a) - toInt64(b))],
  ['div', '(any, any) int64', ([a, b]) => int64(toInt64(a) / divisor(b))],
  ['mod', '(any, any) int64', ([a, b]) => int64(toInt64(a) % divisor(b))],
  [
    'mul',
    '(any, ...any) int64',
    ([a, ...rest]) => rest.reduce((product: GoInt, value) => int64(product.value * toInt64(value)), int64(toInt64(a))),
  ],
  ['add1f', '(any) float64', ([a]) => exactly(a, [int(1)], add)],
  ['addf', '(...any) float64', (values) => exactly(0, values, add)],
  ['subf', '(any, ...any) float64', ([a, ...rest]) => exactly(a, rest, subtract)],
  ['divf', '(any, ...any) float64', ([a, ...rest]) => exactly(a, rest, divide)],
  ['mulf', '(any, ...any) float64', ([a, ...rest]) => exactly(a, rest, multiply)],
  ['max biggest', '(any, ...any) int64', (values) => int64(extreme(values, (a, b) => a > b))],
  ['min', '(any, ...any) int64', (values) => int64(extreme(values, (a, b) => a < b))],
  ['maxf', '(any, ...any) float64', (values) => Math.max(...values.map(toFloat64))],
  ['minf', '(any, ...any) float64', (values) => Math.min(...values.map(toFloat64))],
  ['ceil', '(any) float64', ([value]) => Math.ceil(toFloat64(value))],
  ['floor', '(any) float64', ([value]) => Math.floor(toFloat64(value))],
  ['round', '(any, int, ...float64) float64', ([value, places, on]) => round(toFloat64(value), whole(places), on)],
]);

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

/** strconv.Atoi, with what it gives beside an error: the nearest integer when there are too many digits. */
function atoi(value: string): bigint {
  if (!/^[-+]?[0-9]+$/.test(value)) return 0n;
  // More digits than that are too many whatever they are, zeros apart.
  const number = BigInt(
    value
      .replace(/^([-+]?)0*(?=[0-9])/, '$1')
      .replace(/^\+/, '')
      .slice(0, 24),
  );
  return number > MAX ? MAX : number < MIN ? MIN : number;
}

function octal(value: string): bigint {
  const match = /^([-+]?)([0-7]+)$/.exec(value);
  if (match === null) return 0n;
  const digits = (match[2] ?? '').replace(/^0+(?=[0-7])/, '').slice(0, 24);
  const number = BigInt(`0o${digits}`) * (match[1] === '-' ? -1n : 1n);
  return number > MAX || number < MIN ? 0n : number;
}

function divisor(value: Value): bigint {
  const number = toInt64(value);
  if (number === 0n) throw new FunctionError('runtime error: integer divide by zero');
  return number;
}

function exactly(first: Value, rest: readonly Value[], operation: (a: Decimal, b: Decimal) => Decimal): number {
  try {
    return toFloat(
      rest.reduce((sum: Decimal, value) => operation(sum, fromFloat(toFloat64(value))), fromFloat(toFloat64(first))),
    );
  } catch (error) {
    throw error instanceof RangeError ? new FunctionError(error.message) : error;
  }
}

function extreme(values: readonly Value[], isBetter: (a: bigint, b: bigint) => boolean): bigint {
  const [first = 0n, ...rest] = values.map(toInt64);
  return rest.reduce((best, value) => (isBetter(value, best) ? value : best), first);
}

/** Rounds up from a fraction of `on` (numeric.go, round). */
function round(value: number, places: number, on: Value): number {
  const power = 10 ** places;
  const digit = power * value;
  const fraction = digit - Math.trunc(digit);
  const limit = typeof on === 'number' ? on : 0.5;
  return (fraction >= limit ? Math.ceil(digit) : Math.floor(digit)) / power;
}

/** Exact decimal arithmetic, as far as sprig's float functions use it (shopspring/decimal). */
export interface Decimal {
  /** The number is `digits` × 10^`exponent`. */
  readonly digits: bigint;
  readonly exponent: number;
}

/** Digits after the point that a division keeps. */
const DIVISION_PRECISION = 16;

/** The decimal of the fewest digits that is this float. Throws for what is not finite, as the original panics. */
export function fromFloat(value: number): Decimal {
  if (!Number.isFinite(value)) throw new RangeError(`Cannot create a Decimal from ${goName(value)}`);
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

function goName(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

/** The nearest float. */
export function toFloat({ digits, exponent }: Decimal): number {
  return Number(`${digits}e${exponent}`);
}

export function add(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent);
  return { digits: scaled(a, exponent) + scaled(b, exponent), exponent };
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, { digits: -b.digits, exponent: b.exponent });
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, exponent: a.exponent + b.exponent };
}

/** Rounded half away from zero. Throws for a division by zero. */
export function divide(a: Decimal, b: Decimal): Decimal {
  if (b.digits === 0n) throw new RangeError('decimal division by 0');
  const shift = a.exponent - b.exponent + DIVISION_PRECISION;
  const numerator = shift >= 0 ? a.digits * 10n ** BigInt(shift) : a.digits;
  const denominator = shift >= 0 ? b.digits : b.digits * 10n ** BigInt(-shift);
  const quotient = numerator / denominator;
  const rest = numerator % denominator;
  const up = 2n * magnitude(rest) >= magnitude(denominator) ? 1n : 0n;
  const isNegative = numerator < 0n !== denominator < 0n;
  return { digits: quotient + (isNegative ? -up : up), exponent: -DIVISION_PRECISION };
}

function scaled({ digits, exponent }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(exponent - to);
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

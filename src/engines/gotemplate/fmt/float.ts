/** How strconv.FormatFloat writes: `e`, `f` and `g` in decimal, `b` and `x` in binary. */
export type FloatFormat = 'e' | 'E' | 'f' | 'g' | 'G' | 'b' | 'x' | 'X';

interface Decimal {
  /** Significant digits, without leading or trailing zeros beyond what was asked for. */
  readonly digits: string;
  /** Where the point stands: 0.digits × 10^point. */
  readonly point: number;
}

/**
 * A 64-bit float as text (strconv.FormatFloat).
 *
 * @param precision digits after the point, or significant ones for `g`; -1 for as few as tell the number apart
 */
export function formatFloat(value: number, format: FloatFormat, precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return sign === '' ? '+Inf' : '-Inf';
  const text = formatSize(size, format, precision);
  return sign + (format === 'E' || format === 'G' || format === 'X' ? text.toUpperCase() : text);
}

function formatSize(size: number, format: FloatFormat, precision: number): string {
  switch (format) {
    case 'b':
      return binary(size);
    case 'x':
    case 'X':
      return hexadecimal(size, precision);
    case 'f':
      return precision < 0 ? fixed(shortest(size), -1) : fixed(rounded(size, { after: precision }), precision);
    case 'e':
    case 'E':
      if (precision < 0) return exponential(shortest(size), -1);
      return exponential(rounded(size, { digits: precision + 1 }), precision);
    default:
      return general(size, precision);
  }
}

/** `%g`: exponent form for numbers that are very large or small for the precision. */
function general(size: number, precision: number): string {
  const isShortest = precision < 0;
  const wanted = precision === 0 ? 1 : precision;
  const decimal = isShortest ? shortest(size) : trimmed(rounded(size, { digits: wanted }));
  const { digits, point } = decimal;
  // Six digits decide where none are asked for: 1000000 is 1e+06.
  const limit = isShortest ? 6 : generalLimit(wanted, decimal);
  const exponent = digits === '' ? -1 : point - 1;
  if (exponent < -4 || exponent >= limit) return exponential(decimal, Math.max(digits.length - 1, 0));
  return fixed(decimal, Math.max(digits.length - point, 0));
}

function generalLimit(wanted: number, { digits, point }: Decimal): number {
  return wanted > digits.length && digits.length >= point ? digits.length : wanted;
}

/** The fewest digits that read back as the same number. */
function shortest(size: number): Decimal {
  if (size === 0) return { digits: '', point: 0 };
  const [mantissa = '', exponent = '0'] = size.toExponential().split('e');
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

/** The exact value, rounded half to even as Go rounds. */
function rounded(size: number, want: { readonly digits: number } | { readonly after: number }): Decimal {
  if (size === 0) return { digits: '', point: 0 };
  const exact = exactDecimal(size);
  const keep = 'digits' in want ? want.digits : exact.point + want.after;
  if (keep >= exact.digits.length) return exact;
  if (keep < 0) return { digits: '', point: exact.point };
  const up = roundsUp(exact.digits, keep);
  const head = exact.digits.slice(0, keep);
  if (!up) return { digits: head, point: exact.point };
  const next = (BigInt(head === '' ? '0' : head) + 1n).toString().padStart(keep, '0');
  return { digits: next, point: exact.point + next.length - keep };
}

function roundsUp(digits: string, keep: number): boolean {
  const next = digits.charCodeAt(keep) - 48;
  if (next !== 5) return next > 5;
  if (/[1-9]/.test(digits.slice(keep + 1))) return true;
  return keep > 0 && (digits.charCodeAt(keep - 1) - 48) % 2 === 1;
}

/** Every decimal digit of the number: mantissa × 2^exponent, computed with whole numbers. */
function exactDecimal(size: number): Decimal {
  const { mantissa, exponent } = parts(size);
  const isWhole = exponent >= 0;
  const whole = isWhole ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const text = whole.toString();
  return { digits: text.replace(/0+$/, ''), point: text.length - (isWhole ? 0 : -exponent) };
}

const view = new DataView(new ArrayBuffer(8));

/** The number as mantissa × 2^exponent, the mantissa with all of its 53 bits unless it is subnormal. */
function parts(size: number): { readonly mantissa: bigint; readonly exponent: number } {
  view.setFloat64(0, size);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | 0x10000000000000n, exponent: biased - 1075 };
}

function trimmed({ digits, point }: Decimal): Decimal {
  return { digits: digits.replace(/0+$/, ''), point };
}

function exponential({ digits, point }: Decimal, precision: number): string {
  const first = digits[0] ?? '0';
  const wanted = precision < 0 ? Math.max(digits.length - 1, 0) : precision;
  const rest = digits.slice(1, 1 + wanted).padEnd(wanted, '0');
  const exponent = digits === '' ? 0 : point - 1;
  const power = Math.abs(exponent).toString().padStart(2, '0');
  return `${first}${rest === '' ? '' : `.${rest}`}e${exponent < 0 ? '-' : '+'}${power}`;
}

function fixed({ digits, point }: Decimal, precision: number): string {
  const after = precision < 0 ? Math.max(digits.length - point, 0) : precision;
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (after === 0) return whole;
  const zeros = '0'.repeat(Math.max(0, Math.min(-point, after)));
  const fraction = zeros + digits.slice(Math.max(point, 0));
  return `${whole}.${fraction.slice(0, after).padEnd(after, '0')}`;
}

function binary(size: number): string {
  const { mantissa, exponent } = parts(size);
  return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`;
}

function hexadecimal(size: number, precision: number): string {
  if (size === 0) return `0x0${precision > 0 ? `.${'0'.repeat(precision)}` : ''}p+00`;
  let { mantissa, exponent } = parts(size);
  while (mantissa < 0x10000000000000n) {
    mantissa <<= 1n;
    exponent--;
  }
  if (precision >= 0 && precision < 13) mantissa = roundBits(mantissa, BigInt(52 - 4 * precision));
  if (mantissa >= 0x20000000000000n) {
    mantissa >>= 1n;
    exponent++;
  }
  const hex = (mantissa & 0xfffffffffffffn).toString(16).padStart(13, '0');
  const fraction = precision < 0 ? hex.replace(/0+$/, '') : hex.padEnd(precision, '0').slice(0, precision);
  const power = exponent + 52;
  const shown = Math.abs(power).toString().padStart(2, '0');
  return `0x1${fraction === '' ? '' : `.${fraction}`}p${power < 0 ? '-' : '+'}${shown}`;
}

function roundBits(mantissa: bigint, drop: bigint): bigint {
  const half = 1n << (drop - 1n);
  const rest = mantissa & ((1n << drop) - 1n);
  const kept = mantissa >> drop;
  const up = rest > half || (rest === half && (kept & 1n) === 1n);
  return (kept + (up ? 1n : 0n)) << drop;
}

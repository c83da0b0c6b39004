import { canBackquote, isPrintable, quote, quoteRune } from '../parse/quote.ts';
import { runeCount, toBytes } from '../value/go-text.ts';
import type { Meter } from '../value/values.ts';
import { type FloatFormat, formatFloat } from './float.ts';

/** The flags, width and precision of one verb of a format (fmt, format.go). */
export interface Layout {
  sharp: boolean;
  zero: boolean;
  plus: boolean;
  minus: boolean;
  space: boolean;
  /** `%#v`. */
  sharpV: boolean;
  /** `%+v`. */
  plusV: boolean;
  width: number | undefined;
  precision: number | undefined;
  /** Counts the work: what is printed may be large, and hold the same thing many times over. */
  readonly meter: Meter;
}

/** A layout without flags, width and precision. */
export function plainLayout(meter: Meter): Layout {
  return {
    meter,
    sharp: false,
    zero: false,
    plus: false,
    minus: false,
    space: false,
    sharpV: false,
    plusV: false,
    width: undefined,
    precision: undefined,
  };
}

/** Fills a text up to the width, on the left, or on the right with the minus flag. */
export function pad(text: string, { width, minus, zero }: Layout, zeros = zero): string {
  if (width === undefined || width === 0) return text;
  const missing = width - runeCount(text);
  if (missing <= 0) return text;
  if (minus) return text + ' '.repeat(missing);
  return (zeros ? '0' : ' ').repeat(missing) + text;
}

/** `%s` and `%v` of a string: cut to the precision in runes. */
export function layoutText(text: string, layout: Layout): string {
  return pad(truncate(text, layout), layout);
}

/** `%q` of a string. */
export function layoutQuoted(text: string, layout: Layout): string {
  const shown = truncate(text, layout);
  if (layout.sharp && canBackquote(shown)) return pad(`\`${shown}\``, layout);
  return pad(quote(shown, layout.plus), layout);
}

function truncate(text: string, { precision }: Layout): string {
  if (precision === undefined || runeCount(text) <= precision) return text;
  return [...text].slice(0, precision).join('');
}

/** `%x` and `%X` of a string or bytes. */
export function layoutHexText(data: string | Uint8Array, upper: boolean, layout: Layout): string {
  const { precision, sharp, space, minus, width } = layout;
  const bytes = typeof data === 'string' ? toBytes(data) : data;
  const shown = precision !== undefined && precision < bytes.length ? bytes.subarray(0, precision) : bytes;
  const digits = [...shown].map((byte) => byte.toString(16).padStart(2, '0'));
  const prefix = sharp ? '0x' : '';
  const joined = space ? digits.map((pair) => prefix + pair).join(' ') : prefix + digits.join('');
  const text = digits.length === 0 ? '' : upper ? joined.toUpperCase() : joined;
  const missing = (width ?? 0) - text.length;
  if (missing <= 0) return text;
  const fill = (layout.zero && !minus ? '0' : ' ').repeat(missing);
  return minus && text !== '' ? text + fill : fill + text;
}

/** An integer in a base, with precision as the least number of digits. */
export function layoutInteger(
  value: bigint,
  base: 2 | 8 | 10 | 16,
  { upper = false, prefixO = false }: { readonly upper?: boolean; readonly prefixO?: boolean },
  layout: Layout,
): string {
  const { precision, width, zero, minus, plus, space, sharp } = layout;
  const negative = value < 0n;
  if (precision === 0 && value === 0n) return pad(' '.repeat(width ?? 0), layout, false);
  let least = precision ?? 0;
  if (precision === undefined && zero && !minus && width !== undefined)
    least = width - (negative || plus || space ? 1 : 0);
  const plain = (negative ? -value : value).toString(base).padStart(least, '0');
  const digits = upper ? plain.toUpperCase() : plain;
  const marked = (sharp ? basePrefix(base, digits, upper) : '') + digits;
  const sign = negative ? '-' : plus ? '+' : space ? ' ' : '';
  return pad(sign + (prefixO ? '0o' : '') + marked, layout, false);
}

function basePrefix(base: number, digits: string, upper: boolean): string {
  if (base === 2) return '0b';
  if (base === 8) return digits.startsWith('0') ? '' : '0';
  return base === 16 ? (upper ? '0X' : '0x') : '';
}

/** `%c`. */
export function layoutRune(value: bigint, layout: Layout): string {
  return pad(String.fromCodePoint(validRune(value)), layout);
}

/** `%q` of an integer. */
export function layoutQuotedRune(value: bigint, layout: Layout): string {
  return pad(quoteRune(validRune(value), layout.plus), layout);
}

/** `%U`: `U+0078`, with the sharp flag `U+0078 'x'`. */
export function layoutUnicode(value: bigint, layout: Layout): string {
  const unsigned = BigInt.asUintN(64, value);
  const digits = unsigned
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, layout.precision ?? 0), '0');
  const isRune = unsigned <= 0x10ffffn && (unsigned < 0xd800n || unsigned > 0xdfffn);
  const character = isRune ? String.fromCodePoint(Number(unsigned)) : '';
  const shown = layout.sharp && isRune && (character === ' ' || isPrintable(character)) ? ` '${character}'` : '';
  return pad(`U+${digits}${shown}`, layout, false);
}

function validRune(value: bigint): number {
  const unsigned = BigInt.asUintN(64, value);
  if (unsigned > 0x10ffffn || (unsigned >= 0xd800n && unsigned <= 0xdfffn)) return 0xfffd;
  return Number(unsigned);
}

/** A float; `precision` is the verb's own where the format names none. */
export function layoutFloat(value: number, format: FloatFormat, precision: number, layout: Layout): string {
  const { plus, space, sharp, zero, minus, width } = layout;
  const wanted = layout.precision ?? precision;
  const text = formatFloat(value, format, wanted);
  const sign = text.startsWith('-') ? '-' : '+';
  const digits = text.replace(/^[-+]/, '');
  const shownSign = sign === '-' || plus ? sign : space ? ' ' : '';
  if (digits === 'Inf' || digits === 'NaN') {
    const isMarked = digits === 'Inf' ? shownSign : plus ? '+' : space ? ' ' : '';
    return pad(isMarked + digits, layout, false);
  }
  const shown = sharp && format !== 'b' ? withPoint(digits, format, wanted) : digits;
  if (shownSign === '') return pad(shown, layout);
  if (zero && !minus && width !== undefined && width > shown.length + 1)
    return shownSign + shown.padStart(width - 1, '0');
  return pad(shownSign + shown, layout);
}

/** The sharp flag: always a point, and for `%g` the trailing zeros. */
function withPoint(text: string, format: FloatFormat, precision: number): string {
  const counts = format === 'g' || format === 'G' || format === 'x' || format === 'X';
  let digits = counts ? (precision === -1 ? 6 : precision) : 0;
  const tailAt = text.search(format === 'x' || format === 'X' ? /[pP]/ : /[eEpP]/);
  const head = tailAt < 0 ? text : text.slice(0, tailAt);
  const tail = tailAt < 0 ? '' : text.slice(tailAt);
  const significant = head.replace('.', '').replace(/^0+/, '');
  digits -= significant.length;
  const hasPoint = head.includes('.');
  if (!hasPoint && head === '0') digits--;
  return `${head}${hasPoint ? '' : '.'}${'0'.repeat(Math.max(0, digits))}${tail}`;
}

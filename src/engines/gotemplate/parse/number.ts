import type { NumberValue } from './node.ts';
import { quote, SyntaxFault, unquoteChar } from './quote.ts';

const MAX_INT = 2n ** 63n - 1n;
const MIN_INT = -(2n ** 63n);
const MAX_UINT = 2n ** 64n - 1n;
/** More than the digits of 64 bits in base 2. */
const MAX_DIGITS = 100;
/** More hexadecimal digits than a float can tell apart. */
const HEX_DIGITS = 32;
const TOO_LARGE = 2n ** 100n;

/**
 * What a constant may stand for (text/template/parse, newNumber). Throws {@link SyntaxFault} with Go's text.
 */
export function readNumber(text: string, kind: 'number' | 'complex' | 'charConstant'): NumberValue {
  if (kind === 'charConstant') {
    const code = unquoteChar(text);
    return { int: BigInt(code), uint: BigInt(code), float: code };
  }
  if (kind === 'complex') return readComplex(text);
  if (text.endsWith('i')) {
    const im = parseFloatGo(text.slice(0, -1));
    if (im !== undefined) return simplify(0, im);
  }
  const value = readInteger(text) ?? readFloat(text);
  if (value === undefined) throw new SyntaxFault(`illegal number syntax: ${quote(text)}`);
  return value;
}

function readComplex(text: string): NumberValue {
  const split = /^([-+]?.*[^eEpP])([-+].*)i$/.exec(text);
  const re = parseFloatGo(split?.[1] ?? '');
  const im = parseFloatGo(split?.[2] ?? '');
  if (re === undefined || im === undefined) throw new SyntaxFault(`illegal number syntax: ${quote(text)}`);
  return simplify(re, im);
}

function simplify(re: number, im: number): NumberValue {
  if (im !== 0) return { complex: { re, im } };
  return { complex: { re, im }, ...integers(re), float: re };
}

function integers(float: number): { readonly int?: bigint; readonly uint?: bigint } {
  if (!Number.isInteger(float)) return {};
  const value = BigInt(float);
  return {
    ...(value >= MIN_INT && value <= MAX_INT ? { int: value } : {}),
    ...(value >= 0n && value <= MAX_UINT ? { uint: value } : {}),
  };
}

function readInteger(text: string): NumberValue | undefined {
  const value = parseIntegerGo(text);
  if (value === undefined) return undefined;
  const isSigned = /^[-+]/.test(text);
  const int = value >= MIN_INT && value <= MAX_INT ? { int: value } : {};
  const uint = value === 0n || (!isSigned && value <= MAX_UINT) ? { uint: value } : {};
  const read = { ...int, ...uint };
  return 'int' in read || 'uint' in read ? { ...read, float: Number(value) } : undefined;
}

function readFloat(text: string): NumberValue | undefined {
  const float = parseFloatGo(text);
  if (float === undefined) return undefined;
  if (!/[.eEpP]/.test(text)) throw new SyntaxFault(`integer overflow: ${quote(text)}`);
  return { float, ...integers(float) };
}

/**
 * An integer in Go's syntax, with base prefix and underscores (strconv.ParseInt with base 0); undefined when it is none.
 */
export function parseIntegerGo(text: string): bigint | undefined {
  const match = /^([-+]?)(0[xX]_?[0-9a-fA-F_]+|0[bB]_?[01_]+|0[oO]?_?[0-7_]+|[1-9][0-9_]*|0)$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', digits = ''] = match;
  if (digits.includes('__') || digits.endsWith('_')) return undefined;
  const plain = digits.replaceAll('_', '');
  // So many digits are too many for every type, unless they are zeros: reading them would take ever longer.
  if (plain.length > MAX_DIGITS && !/^0[xXbBoO]?0/.test(plain)) return sign === '-' ? -TOO_LARGE : TOO_LARGE;
  const octal = /^0[0-7]+$/.test(plain) ? `0o${plain.slice(1)}` : plain;
  const value = BigInt(octal);
  return sign === '-' ? -value : value;
}

/** A float in Go's syntax (strconv.ParseFloat of 64 bits); undefined when it is none or too large. */
export function parseFloatGo(written: string): number | undefined {
  if (/_(?![0-9a-fA-F])|(?<![0-9a-fA-FxX])_/.test(written)) return undefined;
  const text = written.replaceAll('_', '');
  const hex = /^([-+]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([-+]?[0-9]+)$/.exec(text);
  if (hex !== null) return parseHexFloat(hex);
  const special = /^([-+]?)(inf|infinity|nan)$/i.exec(text);
  if (special !== null) return specialFloat(special[1] ?? '', special[2] ?? '');
  if (!/^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function specialFloat(sign: string, word: string): number {
  if (word.toLowerCase() === 'nan') return Number.NaN;
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function parseHexFloat([, sign = '', whole = '', fraction = '', exponent = '']: RegExpExecArray): number | undefined {
  const digits = `${whole}${fraction}`;
  if (digits === '') return undefined;
  const significant = digits.replace(/^0+(?=.)/, '');
  const kept = significant.slice(0, HEX_DIGITS);
  const scale = Number(exponent) - 4 * fraction.length + 4 * (significant.length - kept.length);
  const value = Number(BigInt(`0x${kept}`)) * 2 ** scale;
  return Number.isFinite(value) ? (sign === '-' ? -value : value) : undefined;
}

import { concatBytes } from '../../../lib/bytes.ts';
import { byteLength, fromBytes, isEscaped, runes, toBytes } from '../value/go-text.ts';

const simple: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

const unescapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** A Go string literal for the text (strconv.Quote); with `ascii`, strconv.QuoteToASCII. */
export function quote(text: string, ascii = false): string {
  // Most text has nothing to escape, which is found out much faster than looking at every character.
  return `"${text.replace(/[^ !#-[\]-~]/gu, (character) => escapeCharacter(character, '"', ascii))}"`;
}

/** A Go character literal for a code point (strconv.QuoteRune); with `ascii`, strconv.QuoteRuneToASCII. */
export function quoteRune(code: number, ascii = false): string {
  const valid = code >= 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return `'${escapeCharacter(String.fromCodePoint(valid ? code : 0xfffd), "'", ascii)}'`;
}

/** Whether the text can stand between backquotes unchanged (strconv.CanBackquote). */
export function canBackquote(text: string): boolean {
  for (const code of text === '' ? [] : runes(text)) {
    if (code === 0xfeff || code === 0xfffd || code === 0x60 || code === 0x7f) return false;
    if (code < 0x20 && code !== 0x09) return false;
  }
  return true;
}

function escapeCharacter(character: string, mark: string, ascii: boolean): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === mark || character === '\\') return `\\${character}`;
  const short = simple[character];
  if (short !== undefined) return short;
  if (isEscaped(code)) return `\\x${hex(code & 0xff, 2)}`;
  if (code < 0x80 ? code >= 0x20 && code < 0x7f : !ascii && isPrintable(character)) return character;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

/** unicode.IsPrint, for what is not ASCII. */
export function isPrintable(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** Thrown for a literal that is none. */
export class SyntaxFault extends Error {}

/** The text of a Go string literal, quotes included (strconv.Unquote). Throws {@link SyntaxFault}. */
export function unquote(literal: string): string {
  const mark = literal[0];
  const body = literal.slice(1, -1);
  if (literal.length < 2 || mark !== literal.at(-1)) throw new SyntaxFault('invalid syntax');
  if (mark === '`') return body.replaceAll('\r', '');
  if (!body.includes('\\') && !body.includes('\n')) return body;
  return unescapeBody(body, '"');
}

/** The code point of a Go character literal, quotes included (strconv.UnquoteChar). Throws {@link SyntaxFault}. */
export function unquoteChar(literal: string): number {
  const body = literal.slice(1, -1);
  if (body === '' || body.startsWith("'")) throw new SyntaxFault('invalid syntax');
  const { bytes, code, next } = body[0] === '\\' ? escaped(body, 0, "'") : plain(body);
  if (next !== body.length) throw new SyntaxFault(`malformed character constant: ${literal}`);
  return bytes?.[0] ?? code;
}

interface Unescaped {
  readonly code: number;
  /** Set where the escape gives a byte rather than a code point. */
  readonly bytes?: Uint8Array;
  readonly next: number;
}

function plain(body: string): Unescaped {
  const code = body.codePointAt(0) ?? 0;
  return { code, next: code > 0xffff ? 2 : 1 };
}

function unescapeBody(body: string, mark: string): string {
  const parts: (string | Uint8Array)[] = [];
  let isText = true;
  for (let index = 0; index < body.length; ) {
    const end = body.indexOf('\\', index);
    if (end !== index) {
      const chunk = body.slice(index, end < 0 ? body.length : end);
      if (chunk.includes('\n')) throw new SyntaxFault('invalid syntax');
      parts.push(chunk);
      index += chunk.length;
      continue;
    }
    const { code, bytes, next } = escaped(body, index, mark);
    if (bytes !== undefined && (bytes[0] ?? 0) > 0x7f) isText = false;
    parts.push(bytes ?? String.fromCodePoint(code));
    index = next;
  }
  if (isText)
    return parts.map((part) => (typeof part === 'string' ? part : String.fromCharCode(part[0] ?? 0))).join('');
  return fromBytes(concatBytes(parts.map((part) => (typeof part === 'string' ? toBytes(part) : part))));
}

function escaped(body: string, index: number, mark: string): Unescaped {
  const letter = body[index + 1] ?? '';
  const short = unescapes[letter];
  if (short !== undefined && (letter === mark || (letter !== '"' && letter !== "'")))
    return { code: short.charCodeAt(0), next: index + 2 };
  const width = letter === 'x' ? 2 : letter === 'u' ? 4 : letter === 'U' ? 8 : 0;
  const digits = width > 0 ? body.slice(index + 2, index + 2 + width) : body.slice(index + 1, index + 4);
  const isValid = width > 0 ? digits.length === width && /^[0-9a-fA-F]+$/.test(digits) : /^[0-7]{3}$/.test(digits);
  if (!isValid) throw new SyntaxFault('invalid syntax');
  const code = Number.parseInt(digits, width > 0 ? 16 : 8);
  const next = index + (width > 0 ? 2 + width : 4);
  if (width > 2) {
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new SyntaxFault('invalid syntax');
    return { code, next };
  }
  if (code > 0xff) throw new SyntaxFault('invalid syntax');
  return { code, bytes: Uint8Array.of(code), next };
}

/** The first `bytes` bytes of a text, as many as are there. */
export function prefixBytes(text: string, bytes: number): string {
  return byteLength(text) <= bytes ? text : fromBytes(toBytes(text).subarray(0, bytes));
}

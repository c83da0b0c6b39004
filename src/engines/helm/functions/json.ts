import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { formatFloat } from '../../gotemplate/fmt/float.ts';
import { sortedEntries } from '../../gotemplate/value/entries.ts';
import { typeOf } from '../../gotemplate/value/types.ts';
import {
  GoBytes,
  type GoComplex,
  type GoFunction,
  GoInt,
  GoMap,
  GoSlice,
  GoStruct,
  type Meter,
  type Value,
} from '../../gotemplate/value/values.ts';
import { base64 } from './base64.ts';

export interface JsonOptions {
  /** `<`, `>` and `&` are escaped, as encoding/json does unless told otherwise. */
  readonly escapeHtml: boolean;
  /** Two spaces a level, and an entry a line. */
  readonly indented?: boolean;
}

/** A value as encoding/json writes it: keys sorted. The meter counts. Throws FunctionError for what JSON cannot say. */
export function writeJson(value: Value, options: JsonOptions, meter: Meter): string {
  return write(value, { ...options, meter }, '\n');
}

type Writing = JsonOptions & { readonly meter: Meter };

function write(value: Value, options: Writing, newline: string): string {
  // Every character of a text is looked at; a node is some characters by itself.
  options.meter.spend((typeof value === 'string' ? value.length + 1 : newline.length) * 8);
  switch (typeof value) {
    case 'undefined':
      return 'null';
    case 'boolean':
      return String(value);
    case 'string':
      return jsonString(value, options.escapeHtml);
    case 'number':
      return jsonNumber(value);
    default:
      return writeObject(value, options, newline);
  }
}

function writeObject(
  value: Exclude<Value, undefined | boolean | string | number>,
  options: Writing,
  newline: string,
): string {
  if (value === null) return 'null';
  if (value instanceof GoMap) return writeEntries(sortedEntries(value), options, newline);
  if (value instanceof GoStruct) return writeStruct(value, options, newline);
  if (value instanceof GoSlice) {
    if (value.isNil) return 'null';
    const inner = `${newline}  `;
    return enclosed(
      '[',
      ']',
      value.items.map((item) => write(item, options, inner)),
      options,
      newline,
    );
  }
  if (value instanceof GoInt) return String(value.value);
  if (value instanceof GoBytes) return `"${base64(value.bytes)}"`;
  throw unsupported(value);
}

function unsupported(value: GoComplex | GoFunction): FunctionError {
  return new FunctionError(`json: unsupported type: ${typeOf(value)}`);
}

/** A struct that encodes itself as text is written so: times and versions are. */
function writeStruct(value: GoStruct, options: Writing, newline: string): string {
  const { fields, marshal } = value;
  return marshal === undefined
    ? writeEntries([...fields], options, newline)
    : jsonString(marshal(), options.escapeHtml);
}

function writeEntries(entries: readonly (readonly [string, Value])[], options: Writing, newline: string): string {
  const inner = `${newline}  `;
  const colon = options.indented === true ? ': ' : ':';
  return enclosed(
    '{',
    '}',
    entries.map(([key, entry]) => `${jsonString(key, options.escapeHtml)}${colon}${write(entry, options, inner)}`),
    options,
    newline,
  );
}

function enclosed(open: string, close: string, items: readonly string[], options: Writing, newline: string): string {
  if (items.length === 0) return open + close;
  if (options.indented !== true) return open + items.join(',') + close;
  return `${open}${newline}  ${items.join(`,${newline}  `)}${newline}${close}`;
}

/** A float as encoding/json writes it: exponents for the very small and the very large. */
export function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) throw new FunctionError(`json: unsupported value: ${formatFloat(value, 'g', -1)}`);
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-6 && size < 1e21)) return formatFloat(value, 'f', -1);
  return formatFloat(value, 'e', -1).replace(/e-0(\d)$/, 'e-$1');
}

const short: Readonly<Record<string, string>> = { '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A text as encoding/json writes it. */
export function jsonString(text: string, escapeHtml: boolean): string {
  const special = escapeHtml
    ? /["\\\u0000-\u001f<>&\u2028\u2029]|\p{Surrogate}/gu
    : /["\\\u0000-\u001f\u2028\u2029]|\p{Surrogate}/gu;
  return `"${text.replace(special, escaped)}"`;
}

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  const code = character.charCodeAt(0);
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd';
  return short[character] ?? `\\u${code.toString(16).padStart(4, '0')}`;
}

import { quote } from '../../gotemplate/parse/quote.ts';
import { GoMap, GoSlice, int64, type Value } from '../../gotemplate/value/values.ts';
import { JsonFault, readJson } from '../functions/json-read.ts';
import { isSpace } from '../functions/letter-case.ts';
import { jsonPrefix } from './json-prefix.ts';

/** `--set` and its relatives say something that cannot be read. The message is Helm's. */
export class StrvalsError extends Error {}

/** How a value is read: as typed text, as text, as JSON, or literally to the end. */
export type SetMode = 'typed' | 'string' | 'json' | 'literal' | { readonly file: (path: string) => string };

const MAX_INDEX = 65_536;
const MAX_NESTING = 30;
/** Not Helm's, which has no bound here. */
const MAX_LISTS = 1000;

/**
 * Reads `a.b[0]=c,d={e,f}` into a map (pkg/strvals). Throws {@link StrvalsError}; what was read before stays.
 */
export function parseInto(text: string, target: GoMap, mode: SetMode): void {
  const parser = new Parser(text, mode);
  try {
    while (!parser.isAtEnd) parser.key(target.entries, 0);
  } catch (error) {
    if (!(error instanceof EndOfText)) throw error;
  }
}

/** The text ends within an index, which Helm takes for its end. */
class EndOfText extends Error {}

class Parser {
  readonly #characters: readonly string[];
  readonly #mode: SetMode;
  #at = 0;
  #lists = 0;

  constructor(text: string, mode: SetMode) {
    this.#characters = [...text];
    this.#mode = mode;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#characters.length;
  }

  key(data: Map<string, Value>, nesting: number): void {
    const { text: name, last } = this.#until(this.#mode === 'literal' ? '=[.' : '=[,.');
    switch (last) {
      case undefined:
        if (name === '') return;
        throw new StrvalsError(`key ${quote(name)} has no value`);
      case '[':
        this.#list(data, name, nesting);
        break;
      case '=':
        assign(data, name, this.#value());
        break;
      case ',':
        assign(data, name, '');
        throw new StrvalsError(`key ${quote(name)} has no value (cannot end with ,)`);
      default:
        this.#nested(data, name, nesting + 1);
    }
  }

  #nested(data: Map<string, Value>, name: string, nesting: number): void {
    if (nesting > MAX_NESTING)
      throw new StrvalsError(
        `value name nested level is greater than maximum supported nested level of ${MAX_NESTING}`,
      );
    const inner = data.has(name) ? mapOf(data.get(name)) : new GoMap();
    const isAtEnd = this.isAtEnd;
    this.key(inner.entries, nesting);
    if (inner.entries.size > 0) assign(data, name, inner);
    else if (!isAtEnd) throw new StrvalsError(`key map ${quote(name)} has no value`);
  }

  #list(data: Map<string, Value>, name: string, nesting: number): void {
    const index = this.#index();
    const list = data.has(name) ? listOf(data.get(name)) : new GoSlice([]);
    assign(data, name, list);
    this.#item(list.items, index, nesting);
  }

  #item(items: Value[], index: number, nesting: number): void {
    if (index < 0) throw new StrvalsError(`negative ${index} index not allowed`);
    const { text, last } = this.#until('[.=');
    if (text !== '')
      throw new StrvalsError(
        `unexpected data at end of array index: [${[...text].map((character) => `'${character}'`).join(' ')}]`,
      );
    if (last === '=') setAt(items, index, this.#value());
    else if (last === '[') this.#itemOfItem(items, index, nesting);
    else if (last === '.') {
      const present = items[index];
      const inner = present instanceof GoMap ? present : new GoMap();
      this.key(inner.entries, nesting);
      setAt(items, index, inner);
    }
  }

  #itemOfItem(items: Value[], index: number, nesting: number): void {
    if (++this.#lists > MAX_LISTS) throw new StrvalsError(`more than ${MAX_LISTS} lists within lists`);
    const inner = this.#index();
    const present = items[index];
    const list = present instanceof GoSlice ? present : new GoSlice([]);
    this.#item(list.items, inner, nesting);
    setAt(items, index, list);
  }

  #index(): number {
    const { text, last } = this.#until(']');
    if (last === undefined) throw new EndOfText();
    if (!/^[-+]?[0-9]+$/.test(text))
      throw new StrvalsError(`error parsing index: strconv.Atoi: parsing ${quote(text)}: invalid syntax`);
    return Number(text);
  }

  #value(): Value {
    if (this.#mode === 'json') return this.#json();
    if (this.#mode === 'literal') {
      const text = this.#characters.slice(this.#at).join('');
      this.#at = this.#characters.length;
      return text;
    }
    if (this.isAtEnd) return '';
    if (this.#characters[this.#at] === '{') return this.#braces();
    return this.#read(this.#until(',').text);
  }

  /** `{a,b}`. */
  #braces(): GoSlice {
    this.#at++;
    const items: Value[] = [];
    for (;;) {
      const { text, last } = this.#until(',}');
      if (last === undefined) throw new StrvalsError("list must terminate with '}'");
      items.push(this.#read(text));
      if (last === '}') break;
    }
    if (this.#characters[this.#at] === ',') this.#at++;
    return new GoSlice(items);
  }

  #json(): Value {
    if (this.#isEmpty()) return null;
    const rest = this.#characters.slice(this.#at).join('');
    try {
      const length = jsonPrefix(rest);
      const value = readJson(rest.slice(0, length));
      this.#at += [...rest.slice(0, length)].length;
      this.#isEmpty();
      return value;
    } catch (error) {
      throw error instanceof JsonFault ? new StrvalsError(error.message) : error;
    }
  }

  /** Skips spaces; a comma or the end means that there is no value. */
  #isEmpty(): boolean {
    for (; !this.isAtEnd; this.#at++) {
      const character = this.#characters[this.#at] ?? '';
      if (character === ',') {
        this.#at++;
        return true;
      }
      if (!isSpace(character)) return false;
    }
    return true;
  }

  #read(text: string): Value {
    if (typeof this.#mode === 'object') return this.#mode.file(text);
    return this.#mode === 'string' ? text : typed(text);
  }

  /** Up to one of the characters, which is taken, too; a backslash makes the next one ordinary. */
  #until(stop: string): { readonly text: string; readonly last: string | undefined } {
    let text = '';
    while (!this.isAtEnd) {
      const character = this.#characters[this.#at++] ?? '';
      if (stop.includes(character)) return { text, last: character };
      if (character !== '\\' || this.#mode === 'literal') text += character;
      else if (!this.isAtEnd) text += this.#characters[this.#at++] ?? '';
    }
    return { text, last: undefined };
  }
}

function assign(data: Map<string, Value>, name: string, value: Value): void {
  if (name !== '') data.set(name, value);
}

function setAt(items: Value[], index: number, value: Value): void {
  if (index > MAX_INDEX)
    throw new StrvalsError(`index of ${index} is greater than maximum supported index of ${MAX_INDEX}`);
  while (items.length <= index) items.push(null);
  items[index] = value;
}

function mapOf(value: Value): GoMap {
  if (value instanceof GoMap) return value;
  throw conversion(value, 'map[string]interface {}');
}

function listOf(value: Value): GoSlice {
  if (value instanceof GoSlice) return value;
  throw conversion(value, '[]interface {}');
}

function conversion(value: Value, wanted: string): StrvalsError {
  const found = value === null || value === undefined ? 'nil' : goTypeOf(value);
  return new StrvalsError(`unable to parse key: interface conversion: interface {} is ${found}, not ${wanted}`);
}

function goTypeOf(value: Value): string {
  if (value instanceof GoMap || value instanceof GoSlice) return value.type;
  if (typeof value === 'number') return 'float64';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'int64';
}

/** Words for bools and null, and whole numbers without a leading zero, are what they say. */
function typed(text: string): Value {
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  if (lower === 'null') return null;
  if (text === '0') return int64(0);
  if (!/^[-+]?[0-9]+$/.test(text) || text.startsWith('0')) return text;
  const number = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, number) === number ? int64(number) : text;
}

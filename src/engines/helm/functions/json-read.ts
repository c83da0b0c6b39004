import { quoteRune } from '../../gotemplate/parse/quote.ts';
import { byteLength } from '../../gotemplate/value/go-text.ts';
import { GoMap, GoSlice, type Value } from '../../gotemplate/value/values.ts';

/** A text is not JSON. The message is encoding/json's. */
export class JsonFault extends Error {
  /** How many bytes were read; undefined where the text ends too early. */
  readonly offset: number | undefined;

  constructor(message: string, offset?: number) {
    super(message);
    this.offset = offset;
  }
}

const MAX_DEPTH = 10_000;

/** Reads JSON as encoding/json reads it into an `interface{}`: all numbers are float64. Throws {@link JsonFault}. */
export function readJson(text: string): Value {
  const reader = new Reader(text);
  return reader.document();
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Value {
    this.#space();
    const value = this.#value('looking for beginning of value');
    this.#space();
    if (this.#at < this.#text.length) throw this.#fault('after top-level value');
    return value;
  }

  #value(context: string): Value {
    const character = this.#text[this.#at];
    switch (character) {
      case '{':
        return this.#nested(() => this.#object());
      case '[':
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        if (character !== undefined && /[-0-9]/.test(character)) return this.#number();
        throw this.#fault(context);
    }
  }

  #nested(read: () => Value): Value {
    if (++this.#depth > MAX_DEPTH) throw new JsonFault('exceeded max depth');
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): GoMap {
    const entries = new Map<string, Value>();
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return new GoMap(entries);
    }
    for (;;) {
      if (this.#text[this.#at] !== '"') throw this.#fault('looking for beginning of object key string');
      const key = this.#string();
      this.#space();
      this.#expect(':', 'after object key');
      this.#space();
      entries.set(key, this.#value('looking for beginning of value'));
      this.#space();
      if (this.#text[this.#at] === '}') break;
      this.#expect(',', 'after object key:value pair');
      this.#space();
    }
    this.#at++;
    return new GoMap(entries);
  }

  #array(): GoSlice {
    const items: Value[] = [];
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return new GoSlice(items);
    }
    for (;;) {
      items.push(this.#value('looking for beginning of value'));
      this.#space();
      if (this.#text[this.#at] === ']') break;
      this.#expect(',', 'after array element');
      this.#space();
    }
    this.#at++;
    return new GoSlice(items);
  }

  #string(): string {
    let out = '';
    this.#at++;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) throw this.#fault('');
      if (character === '"') break;
      if (character < ' ') throw this.#fault('in string literal');
      if (character === '\\') out += this.#escape();
      else {
        out += character;
        this.#at++;
      }
    }
    this.#at++;
    return out.replace(/\p{Surrogate}/gu, '\ufffd');
  }

  #escape(): string {
    this.#at++;
    const letter = this.#text[this.#at] ?? '';
    const simple = escapes[letter];
    if (simple !== undefined) {
      this.#at++;
      return simple;
    }
    if (letter !== 'u') throw this.#fault('in string escape code');
    for (let digit = 1; digit <= 4; digit++) {
      if (/[0-9a-fA-F]/.test(this.#text[this.#at + digit] ?? '')) continue;
      this.#at += digit;
      throw this.#fault('in \\u hexadecimal character escape');
    }
    const code = Number.parseInt(this.#text.slice(this.#at + 1, this.#at + 5), 16);
    this.#at += 5;
    return String.fromCharCode(code);
  }

  #word(word: string, value: Value): Value {
    for (let index = 1; index < word.length; index++) {
      this.#at++;
      if (this.#text[this.#at] !== word[index])
        throw this.#fault(`in literal ${word} (expecting ${quoteRune(word.charCodeAt(index))})`);
    }
    this.#at++;
    return value;
  }

  #number(): number {
    const start = this.#at;
    if (this.#text[this.#at] === '-') this.#at++;
    if (this.#text[this.#at] === '0') this.#at++;
    else this.#digits('in numeric literal');
    if (this.#text[this.#at] === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    if (/[eE]/.test(this.#text[this.#at] ?? '')) {
      this.#at++;
      if (/[-+]/.test(this.#text[this.#at] ?? '')) this.#at++;
      this.#digits('in exponent of numeric literal');
    }
    const literal = this.#text.slice(start, this.#at);
    const value = Number(literal);
    if (!Number.isFinite(value))
      throw new JsonFault(`json: cannot unmarshal number ${literal} into Go value of type float64`);
    return value;
  }

  #digits(context: string): void {
    if (!/[0-9]/.test(this.#text[this.#at] ?? '')) throw this.#fault(context);
    while (/[0-9]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #expect(character: string, context: string): void {
    if (this.#text[this.#at] !== character) throw this.#fault(context);
    this.#at++;
  }

  #fault(context: string): JsonFault {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) return new JsonFault('unexpected end of JSON input');
    // encoding/json looks at bytes.
    const shown = code < 0x80 ? code : 0xc0 + (byteLength(String.fromCodePoint(code)) === 2 ? code >> 6 : 0);
    const name = shown === 0x27 ? `'\\''` : shown === 0x22 ? `'"'` : quoteRune(shown);
    const offset = byteLength(this.#text.slice(0, this.#at)) + 1;
    return new JsonFault(`invalid character ${name} ${context}`, offset);
  }
}

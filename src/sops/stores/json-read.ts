import { Branch, type Branches, type Item, type Value } from '../document.ts';
import { SopsError } from '../sops-error.ts';

const maxDepth = 1000;

/**
 * A JSON object as a branch: the order of keys, duplicate ones and the difference of integers and other numbers are
 * kept, which `JSON.parse` loses (getsops/sops stores/json). Throws {@link SopsError} with code `format`.
 */
export function readJson(text: string): Branches {
  const reader = new Reader(text);
  return [reader.document()];
}

const space = /[ \t\r\n]*/y;
const word = /[{}[\],:]|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null/y;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  document(): Branch {
    const value = this.#value(this.#next(), 0);
    if (!(value instanceof Branch)) throw this.#error('a JSON file has to be an object');
    if (this.#text.slice(this.#at).trim() !== '') throw this.#error('something follows the object');
    return value;
  }

  #next(): string {
    space.lastIndex = this.#at;
    space.test(this.#text);
    this.#at = space.lastIndex;
    if (this.#text[this.#at] === '"') return this.#take(this.#endOfString());
    word.lastIndex = this.#at;
    if (!word.test(this.#text)) throw this.#error(this.#at === this.#text.length ? 'it ends too early' : 'no JSON');
    return this.#take(word.lastIndex);
  }

  #take(end: number): string {
    const taken = this.#text.slice(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** Behind the next quote that an even number of backslashes stands before. */
  #endOfString(): number {
    for (let quote = this.#at; ; ) {
      quote = this.#text.indexOf('"', quote + 1);
      if (quote < 0) throw this.#error('a string does not end');
      let before = quote;
      while (this.#text[before - 1] === '\\') before--;
      if ((quote - before) % 2 === 0) return quote + 1;
    }
  }

  #value(first: string, depth: number): Value {
    if (depth > maxDepth) throw this.#error(`nested deeper than ${maxDepth} levels`);
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#list(depth);
    if (first.startsWith('"')) return this.#string(first);
    if (first === 'true' || first === 'false') return first === 'true';
    if (first === 'null') return null;
    if (/^[-\d]/.test(first)) return this.#number(first);
    throw this.#error(`unexpected ${first}`);
  }

  #object(depth: number): Branch {
    const items: Item[] = [];
    let next = this.#next();
    while (next !== '}') {
      if (items.length > 0) next = this.#expect(next, ',');
      if (!next.startsWith('"')) throw this.#error('a key has to be a string');
      const key = this.#string(next);
      items.push({ key, value: this.#value(this.#expect(this.#next(), ':'), depth + 1) });
      next = this.#next();
    }
    return new Branch(items);
  }

  #list(depth: number): readonly Value[] {
    const values: Value[] = [];
    let next = this.#next();
    while (next !== ']') {
      if (values.length > 0) next = this.#expect(next, ',');
      values.push(this.#value(next, depth + 1));
      next = this.#next();
    }
    return values;
  }

  /** What follows `wanted`, which `found` has to be. */
  #expect(found: string, wanted: string): string {
    if (found !== wanted) throw this.#error(`expected ${wanted}`);
    return this.#next();
  }

  #string(literal: string): string {
    try {
      return (JSON.parse(literal) as string).toWellFormed();
    } catch {
      throw this.#error('a string is malformed');
    }
  }

  #number(literal: string): bigint | number {
    if (/^-?(?:0|[1-9]\d{0,18})$/.test(literal)) {
      const integer = BigInt(literal);
      if (BigInt.asIntN(64, integer) === integer) return integer;
    }
    const number = Number(literal);
    if (/^-?0\d/.test(literal) || !Number.isFinite(number)) throw this.#error('a number is out of range or malformed');
    return number;
  }

  #error(reason: string): SopsError {
    const line = this.#text.slice(0, this.#at).split('\n').length;
    return new SopsError('format', `Could not unmarshal input data: line ${line}: ${reason}`);
  }
}

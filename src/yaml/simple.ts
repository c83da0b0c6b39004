import { isText, resolvePlain, type ScalarValue } from './resolve.ts';

/** What a reader makes of what it reads. */
export interface Maker<T> {
  /** A key that occurs twice is of no plain kind; otherwise the last wins. */
  readonly strict?: boolean;
  readonly map: (entries: Map<string, T>) => T;
  readonly list: (items: T[]) => T;
  readonly scalar: (value: ScalarValue) => T;
}

/**
 * Reads a document of the plain kind that most files and manifests are: blocks of maps and lists, scalars of one line,
 * literal texts, comments. It makes values at once, a few times faster than by way of events and nodes. Undefined for
 * everything else, mistakes included: the full reader then says what it is. What it does read it reads as
 * `parseYaml` does (dialect v2, the last of equal keys wins).
 */
export function readSimple<T>(text: string, make: Maker<T>): T | undefined {
  if (!allowed.test(text)) return undefined;
  const reader = new SimpleReader(text, make);
  return reader.document();
}

/** Without tabs, carriage returns, pairs of surrogates, and what breaks lines elsewhere. */
const allowed = /^[\n\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/;

/** A key that is text whatever its letters, and the colon behind it. Numbers and quotes with escapes are left to others. */
const keyPattern = /(?:[A-Za-z_][\w./$@-]*|"[A-Za-z_.$/][^"\\\n]*"|'[A-Za-z_.$/][^'\n]*'):(?=[ \n]|$)/y;
const plainQuoted = /"([^"\\\n]*)"/y;
const escapedQuoted = /"(?:[^"\\\n]|\\["\\nrt/])*"/y;
const singleQuoted = /'((?:[^'\n]|'')*)'/y;
const MAX_DEPTH = 100;
const MAX_KEY = 1000;
const [NEWLINE, SPACE, QUOTE, HASH, APOSTROPHE, DASH, COLON] = [10, 32, 34, 35, 39, 45, 58];

const flowPlain = /(?:[A-Za-z0-9_./$+~]|-[A-Za-z0-9])(?:[^,[\]{}\n:#"'`]*[^,[\]{}\n:#"'` ])?(?= *[,\]}])/y;

/** Not of the plain kind. */
class Unusual extends Error {}
const unusual = new Unusual();

class SimpleReader<T> {
  private readonly text: string;
  private readonly make: Maker<T>;
  /** Of the line that is looked at, comments and empty lines passed over: its first character and its end. */
  private start = 0;
  private end = -1;
  /** The column of the first character; -1 behind the last line. */
  private indent = 0;
  private depth = 0;
  /** Behind what was read in brackets. */
  private cursor = 0;

  constructor(text: string, make: Maker<T>) {
    this.text = text;
    this.make = make;
  }

  document(): T | undefined {
    try {
      this.advance();
      if (this.indent === 0 && this.text.startsWith('---', this.start)) {
        if (this.text.slice(this.start, this.end).trimEnd() !== '---') return undefined;
        this.advance();
      }
      // Anything may be nothing at all.
      if (this.indent !== 0) return undefined;
      const value = this.block(0);
      return this.indent < 0 ? value : undefined;
    } catch (error) {
      if (error === unusual) return undefined;
      throw error;
    }
  }

  private checkNew(entries: ReadonlyMap<string, T>, key: string): void {
    if (this.make.strict === true && entries.has(key)) throw unusual;
  }

  /** Goes on to the next line with content. */
  private advance(): void {
    const { text } = this;
    for (let from = this.end + 1; from < text.length; from = this.end + 1) {
      let at = from;
      while (text.charCodeAt(at) === SPACE) at++;
      const newline = text.indexOf('\n', at);
      this.end = newline < 0 ? text.length : newline;
      if (at === this.end || text.charCodeAt(at) === HASH) continue;
      this.start = at;
      this.indent = at - from;
      return;
    }
    this.indent = -1;
    this.end = text.length;
  }

  private isDash(): boolean {
    const { text, start } = this;
    if (text.charCodeAt(start) !== DASH) return false;
    return start + 1 === this.end || text.charCodeAt(start + 1) === SPACE;
  }

  private block(column: number): T {
    if (++this.depth > MAX_DEPTH) throw unusual;
    const value = this.blockValue(column);
    this.depth--;
    return value;
  }

  private blockValue(column: number): T {
    if (this.isDash()) return this.list(column);
    const mark = this.text[this.start];
    if (mark !== '[' && mark !== '{') return this.map(column);
    const value = this.flow(this.start);
    if (this.indent >= column) throw unusual;
    return value;
  }

  private map(column: number): T {
    const entries = new Map<string, T>();
    do {
      const key = this.key(this.start);
      this.checkNew(entries, key);
      entries.set(key, this.member(column, keyPattern.lastIndex));
    } while (this.indent === column);
    if (this.indent > column) throw unusual;
    return this.make.map(entries);
  }

  private key(at: number): string {
    const { text } = this;
    keyPattern.lastIndex = at;
    if (!keyPattern.test(text)) throw unusual;
    const mark = text.charCodeAt(at);
    const isQuoted = mark === QUOTE || mark === APOSTROPHE;
    const key = text.slice(isQuoted ? at + 1 : at, keyPattern.lastIndex - (isQuoted ? 2 : 1));
    if (key.length > MAX_KEY) throw unusual;
    if (!isQuoted && !isText(key) && typeof resolvePlain(key, 'v2').value !== 'string') throw unusual;
    return key;
  }

  /** What stands behind the colon of a key, or below it: a list may begin in the key's own column. */
  private member(column: number, from: number): T {
    const at = this.skipSpaces(from);
    if (at < this.end && this.text.charCodeAt(at) !== HASH) return this.scalar(at, column);
    this.advance();
    if (this.indent > column) return this.block(this.indent);
    return this.indent === column && this.isDash() ? this.block(column) : this.make.scalar(null);
  }

  private list(column: number): T {
    const items: T[] = [];
    do {
      items.push(this.item(column));
    } while (this.indent === column && this.isDash());
    if (this.indent > column) throw unusual;
    return this.make.list(items);
  }

  private item(column: number): T {
    const dash = this.start;
    const at = this.skipSpaces(dash + 1);
    if (at >= this.end || this.text.charCodeAt(at) === HASH) {
      this.advance();
      return this.indent > column ? this.block(this.indent) : this.make.scalar(null);
    }
    keyPattern.lastIndex = at;
    const code = this.text.charCodeAt(at);
    const isNested = code === DASH && (at + 1 === this.end || this.text.charCodeAt(at + 1) === SPACE);
    if (!isNested && !keyPattern.test(this.text)) return this.scalar(at, column);
    // What stands behind the dash is a block in its own column.
    this.start = at;
    this.indent = column + at - dash;
    return this.block(this.indent);
  }

  private skipSpaces(from: number): number {
    let at = from;
    while (this.text.charCodeAt(at) === SPACE) at++;
    return at;
  }

  /** A scalar at a place, whose further lines would be deeper than the column. */
  private scalar(at: number, column: number): T {
    const value = this.scalarValue(at, column);
    if (this.indent > column) throw unusual;
    return value;
  }

  private scalarValue(at: number, column: number): T {
    const { text } = this;
    switch (text[at]) {
      case '"':
        return this.doubleQuoted(at);
      case "'":
        return this.quoted(at, singleQuoted, (body) => body.replaceAll("''", "'"));
      case '|':
        return this.make.scalar(this.literal(at, column));
      case '[':
      case '{':
        return this.flow(at);
      default:
        return this.make.scalar(this.plain(at));
    }
  }

  private doubleQuoted(at: number): T {
    plainQuoted.lastIndex = at;
    if (plainQuoted.test(this.text)) return this.quoted(at, plainQuoted, (body) => body);
    escapedQuoted.lastIndex = at;
    const literal = escapedQuoted.exec(this.text)?.[0];
    if (literal === undefined) throw unusual;
    this.finish(at + literal.length);
    return this.make.scalar(String(JSON.parse(literal)));
  }

  private quoted(at: number, pattern: RegExp, read: (body: string) => string): T {
    pattern.lastIndex = at;
    const match = pattern.exec(this.text);
    if (match === null) throw unusual;
    this.finish(at + match[0].length);
    return this.make.scalar(read(match[1] ?? ''));
  }

  /** Nothing but a comment may follow on the line. */
  private finish(from: number): void {
    const at = this.skipSpaces(from);
    if (at < this.end && (at === from || this.text.charCodeAt(at) !== HASH)) throw unusual;
    this.advance();
  }

  private plain(at: number): ScalarValue {
    const { text, end } = this;
    const code = text.charCodeAt(at);
    if (code === DASH || code === COLON ? isBlank(text.charCodeAt(at + 1)) : indicators.has(code)) throw unusual;
    // Looked for in this line only: a text without comments would be searched to its end for each of its scalars.
    const line = text.slice(at, end);
    const comment = line.indexOf(' #');
    let last = comment < 0 ? line.length : comment;
    while (line.charCodeAt(last - 1) === SPACE) last--;
    const rest = line.slice(0, last);
    if (rest.charCodeAt(rest.length - 1) === COLON || rest.includes(': ') || rest === '<<') throw unusual;
    this.advance();
    return resolved(rest);
  }

  /** A literal text: its lines as they are, those empty ones left out that follow. */
  private literal(at: number, column: number): string {
    const { text } = this;
    const strips = text.charCodeAt(at + 1) === DASH;
    if (this.skipSpaces(at + (strips ? 2 : 1)) !== this.end) throw unusual;
    const indent = this.literalIndent(column);
    const lines: string[] = [];
    /** How many lines there are without the empty ones at the end. */
    let full = 0;
    for (let from = this.end + 1; from < text.length; from = this.end + 1) {
      const end = this.lineEnd(from);
      const first = this.skipSpaces(from);
      if (first < end && first - from < indent) {
        if (first - from > column) throw unusual;
        break;
      }
      const line = text.slice(from + indent, end);
      if (lines.push(line) > full && line !== '') full = lines.length;
      this.end = end;
    }
    const isOpen = full === lines.length && this.end === text.length;
    this.advance();
    const content = lines.slice(0, full).join('\n');
    return strips || isOpen ? content : `${content}\n`;
  }

  /** The indentation of the first line of a literal text; empty ones before it may not have more. */
  private literalIndent(column: number): number {
    const { text } = this;
    for (let from = this.end + 1; from < text.length; from = this.lineEnd(from) + 1) {
      const first = this.skipSpaces(from);
      if (first < this.lineEnd(from)) {
        if (first - from > column) return first - from;
        break;
      }
      if (first > from) break;
    }
    throw unusual;
  }

  private lineEnd(from: number): number {
    const newline = this.text.indexOf('\n', from);
    return newline < 0 ? this.text.length : newline;
  }

  /** A list or map in brackets, on one line. */
  private flow(at: number): T {
    const value = this.flowValue(at);
    this.finish(this.cursor);
    return value;
  }

  /** Goes on to what follows spaces. */
  private flowMark(from: number): string {
    this.cursor = this.skipSpaces(from);
    return this.text[this.cursor] ?? '';
  }

  private flowValue(at: number): T {
    const mark = this.text[at];
    if (mark === '[') return this.flowList(at + 1);
    if (mark === '{') return this.flowMap(at + 1);
    const pattern = mark === '"' ? plainQuoted : mark === "'" ? singleQuoted : flowPlain;
    pattern.lastIndex = at;
    const match = pattern.exec(this.text);
    if (match === null) throw unusual;
    this.cursor = pattern.lastIndex;
    if (pattern === plainQuoted) return this.make.scalar(match[1] ?? '');
    if (pattern === singleQuoted) return this.make.scalar((match[1] ?? '').replaceAll("''", "'"));
    return this.make.scalar(resolved(match[0]));
  }

  private flowList(from: number): T {
    if (++this.depth > MAX_DEPTH) throw unusual;
    const items: T[] = [];
    let mark = this.flowMark(from);
    while (mark !== ']') {
      items.push(this.flowValue(this.cursor));
      mark = this.afterMember(']');
    }
    this.cursor++;
    this.depth--;
    return this.make.list(items);
  }

  private flowMap(from: number): T {
    if (++this.depth > MAX_DEPTH) throw unusual;
    const entries = new Map<string, T>();
    let mark = this.flowMark(from);
    while (mark !== '}') {
      const key = this.key(this.cursor);
      this.flowMark(keyPattern.lastIndex);
      this.checkNew(entries, key);
      entries.set(key, this.flowValue(this.cursor));
      mark = this.afterMember('}');
    }
    this.cursor++;
    this.depth--;
    return this.make.map(entries);
  }

  /** What stands behind a member and its comma. */
  private afterMember(close: string): string {
    const mark = this.flowMark(this.cursor);
    if (mark === ',') return this.flowMark(this.cursor + 1);
    if (mark !== close) throw unusual;
    return mark;
  }
}

/** What cannot begin a plain scalar. */
const indicators: ReadonlySet<number> = new Set([...'?,[]{}#&*!|>\'"%@`'].map((mark) => mark.charCodeAt(0)));

function isBlank(code: number): boolean {
  return Number.isNaN(code) || code === SPACE || code === NEWLINE;
}

function resolved(text: string): ScalarValue {
  if (isText(text)) return text;
  const { value } = resolvePlain(text, 'v2');
  if (typeof value === 'number' && !Number.isFinite(value)) throw unusual;
  return value;
}

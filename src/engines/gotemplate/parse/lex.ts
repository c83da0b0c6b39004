import { quote } from './quote.ts';
import { isKeyword, type Token, type TokenType } from './token.ts';

const LEFT = '{{';
const RIGHT = '}}';
const EOF = '';

type State = () => State | undefined;

/** What follows the opening quote, to the closing one on the same line. */
const restOfString = /(?:[^"\\\n]|\\[^\n])*"/y;
const restOfChar = /(?:[^'\\\n]|\\[^\n])*'/y;

/**
 * Splits the text of a template into tokens, one at a time (text/template/parse, lex.go). After an error token nothing
 * but ends of file follows.
 */
export class Lexer {
  readonly #input: string;
  /** Words that are functions of the set are identifiers, not keywords: `break` and `continue` came late to Go. */
  readonly #breakIsKeyword: boolean;
  readonly #continueIsKeyword: boolean;
  #pos = 0;
  #start = 0;
  #line = 1;
  #startLine = 1;
  #parens = 0;
  #inAction = false;
  #failed = false;
  #token: Token | undefined;

  constructor(input: string, isFunction: (name: string) => boolean) {
    this.#input = input;
    this.#breakIsKeyword = !isFunction('break');
    this.#continueIsKeyword = !isFunction('continue');
  }

  /** The next token; `eof` for ever at the end. */
  next(): Token {
    this.#token = undefined;
    let state: State | undefined = this.#inAction ? this.#insideAction : this.#text;
    while (state !== undefined && this.#token === undefined && !this.#failed) state = state();
    return this.#token ?? { type: 'eof', pos: this.#pos, text: 'EOF', line: this.#startLine };
  }

  #emit(type: TokenType): undefined {
    this.#token = { type, pos: this.#start, text: this.#input.slice(this.#start, this.#pos), line: this.#startLine };
    this.#start = this.#pos;
    this.#startLine = this.#line;
    return undefined;
  }

  #error(text: string): undefined {
    this.#token = { type: 'error', pos: this.#start, text, line: this.#startLine };
    this.#failed = true;
    return undefined;
  }

  /** Drops what was read; its line ends count. */
  #ignore(): void {
    this.#countLines(this.#start, this.#pos);
    this.#start = this.#pos;
    this.#startLine = this.#line;
  }

  #countLines(from: number, to: number): void {
    if (from === to) return;
    // Only what was read is searched: the rest of a file of one line would be, too, over and over.
    const read = this.#input.slice(from, to);
    for (let at = read.indexOf('\n'); at >= 0; at = read.indexOf('\n', at + 1)) this.#line++;
  }

  #peek(): string {
    const character = this.#input[this.#pos];
    if (character === undefined || character < '\ud800') return character ?? EOF;
    return String.fromCodePoint(this.#input.codePointAt(this.#pos) ?? 0);
  }

  #advance(): string {
    const character = this.#peek();
    this.#pos += character.length;
    if (character === '\n') this.#line++;
    return character;
  }

  /** Takes letters, digits and underscores. */
  #word(): void {
    for (;;) {
      const code = this.#input.charCodeAt(this.#pos);
      if (isWordCode(code)) this.#pos++;
      else if (code > 0x7f && isAlphaNumeric(this.#peek())) this.#advance();
      else return;
    }
  }

  #accept(valid: string): boolean {
    const character = this.#peek();
    if (character === EOF || !valid.includes(character)) return false;
    this.#pos += character.length;
    return true;
  }

  readonly #text: State = () => {
    const at = this.#input.indexOf(LEFT, this.#pos);
    if (at < 0) {
      this.#pos = this.#input.length;
      if (this.#pos === this.#start) return this.#emit('eof');
      this.#countLines(this.#start, this.#pos);
      return this.#emit('text');
    }
    if (at === this.#pos) return this.#leftDelim;
    const end = hasTrimMarker(this.#input, at + LEFT.length) ? trimRight(this.#input, this.#start, at) : at;
    this.#pos = end;
    this.#countLines(this.#start, end);
    if (end > this.#start) this.#emit('text');
    else this.#start = end;
    this.#pos = at;
    this.#ignore();
    return this.#leftDelim;
  };

  readonly #leftDelim: State = () => {
    this.#pos += LEFT.length;
    const afterMarker = hasTrimMarker(this.#input, this.#pos) ? 2 : 0;
    if (this.#input.startsWith('/*', this.#pos + afterMarker)) {
      this.#pos += afterMarker;
      this.#ignore();
      return this.#comment;
    }
    this.#emit('leftDelim');
    this.#inAction = true;
    this.#pos += afterMarker;
    this.#ignore();
    this.#parens = 0;
    return undefined;
  };

  readonly #comment: State = () => {
    const end = this.#input.indexOf('*/', this.#pos + 2);
    if (end < 0) return this.#error('unclosed comment');
    this.#pos = end + 2;
    const delim = this.#rightDelimHere();
    if (delim === undefined) return this.#error('comment ends before closing delimiter');
    this.#pos += delim.width;
    if (delim.trims) this.#pos = trimLeft(this.#input, this.#pos);
    this.#ignore();
    return this.#text;
  };

  #rightDelimHere(): { readonly width: number; readonly trims: boolean } | undefined {
    if (isSpace(this.#input[this.#pos] ?? EOF) && this.#input.startsWith(`-${RIGHT}`, this.#pos + 1))
      return { width: 2 + RIGHT.length, trims: true };
    return this.#input.startsWith(RIGHT, this.#pos) ? { width: RIGHT.length, trims: false } : undefined;
  }

  #rightDelim({ width, trims }: { readonly width: number; readonly trims: boolean }): undefined {
    if (trims) {
      this.#pos += width - RIGHT.length;
      this.#ignore();
    }
    this.#pos += RIGHT.length;
    this.#emit('rightDelim');
    this.#inAction = false;
    if (!trims) return;
    this.#pos = trimLeft(this.#input, this.#pos);
    this.#ignore();
  }

  readonly #insideAction: State = () => {
    const delim = this.#rightDelimHere();
    if (delim !== undefined) return this.#parens === 0 ? this.#rightDelim(delim) : this.#error('unclosed left paren');
    const character = this.#advance();
    if (character === EOF) return this.#error('unclosed action');
    if (isSpace(character)) return this.#space();
    if (isWordCode(character.charCodeAt(0)) && (character < '0' || character > '9')) return this.#identifier();
    const mark = this.#punctuation(character);
    if (mark !== undefined) return mark();
    if (character === '.' && !isDigit(this.#input[this.#pos] ?? EOF)) return this.#fieldOrVariable('field');
    if (isDigit(character) || character === '-' || character === '+' || character === '.')
      return this.#number(character);
    if (isAlphaNumeric(character)) return this.#identifier();
    if (/^[!-~]$/.test(character)) return this.#emit('char');
    return this.#error(`unrecognized character in action: ${unicodeName(character)}`);
  };

  #punctuation(character: string): (() => undefined) | undefined {
    switch (character) {
      case '=':
        return () => this.#emit('assign');
      case ':':
        return () => (this.#advance() === '=' ? this.#emit('declare') : this.#error('expected :='));
      case '|':
        return () => this.#emit('pipe');
      case '"':
        return () => this.#quoted(restOfString, 'string', 'unterminated quoted string');
      case "'":
        return () => this.#quoted(restOfChar, 'charConstant', 'unterminated character constant');
      case '`':
        return () => this.#rawString();
      case '$':
        return () => this.#fieldOrVariable('variable');
      case '(':
        return () => this.#paren(1);
      case ')':
        return () => this.#paren(-1);
      default:
        return undefined;
    }
  }

  #paren(by: 1 | -1): undefined {
    this.#parens += by;
    if (this.#parens < 0) return this.#error('unexpected right paren');
    return this.#emit(by === 1 ? 'leftParen' : 'rightParen');
  }

  /** A run of spaces, but for the last where that belongs to a trimming delimiter. */
  #space(): undefined {
    while (isSpace(this.#input[this.#pos] ?? EOF)) this.#advance();
    if (!this.#input.startsWith(`-${RIGHT}`, this.#pos)) return this.#emit('space');
    this.#pos--;
    if (this.#input[this.#pos] === '\n') this.#line--;
    const delim = this.#pos === this.#start ? this.#rightDelimHere() : undefined;
    return delim === undefined ? this.#emit('space') : this.#rightDelim(delim);
  }

  #identifier(): undefined {
    this.#word();
    if (!this.#atTerminator()) return this.#error(`bad character ${unicodeName(this.#advance())}`);
    const word = this.#input.slice(this.#start, this.#pos);
    if (isKeyword(word)) return this.#emit(this.#isShadowed(word) ? 'identifier' : word);
    return this.#emit(word === 'true' || word === 'false' ? 'bool' : 'identifier');
  }

  #isShadowed(word: string): boolean {
    return (word === 'break' && !this.#breakIsKeyword) || (word === 'continue' && !this.#continueIsKeyword);
  }

  #fieldOrVariable(type: 'field' | 'variable'): undefined {
    if (this.#atTerminator()) return this.#emit(type === 'field' ? 'dot' : 'variable');
    this.#word();
    if (!this.#atTerminator()) return this.#error(`bad character ${unicodeName(this.#advance())}`);
    return this.#emit(type);
  }

  #atTerminator(): boolean {
    const character = this.#input[this.#pos] ?? EOF;
    if (character === EOF || isSpace(character) || '.,|:)('.includes(character)) return true;
    return this.#input.startsWith(RIGHT, this.#pos);
  }

  #quoted(rest: RegExp, type: TokenType, unterminated: string): undefined {
    rest.lastIndex = this.#pos;
    if (!rest.test(this.#input)) return this.#error(unterminated);
    this.#pos = rest.lastIndex;
    return this.#emit(type);
  }

  #rawString(): undefined {
    const end = this.#input.indexOf('`', this.#pos);
    if (end < 0) return this.#error('unterminated raw quoted string');
    this.#countLines(this.#pos, end);
    this.#pos = end + 1;
    return this.#emit('rawString');
  }

  #number(first: string): undefined {
    this.#pos -= first.length;
    if (!this.#scanNumber()) return this.#badNumber();
    const sign = this.#peek();
    if (sign !== '+' && sign !== '-') return this.#emit('number');
    if (!this.#scanNumber() || this.#input[this.#pos - 1] !== 'i') return this.#badNumber();
    return this.#emit('complex');
  }

  #badNumber(): undefined {
    return this.#error(`bad number syntax: ${quote(this.#input.slice(this.#start, this.#pos))}`);
  }

  /** Takes what looks like a number; whether it is one is found out when it is read. */
  #scanNumber(): boolean {
    this.#accept('+-');
    let digits = '0123456789_';
    if (this.#accept('0')) {
      if (this.#accept('xX')) digits = '0123456789abcdefABCDEF_';
      else if (this.#accept('oO')) digits = '01234567_';
      else if (this.#accept('bB')) digits = '01_';
    }
    this.#run(digits);
    if (this.#accept('.')) this.#run(digits);
    if (this.#accept(digits.length === 11 ? 'eE' : digits.length === 23 ? 'pP' : '')) {
      this.#accept('+-');
      this.#run('0123456789_');
    }
    this.#accept('i');
    if (!isAlphaNumeric(this.#peek())) return true;
    this.#advance();
    return false;
  }

  #run(valid: string): void {
    while (this.#accept(valid));
  }
}

/** Whether a trim marker stands after a left delimiter: a dash and a space. */
function hasTrimMarker(input: string, at: number): boolean {
  return input[at] === '-' && isSpace(input[at + 1] ?? EOF);
}

function trimRight(input: string, from: number, to: number): number {
  let end = to;
  while (end > from && isSpace(input[end - 1] ?? EOF)) end--;
  return end;
}

function trimLeft(input: string, from: number): number {
  let start = from;
  while (isSpace(input[start] ?? EOF)) start++;
  return start;
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}

/** An ASCII letter, a digit or an underscore. */
function isWordCode(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

function isAlphaNumeric(character: string): boolean {
  if (character <= '\x7f') return character !== EOF && isWordCode(character.charCodeAt(0));
  return /^[\p{L}\p{Nd}]$/u.test(character);
}

/** A character as Go's `%#U` shows it: `U+0040 '@'`. */
function unicodeName(character: string): string {
  if (character === EOF) return 'U+FFFFFFFFFFFFFFFF';
  const code = character.codePointAt(0) ?? 0;
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character) ? `${name} '${character}'` : name;
}

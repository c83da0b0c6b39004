import { quote } from './quote.ts';
import { isKeyword, type TokenType } from './token.ts';

const LEFT = '{{';
const TRIMMING_RIGHT = '-}}';

const [DASH, DOT, NEWLINE, CLOSING] = [45, 46, 10, 125];
const [NONE, SPACE, DIGIT, LETTER] = [0, 1, 2, 3];
/** What the characters of ASCII are; anything else is none of these. */
const classes = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code === 32 || code === 9 || code === 13 || code === NEWLINE) return SPACE;
  if (code >= 48 && code <= 57) return DIGIT;
  return /\w/.test(String.fromCharCode(code)) ? LETTER : NONE;
});

/** What follows the opening quote, to the closing one on the same line. */
const restOfString = /(?:[^"\\\n]|\\[^\n])*"/y;
const restOfChar = /(?:[^'\\\n]|\\[^\n])*'/y;

/**
 * Splits the text of a template into tokens, one at a time (text/template/parse, lex.go). Spaces within actions are passed
 * over: whether one stands between two tokens can be asked for. The token is in the lexer's own fields, because making
 * an object of each costs more than reading it. After an error token nothing but ends of file follows.
 */
export class Lexer {
  /** The token that was read last. */
  type: TokenType = 'eof';
  /** Where it begins and ends, in UTF-16 units. */
  pos = 0;
  end = 0;
  private readonly input: string;
  /** Words that are functions of the set are identifiers, not keywords: `break` and `continue` came late to Go. */
  private readonly breakIsKeyword: boolean;
  private readonly continueIsKeyword: boolean;
  private at = 0;
  private parens = 0;
  private inAction = false;
  private fault = '';

  constructor(input: string, isFunction: (name: string) => boolean) {
    this.input = input;
    this.breakIsKeyword = !isFunction('break');
    this.continueIsKeyword = !isFunction('continue');
  }

  /** The token's text; of an error token, what is wrong. */
  get text(): string {
    return this.type === 'error' ? this.fault : this.input.slice(this.pos, this.end);
  }

  /** Reads the next token; `eof` for ever at the end. */
  next(): TokenType {
    if (this.fault !== '') return this.token('eof', this.at, this.at);
    return this.inAction ? this.inside() : this.outside();
  }

  /** Whether what follows the token is a space, or the end of the action. */
  get isAtSpace(): boolean {
    return classes[this.input.charCodeAt(this.at)] === SPACE;
  }

  /** Whether what follows the token without a space begins with a dot. */
  get isAtDot(): boolean {
    return this.input.charCodeAt(this.at) === DOT;
  }

  /** What makes a declaration of the variable that was just read: `=`, `:=` or a comma, behind spaces. */
  get following(): '=' | ':=' | ',' | undefined {
    const at = this.skipSpaces(this.at);
    const character = this.input[at];
    if (character === '=' || character === ',') return character;
    return character === ':' && this.input[at + 1] === '=' ? ':=' : undefined;
  }

  private token(type: TokenType, pos: number, end: number): TokenType {
    this.pos = pos;
    this.end = end;
    this.at = end;
    this.type = type;
    return type;
  }

  /** `pos` is where the error is told to be. */
  private error(fault: string, pos: number): TokenType {
    this.fault = fault;
    return this.token('error', pos, pos);
  }

  private outside(): TokenType {
    const { input } = this;
    for (;;) {
      const { at } = this;
      const open = input.indexOf(LEFT, at);
      if (open < 0) return this.token(at === input.length ? 'eof' : 'text', at, input.length);
      const inner = open + (hasTrimMarker(input, open + 2) ? 4 : 2);
      if (open > at) {
        const end = inner > open + 2 ? trimRight(input, at, open) : open;
        if (end > at) {
          this.token('text', at, end);
          this.at = open;
          return 'text';
        }
      }
      if (!input.startsWith('/*', inner)) return this.leftDelim(open, inner);
      const fault = this.comment(inner);
      if (fault !== undefined) return this.error(fault, inner);
    }
  }

  private leftDelim(open: number, inner: number): TokenType {
    this.token('leftDelim', open, open + 2);
    this.at = inner;
    this.inAction = true;
    this.parens = 0;
    return 'leftDelim';
  }

  /** Passes over a comment; gives what is wrong with it. */
  private comment(start: number): string | undefined {
    const { input } = this;
    const close = input.indexOf('*/', start + 2);
    if (close < 0) return 'unclosed comment';
    const end = close + 2;
    if (input.startsWith('}}', end)) this.at = end + 2;
    else if (classes[input.charCodeAt(end)] === SPACE && input.startsWith(TRIMMING_RIGHT, end + 1))
      this.at = this.skipSpaces(end + 4);
    else return 'comment ends before closing delimiter';
    return undefined;
  }

  private skipSpaces(from: number): number {
    let at = from;
    while (classes[this.input.charCodeAt(at)] === SPACE) at++;
    return at;
  }

  private rightDelim(pos: number, trims: boolean): TokenType {
    if (this.parens > 0) return this.error('unclosed left paren', trims ? pos - 2 : pos);
    this.token('rightDelim', pos, pos + 2);
    this.inAction = false;
    if (trims) this.at = this.skipSpaces(this.at);
    return 'rightDelim';
  }

  private inside(): TokenType {
    const { input } = this;
    const at = this.skipSpaces(this.at);
    const code = input.charCodeAt(at);
    if (code === DASH && at > this.at && input.startsWith(TRIMMING_RIGHT, at)) return this.rightDelim(at + 1, true);
    if (code === CLOSING && input.charCodeAt(at + 1) === CLOSING) return this.rightDelim(at, false);
    const kind = classes[code];
    if (kind === LETTER) return this.identifier(at);
    if (kind === DIGIT) return this.number(at);
    if (code === DOT) return this.dot(at);
    return this.mark(at);
  }

  /** What begins with anything but a letter, a digit, a dot or a space. */
  private mark(at: number): TokenType {
    const { input } = this;
    switch (input[at]) {
      case undefined:
        return this.error('unclosed action', at);
      case '=':
        return this.token('assign', at, at + 1);
      case ':':
        return input[at + 1] === '=' ? this.token('declare', at, at + 2) : this.error('expected :=', at);
      case '|':
        return this.token('pipe', at, at + 1);
      case '"':
        return this.quoted(at, restOfString, 'string', 'unterminated quoted string');
      case "'":
        return this.quoted(at, restOfChar, 'charConstant', 'unterminated character constant');
      case '`': {
        const close = input.indexOf('`', at + 1);
        return close < 0 ? this.error('unterminated raw quoted string', at) : this.token('rawString', at, close + 1);
      }
      case '$':
        return this.word(at, this.isTerminator(at + 1) ? at + 1 : this.endOfWord(at + 1), 'variable');
      case '(':
        this.parens++;
        return this.token('leftParen', at, at + 1);
      case ')':
        if (--this.parens < 0) return this.error('unexpected right paren', at);
        return this.token('rightParen', at, at + 1);
      default:
        return this.otherMark(at);
    }
  }

  private otherMark(at: number): TokenType {
    const character = this.characterAt(at);
    if (character === '-' || character === '+') return this.number(at);
    if (isAlphaNumeric(character)) return this.identifier(at);
    if (/^[!-~]$/.test(character)) return this.token('char', at, at + 1);
    return this.error(`unrecognized character in action: ${unicodeName(character)}`, at);
  }

  private dot(at: number): TokenType {
    if (classes[this.input.charCodeAt(at + 1)] === DIGIT) return this.number(at);
    if (this.isTerminator(at + 1)) return this.token('dot', at, at + 1);
    return this.word(at, this.endOfWord(at + 1), 'field');
  }

  /** A token up to `end`, where something has to be that ends it. */
  private word(at: number, end: number, type: TokenType): TokenType {
    if (this.isTerminator(end)) return this.token(type, at, end);
    return this.error(`bad character ${unicodeName(this.characterAt(end))}`, at);
  }

  private identifier(at: number): TokenType {
    const end = this.endOfWord(at);
    const word = this.input.slice(at, end);
    if (isKeyword(word)) return this.word(at, end, this.isShadowed(word) ? 'identifier' : word);
    return this.word(at, end, word === 'true' || word === 'false' ? 'bool' : 'identifier');
  }

  private isShadowed(word: string): boolean {
    return (word === 'break' && !this.breakIsKeyword) || (word === 'continue' && !this.continueIsKeyword);
  }

  /** Behind letters, digits and underscores. */
  private endOfWord(from: number): number {
    const { input } = this;
    for (let at = from; ; at++) {
      const code = input.charCodeAt(at);
      if ((classes[code] ?? NONE) >= DIGIT) continue;
      if (!(code > 0x7f)) return at;
      const character = this.characterAt(at);
      if (!isAlphaNumeric(character)) return at;
      at += character.length - 1;
    }
  }

  private isTerminator(at: number): boolean {
    const { input } = this;
    if (at >= input.length || classes[input.charCodeAt(at)] === SPACE) return true;
    return '.,|:)('.includes(input[at] ?? '') || input.startsWith('}}', at);
  }

  private characterAt(at: number): string {
    return at < this.input.length ? String.fromCodePoint(this.input.codePointAt(at) ?? 0) : '';
  }

  private quoted(at: number, rest: RegExp, type: TokenType, unterminated: string): TokenType {
    rest.lastIndex = at + 1;
    return rest.test(this.input) ? this.token(type, at, rest.lastIndex) : this.error(unterminated, at);
  }

  private number(at: number): TokenType {
    const { input } = this;
    number.lastIndex = at;
    number.test(input);
    const end = number.lastIndex;
    const sign = input[end];
    if (isAlphaNumeric(this.characterAt(end))) return this.badNumber(at, end);
    if (sign !== '+' && sign !== '-') return this.token('number', at, end);
    number.lastIndex = end;
    number.test(input);
    const last = number.lastIndex;
    if (isAlphaNumeric(this.characterAt(last))) return this.badNumber(at, last);
    return input[last - 1] === 'i' ? this.token('complex', at, last) : this.badNumber(at, last, 0);
  }

  /** The character that is too much is shown, too. */
  private badNumber(at: number, end: number, more = this.characterAt(end).length): TokenType {
    return this.error(`bad number syntax: ${quote(this.input.slice(at, end + more))}`, at);
  }
}

/** What looks like a number; whether it is one is found out when it is read. It may be nothing at all. */
const number =
  /[-+]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][-+]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9_]*)?)i?/y;

/** Whether a trim marker stands after a left delimiter: a dash and a space. */
function hasTrimMarker(input: string, at: number): boolean {
  return input.charCodeAt(at) === DASH && classes[input.charCodeAt(at + 1)] === SPACE;
}

function trimRight(input: string, from: number, to: number): number {
  let end = to;
  while (end > from && classes[input.charCodeAt(end - 1)] === SPACE) end--;
  return end;
}

function isAlphaNumeric(character: string): boolean {
  if (character <= '\x7f') return (classes[character.charCodeAt(0)] ?? NONE) >= DIGIT;
  return /^[\p{L}\p{Nd}]$/u.test(character);
}

/** A character as Go's `%#U` shows it: `U+0040 '@'`. */
function unicodeName(character: string): string {
  if (character === '') return 'U+FFFFFFFFFFFFFFFF';
  const code = character.codePointAt(0) ?? 0;
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character) ? `${name} '${character}'` : name;
}

/** What the scanner found; `illegal` is anything its mode does not allow here. */
export type Token = 'illegal' | 'eof' | 'text' | 'open' | 'close';

/** What {@link Scanner.scan} may find next. */
export interface ScanMode {
  /** Takes a character into a text; `index` is its place in the text, from 1. */
  readonly accept: (char: string, index: number) => boolean;
  readonly text?: boolean;
  /** `${` is a token of its own. */
  readonly open?: boolean;
  /** `}` is a token of its own. */
  readonly close?: boolean;
  /** `$$` (and, inside of an expression, `\/` and `\\`) stand for their second character. */
  readonly escape?: boolean;
}

/**
 * Cuts a template into tokens (github.com/fluxcd/pkg envsubst/parse/scan.go). A NUL character ends the template, as
 * it does there.
 */
export class Scanner {
  /** The text of the last token. */
  text = '';
  /** Whether a backslash escapes too: inside of expressions only. */
  backslash = false;
  private readonly input: string;
  private position = 0;

  constructor(input: string) {
    const end = input.indexOf('\0');
    this.input = end < 0 ? input : input.slice(0, end);
  }

  /** The next character, `''` at the end; `ahead` looks past it. */
  peek(ahead = 0): string {
    const point = this.input.codePointAt(this.position + ahead);
    return point === undefined ? '' : String.fromCodePoint(point);
  }

  scan(mode: ScanMode): Token {
    const first = this.peek();
    this.text = '';
    if (first === '') return 'eof';
    if (mode.open === true && this.isOpen()) {
      this.position += 2;
      return 'open';
    }
    if (mode.close === true && first === '}') {
      this.position++;
      return 'close';
    }
    return mode.text === true && this.take(mode) ? 'text' : 'illegal';
  }

  private take(mode: ScanMode): boolean {
    let from = this.position;
    let index = 0;
    while (this.position < this.input.length && !(index > 0 && mode.open === true && this.isOpen())) {
      const char = this.peek();
      index += char.length;
      if (mode.escape === true && this.isEscaped(char)) {
        this.text += this.input.slice(from, this.position);
        from = this.position + 1;
        this.position += 2;
      } else if (mode.accept(char, index)) this.position += char.length;
      else break;
    }
    this.text += this.input.slice(from, this.position);
    return index > 0 && this.position > from - 1 && this.text !== '';
  }

  private isOpen(): boolean {
    return this.input.startsWith('${', this.position);
  }

  private isEscaped(char: string): boolean {
    const next = this.input[this.position + 1];
    if (char === '$') return next === '$';
    return char === '\\' && this.backslash && (next === '/' || next === '\\');
  }
}

import { EnvsubstError } from './envsubst-error.ts';
import { type ScanMode, Scanner } from './scanner.ts';

/** A piece of a template: text as it is, or an expression `${param<name>args}`. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'call'; readonly param: string; readonly name: string; readonly args: readonly TemplateNode[] };

const maxDepth = 256;
const letterOrDigit = /^[\p{L}\p{Nd}_]$/u;

const any = (): boolean => true;
const identifier = (char: string): boolean => letterOrDigit.test(char);
const notClosing = (char: string): boolean => char !== '}';
const oneOf = (char: string) => (c: string, i: number) => c === char && i === 1;
const upToTwo = (chars: string) => (c: string, i: number) => chars.includes(c) && i < 3;
const pair = (first: string, second: string) => (c: string, i: number) =>
  (i === 1 && c === first) || (i === 2 && second.includes(c));

/**
 * The nodes of a template in order (github.com/fluxcd/pkg envsubst/parse/parse.go, including what bash would not
 * do). Throws {@link EnvsubstError}.
 */
export function parseTemplate(template: string): readonly TemplateNode[] {
  return new Parser(template).parse();
}

class Parser {
  private readonly scanner: Scanner;
  private depth = 0;

  constructor(template: string) {
    this.scanner = new Scanner(template);
  }

  parse(): readonly TemplateNode[] {
    const nodes: TemplateNode[] = [];
    for (;;) {
      this.scanner.backslash = false;
      const token = this.scanner.scan({ accept: any, text: true, open: true, escape: true });
      if (token === 'eof') return nodes;
      if (token === 'text') nodes.push({ kind: 'text', value: this.scanner.text });
      else if (token === 'open') nodes.push(this.call());
      else throw new EnvsubstError('bad substitution');
    }
  }

  /** After `${`, up to and with the `}`. */
  private call(): TemplateNode {
    if (++this.depth > maxDepth) throw new EnvsubstError(`expressions are nested deeper than ${maxDepth}`);
    this.scanner.backslash = true;
    const node = this.scanner.peek() === '#' ? this.length() : this.named();
    this.depth--;
    return node;
  }

  private named(): TemplateNode {
    const param = this.word(identifier, 'unable to parse variable name');
    switch (this.scanner.peek()) {
      case ':':
        return '=-?+'.includes(this.scanner.peek(1) || ' ') ? this.defaulted(param) : this.substring(param);
      case '=':
        return this.defaulted(param);
      case ',':
      case '^':
        return this.casing(param);
      case '/':
        return this.replace(param);
      case '#':
        return this.trim(param, upToTwo('#'));
      case '%':
        return this.trim(param, upToTwo('%'));
    }
    this.close('missing closing brace');
    return { kind: 'call', param, name: '', args: [] };
  }

  private length(): TemplateNode {
    const name = this.word(oneOf('#'));
    const param = this.word(identifier);
    return this.closed(param, name, []);
  }

  private casing(param: string): TemplateNode {
    return this.closed(param, this.word(upToTwo(',^')), []);
  }

  private trim(param: string, operator: ScanMode['accept']): TemplateNode {
    const name = this.word(operator);
    return this.closed(param, name, [this.argument({ accept: notClosing, text: true })]);
  }

  private substring(param: string): TemplateNode {
    const name = this.word(oneOf(':'));
    const offset = this.argument({ accept: (char) => char !== ':' && char !== '}', text: true });
    const token = this.scanner.scan({ accept: (char) => char === ':', text: true, close: true });
    if (token === 'close') return { kind: 'call', param, name, args: [offset] };
    if (token !== 'text') throw new EnvsubstError('bad substitution');
    return this.closed(param, name, [offset, this.argument({ accept: notClosing, text: true })]);
  }

  private replace(param: string): TemplateNode {
    const name = this.word(pair('/', '/#%'));
    const pattern = this.argument({ accept: (char) => char !== '/', text: true, escape: true });
    this.word((char) => char === '/');
    if (this.scanner.peek() === '}') return this.closed(param, name, [pattern]);
    const replacement = this.argument({ accept: notClosing, text: true, escape: true });
    return this.closed(param, name, [pattern, replacement]);
  }

  private defaulted(param: string): TemplateNode {
    const operator = this.scanner.peek() === '=' ? oneOf('=') : pair(':', '=-?+');
    const name = this.word(operator, 'unable to parse default function');
    const args: TemplateNode[] = [];
    while (this.scanner.peek() !== '}') args.push(this.argument({ accept: notClosing, text: true }));
    return this.closed(param, name, args);
  }

  private argument(mode: ScanMode): TemplateNode {
    const token = this.scanner.scan({ ...mode, open: true });
    if (token === 'open') return this.call();
    if (token === 'text') return { kind: 'text', value: this.scanner.text };
    throw new EnvsubstError('unable to parse substitution within function');
  }

  private word(accept: ScanMode['accept'], problem = 'bad substitution'): string {
    if (this.scanner.scan({ accept, text: true }) !== 'text') throw new EnvsubstError(problem);
    return this.scanner.text;
  }

  private closed(param: string, name: string, args: readonly TemplateNode[]): TemplateNode {
    this.close('bad substitution');
    return { kind: 'call', param, name, args };
  }

  private close(problem: string): void {
    if (this.scanner.scan({ accept: any, close: true }) !== 'close') throw new EnvsubstError(problem);
  }
}

// biome-ignore-all lint/nursery/noExcessiveLinesPerFile: one grammar, one recursive-descent parser
import { Lexer } from './lex.ts';
import {
  type ActionNode,
  type ArgNode,
  type BranchNode,
  type CommandNode,
  type EndNode,
  isEmptyList,
  type JumpNode,
  type ListNode,
  type NumberValue,
  nodeText,
  type PipeNode,
  type StatementNode,
  type TemplateNode,
  type VariableNode,
} from './node.ts';
import { readNumber } from './number.ts';
import { quote, SyntaxFault, unquote } from './quote.ts';
import { type Token, type TokenType, tokenText } from './token.ts';
import { VisibleNames } from './visible-names.ts';

/** A file cannot be parsed. The message is text/template's own. */
export class ParseError extends Error {}

/** One named template: a file, or a `define` or `block` in it. */
export interface Tree {
  readonly name: string;
  /** The file that it stands in: errors name it. */
  readonly file: string;
  /** The whole text of that file. */
  readonly text: string;
  readonly root: ListNode;
}

/** How deep parentheses may nest. Go allows 10,000; each costs stack here. */
const MAX_PARENS = 500;
/** How deep control structures may nest, every `else if` being one in the one before. */
const MAX_NESTING = 250;

interface Shared {
  readonly file: string;
  readonly text: string;
  readonly lexer: Lexer;
  readonly isFunction: (name: string) => boolean;
  readonly trees: Map<string, Tree>;
  /** How deep control structures, blocks included, and parentheses are nested. */
  nesting: number;
  parens: number;
}

/**
 * Parses a file: the template of its own name first, then those that it defines (text/template/parse, parse.go).
 * A template that is empty does not replace one of the same name. Throws {@link ParseError}.
 */
export function parse(file: string, text: string, isFunction: (name: string) => boolean): ReadonlyMap<string, Tree> {
  const shared: Shared = {
    file,
    text,
    isFunction,
    lexer: new Lexer(text, isFunction),
    trees: new Map(),
    nesting: 0,
    parens: 0,
  };
  const parser = new Parser(shared, file);
  parser.file();
  return shared.trees;
}

type Item = StatementNode | EndNode;

class Parser {
  readonly #shared: Shared;
  #name: string;
  readonly #vars = new VisibleNames();
  /** Tokens that were looked at, the next one last. */
  readonly #ahead: Token[] = [];
  #last: Token = { type: 'eof', pos: 0, text: '', line: 1 };
  #actionLine = 0;
  #ranges = 0;

  constructor(shared: Shared, name: string) {
    this.#shared = shared;
    this.#name = name;
  }

  /** A whole file. */
  file(): void {
    const pos = this.#peek().pos;
    const nodes: StatementNode[] = [];
    while (this.#peek().type !== 'eof') {
      if (this.#isDefinition()) {
        new Parser(this.#shared, 'definition').#definition();
        continue;
      }
      const node = this.#textOrAction();
      if (isEnd(node)) throw this.#error(`unexpected ${nodeText(node)}`);
      nodes.push(node);
    }
    this.#add({ type: 'list', pos, nodes });
  }

  #isDefinition(): boolean {
    if (this.#peek().type !== 'leftDelim') return false;
    const delim = this.#next();
    const word = this.#nextNonSpace();
    if (word.type === 'define') return true;
    this.#ahead.push(word, delim);
    return false;
  }

  #definition(): void {
    const context = 'define clause';
    const token = this.#nextNonSpace();
    if (token.type !== 'string' && token.type !== 'rawString') throw this.#unexpected(token, context);
    this.#name = this.#unquote(token.text);
    this.#expect('rightDelim', context);
    this.#body(context);
  }

  /** The nodes up to the end of a definition or block, which becomes a template of its own. */
  #body(context: string): void {
    const { list, end } = this.#itemList();
    if (end.type !== 'end') throw this.#error(`unexpected ${nodeText(end)} in ${context}`);
    this.#add(list);
  }

  #add(root: ListNode): void {
    const { file, text, trees } = this.#shared;
    const present = trees.get(this.#name);
    if (present === undefined || isEmptyList(present.root)) {
      trees.set(this.#name, { name: this.#name, file, text, root });
      return;
    }
    if (!isEmptyList(root)) throw this.#error(`template: multiple definition of template ${quote(this.#name)}`);
  }

  #itemList(): { readonly list: ListNode; readonly end: EndNode } {
    const pos = this.#peekNonSpace().pos;
    const nodes: StatementNode[] = [];
    while (this.#peekNonSpace().type !== 'eof') {
      const node = this.#textOrAction();
      if (isEnd(node)) return { list: { type: 'list', pos, nodes }, end: node };
      nodes.push(node);
    }
    throw this.#error('unexpected EOF');
  }

  #textOrAction(): Item {
    const token = this.#nextNonSpace();
    if (token.type === 'text') return { type: 'text', pos: token.pos, text: token.text };
    if (token.type !== 'leftDelim') throw this.#unexpected(token, 'input');
    this.#actionLine = token.line;
    const node = this.#action();
    this.#actionLine = 0;
    return node;
  }

  #action(): Item {
    const token = this.#nextNonSpace();
    switch (token.type) {
      case 'block':
        return this.#block();
      case 'break':
      case 'continue':
        return this.#jump(token.type, token.pos);
      case 'else':
        return this.#else();
      case 'end':
        return { type: 'end', pos: this.#expect('rightDelim', 'end').pos };
      case 'if':
      case 'range':
      case 'with':
        return this.#branch(token.type);
      case 'template':
        return this.#template();
      default:
        this.#ahead.push(token);
        return this.#command(this.#peek().pos);
    }
  }

  #command(pos: number): ActionNode {
    return { type: 'action', pos, pipe: this.#pipeline('command', 'rightDelim') };
  }

  #jump(type: 'break' | 'continue', pos: number): JumpNode {
    const token = this.#nextNonSpace();
    if (token.type !== 'rightDelim') throw this.#unexpected(token, `{{${type}}}`);
    if (this.#ranges === 0) throw this.#error(`{{${type}}} outside {{range}}`);
    return { type, pos };
  }

  #branch(type: BranchNode['type']): BranchNode {
    this.#nest();
    const declared = this.#vars.size;
    const pipe = this.#pipeline(type, 'rightDelim');
    if (type === 'range') this.#ranges++;
    const { list, end } = this.#itemList();
    if (type === 'range') this.#ranges--;
    const elseList = end.type === 'else' ? this.#elseList(type, end) : undefined;
    this.#vars.shrink(declared);
    this.#shared.nesting--;
    return { type, pos: pipe.pos, pipe, list, ...(elseList === undefined ? {} : { elseList }) };
  }

  #nest(): void {
    if (++this.#shared.nesting > MAX_NESTING) throw this.#error('control structures are nested too deeply');
  }

  /** `{{else if}}` and `{{else with}}` are a branch within the else; they share its end. */
  #elseList(type: BranchNode['type'], otherwise: EndNode): ListNode {
    const next = this.#peek().type;
    if (next === type && type !== 'range') {
      this.#next();
      return { type: 'list', pos: otherwise.pos, nodes: [this.#branch(type)] };
    }
    const { list, end } = this.#itemList();
    if (end.type !== 'end') throw this.#error(`expected end; found ${nodeText(end)}`);
    return list;
  }

  #else(): EndNode {
    const next = this.#peekNonSpace();
    if (next.type === 'if' || next.type === 'with') return { type: 'else', pos: next.pos };
    return { type: 'else', pos: this.#expect('rightDelim', 'else').pos };
  }

  #block(): TemplateNode {
    const context = 'block clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.#pipeline(context, 'rightDelim');
    this.#nest();
    new Parser(this.#shared, name).#body(context);
    this.#shared.nesting--;
    return { type: 'template', pos: token.pos, name, pipe };
  }

  #template(): TemplateNode {
    const context = 'template clause';
    const token = this.#nextNonSpace();
    const name = this.#templateName(token, context);
    const next = this.#nextNonSpace();
    if (next.type === 'rightDelim') return { type: 'template', pos: token.pos, name };
    this.#ahead.push(next);
    return { type: 'template', pos: token.pos, name, pipe: this.#pipeline(context, 'rightDelim') };
  }

  #templateName(token: Token, context: string): string {
    if (token.type !== 'string' && token.type !== 'rawString') throw this.#unexpected(token, context);
    return this.#unquote(token.text);
  }

  #pipeline(context: string, end: TokenType): PipeNode {
    const { pos } = this.#peekNonSpace();
    const { decl, isAssign } = this.#declarations(context);
    const cmds: CommandNode[] = [];
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.type === end) break;
      if (!startsOperand(token.type)) throw this.#unexpected(token, context);
      this.#ahead.push(token);
      cmds.push(this.#operands());
    }
    this.#checkPipeline(cmds, context);
    return { type: 'pipe', pos, isAssign, decl, cmds };
  }

  #checkPipeline(cmds: readonly CommandNode[], context: string): void {
    if (cmds.length === 0) throw this.#error(`missing value for ${context}`);
    cmds.slice(1).forEach(({ args: [first] }, index) => {
      if (first !== undefined && isConstant(first))
        throw this.#error(`non executable command in pipeline stage ${index + 2}`);
    });
  }

  #declarations(context: string): { readonly decl: readonly VariableNode[]; readonly isAssign: boolean } {
    const decl: VariableNode[] = [];
    for (;;) {
      const variable = this.#peekNonSpace();
      if (variable.type !== 'variable') return { decl, isAssign: false };
      this.#next();
      const after = this.#peek();
      const next = this.#peekNonSpace();
      if (next.type === 'assign' || next.type === 'declare') {
        this.#nextNonSpace();
        decl.push(this.#declare(variable));
        return { decl, isAssign: next.type === 'assign' };
      }
      if (next.type !== 'char' || next.text !== ',') {
        // No declaration: the variable is the first operand, and the space after it separates.
        if (after.type === 'space' && this.#ahead.at(-1) !== after) this.#ahead.push(after);
        this.#ahead.push(variable);
        return { decl, isAssign: false };
      }
      this.#nextNonSpace();
      decl.push(this.#declare(variable));
      if (context !== 'range' || decl.length >= 2) throw this.#error(`too many declarations in ${context}`);
      const following = this.#peekNonSpace().type;
      if (following !== 'variable' && following !== 'rightDelim' && following !== 'rightParen')
        throw this.#error('range can only initialize variables');
    }
  }

  #declare({ pos, text }: Token): VariableNode {
    this.#vars.add(text);
    return { type: 'variable', pos, ident: [text] };
  }

  /** A command: operands separated by spaces, up to a pipe or the end. */
  #operands(): CommandNode {
    const { pos } = this.#peekNonSpace();
    const args: ArgNode[] = [];
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const token = this.#next();
      if (token.type === 'space') continue;
      if (token.type === 'rightDelim' || token.type === 'rightParen') this.#ahead.push(token);
      else if (token.type !== 'pipe') throw this.#unexpected(token, 'operand');
      break;
    }
    if (args.length === 0) throw this.#error('empty command');
    return { type: 'command', pos, args };
  }

  /** A term and the fields that follow it without a space. */
  #operand(): ArgNode | undefined {
    const node = this.#term();
    if (node === undefined || this.#peek().type !== 'field') return node;
    const { pos } = this.#peek();
    const fields: string[] = [];
    while (this.#peek().type === 'field') fields.push(this.#next().text.slice(1));
    if (node.type === 'field') return { type: 'field', pos, ident: [...node.ident, ...fields] };
    if (node.type === 'variable') return { type: 'variable', pos, ident: [...node.ident, ...fields] };
    if (isConstant(node)) throw this.#error(`unexpected . after term ${quote(nodeText(node))}`);
    return { type: 'chain', pos, node, fields };
  }

  #term(): ArgNode | undefined {
    const token = this.#nextNonSpace();
    const { pos, text } = token;
    switch (token.type) {
      case 'identifier':
        if (!this.#shared.isFunction(text)) throw this.#error(`function ${quote(text)} not defined`);
        return { type: 'identifier', pos, name: text };
      case 'dot':
        return { type: 'dot', pos };
      case 'nil':
        return { type: 'nil', pos };
      case 'variable':
        if (!this.#vars.has(text)) throw this.#error(`undefined variable ${quote(text)}`);
        return { type: 'variable', pos, ident: [text] };
      case 'field':
        return { type: 'field', pos, ident: [text.slice(1)] };
      case 'bool':
        return { type: 'bool', pos, value: text === 'true' };
      case 'charConstant':
      case 'complex':
      case 'number':
        return { type: 'number', pos, text, ...this.#number(text, token.type) };
      case 'leftParen':
        return this.#parenthesized();
      case 'string':
      case 'rawString':
        return { type: 'string', pos, quoted: text, text: this.#unquote(text) };
      default:
        this.#ahead.push(token);
        return undefined;
    }
  }

  #parenthesized(): PipeNode {
    if (++this.#shared.parens > MAX_PARENS) throw this.#error('max expression depth exceeded');
    const pipe = this.#pipeline('parenthesized pipeline', 'rightParen');
    this.#shared.parens--;
    return pipe;
  }

  #number(text: string, kind: 'charConstant' | 'complex' | 'number'): NumberValue {
    return this.#read(() => readNumber(text, kind));
  }

  #unquote(literal: string): string {
    return this.#read(() => unquote(literal));
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw error instanceof SyntaxFault ? this.#error(error.message) : error;
    }
  }

  #next(): Token {
    this.#last = this.#ahead.pop() ?? this.#shared.lexer.next();
    return this.#last;
  }

  #peek(): Token {
    const known = this.#ahead.at(-1);
    if (known !== undefined) {
      this.#last = known;
      return known;
    }
    const token = this.#next();
    this.#ahead.push(token);
    return token;
  }

  #nextNonSpace(): Token {
    let token = this.#next();
    while (token.type === 'space') token = this.#next();
    return token;
  }

  #peekNonSpace(): Token {
    const token = this.#nextNonSpace();
    this.#ahead.push(token);
    return token;
  }

  #expect(type: TokenType, context: string): Token {
    const token = this.#nextNonSpace();
    if (token.type !== type) throw this.#unexpected(token, context);
    return token;
  }

  #unexpected(token: Token, context: string): ParseError {
    if (token.type !== 'error') return this.#error(`unexpected ${tokenText(token)} in ${context}`);
    const isElsewhere = this.#actionLine !== 0 && this.#actionLine !== token.line;
    const where = isElsewhere ? ` in action started at ${this.#shared.file}:${this.#actionLine}` : '';
    return this.#error(`${token.text}${token.text.endsWith(' action') ? where.replace(' in action', '') : where}`);
  }

  #error(message: string): ParseError {
    return new ParseError(`template: ${this.#shared.file}:${this.#last.line}: ${message}`);
  }
}

function isEnd(node: Item): node is EndNode {
  return node.type === 'end' || node.type === 'else';
}

function isConstant({ type }: ArgNode): boolean {
  return type === 'bool' || type === 'string' || type === 'number' || type === 'nil' || type === 'dot';
}

const operandStarts: ReadonlySet<TokenType> = new Set<TokenType>([
  'bool',
  'charConstant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'rawString',
  'string',
  'variable',
  'leftParen',
]);

function startsOperand(type: TokenType): boolean {
  return operandStarts.has(type);
}

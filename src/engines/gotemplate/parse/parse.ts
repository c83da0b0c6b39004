// biome-ignore-all lint/nursery/noExcessiveLinesPerFile: one grammar, one recursive-descent parser
import { Lexer } from './lex.ts';
import {
  type ArgNode,
  type BranchNode,
  type CommandNode,
  type EndNode,
  isEmptyList,
  type JumpNode,
  type ListNode,
  type NumberNode,
  type NumberValue,
  nodeText,
  type PipeNode,
  type StatementNode,
  type TemplateNode,
  type VariableNode,
} from './node.ts';
import { readNumber } from './number.ts';
import { Pile } from './pile.ts';
import { quote, SyntaxFault, unquote } from './quote.ts';
import { type TokenType, tokenText } from './token.ts';
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
  /** Whether a `range` somewhere before its end assigns to variables that were declared before. */
  readonly assignsInRange: boolean;
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
  /** Numbers that were read, by their texts: charts say the same few again and again. */
  readonly numbers: Map<string, NumberValue>;
  /** Whether a `range` assigned to variables. */
  assignsInRange: boolean;
  /** Whether the lexer's token was only looked at. */
  isAhead: boolean;
  /** What was read of lists that are not complete yet. */
  readonly statements: Pile<StatementNode>;
  readonly operands: Pile<ArgNode>;
  readonly names: Pile<string>;
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
    numbers: new Map(),
    isAhead: false,
    statements: new Pile(),
    operands: new Pile(),
    names: new Pile(),
    assignsInRange: false,
    nesting: 0,
    parens: 0,
  };
  const parser = new Parser(shared, file);
  parser.file();
  return shared.trees;
}

type Item = StatementNode | EndNode;

class Parser {
  private readonly shared: Shared;
  private readonly lexer: Lexer;
  private name: string;
  private readonly vars = new VisibleNames();
  /** Where the action begins that is being parsed. */
  private actionPos = -1;
  private ranges = 0;

  constructor(shared: Shared, name: string) {
    this.shared = shared;
    this.lexer = shared.lexer;
    this.name = name;
  }

  /** A whole file. */
  file(): void {
    this.peek();
    const { pos } = this.lexer;
    const { statements } = this.shared;
    while (this.peek() !== 'eof') {
      const node = this.textOrAction(true);
      if (node === undefined) continue;
      if (isEnd(node)) throw this.error(`unexpected ${nodeText(node)}`);
      statements.push(node);
    }
    this.add({ type: 'list', pos, nodes: statements.takeFrom(0) });
  }

  private definition(): void {
    const context = 'define clause';
    this.name = this.templateName(context);
    this.expect('rightDelim', context);
    this.body(context);
  }

  /** The nodes up to the end of a definition or block, which becomes a template of its own. */
  private body(context: string): void {
    const { list, end } = this.itemList();
    if (end.type !== 'end') throw this.error(`unexpected ${nodeText(end)} in ${context}`);
    this.add(list);
  }

  private add(root: ListNode): void {
    const { file, text, trees, assignsInRange } = this.shared;
    const present = trees.get(this.name);
    if (present === undefined || isEmptyList(present.root)) {
      trees.set(this.name, { name: this.name, file, text, root, assignsInRange });
      return;
    }
    if (!isEmptyList(root)) throw this.error(`template: multiple definition of template ${quote(this.name)}`);
  }

  private itemList(): { readonly list: ListNode; readonly end: EndNode } {
    this.peek();
    const { pos } = this.lexer;
    const { statements } = this.shared;
    const from = statements.top;
    while (this.peek() !== 'eof') {
      const node = this.textOrAction(false);
      if (isEnd(node)) return { list: { type: 'list', pos, nodes: statements.takeFrom(from) }, end: node };
      statements.push(node);
    }
    throw this.error('unexpected EOF');
  }

  /** Definitions, where they may stand, are parsed and give nothing. */
  private textOrAction(isTop: false): Item;
  private textOrAction(isTop: boolean): Item | undefined;
  private textOrAction(isTop: boolean): Item | undefined {
    const { lexer } = this;
    const type = this.next();
    if (type === 'text') return { type, pos: lexer.pos, text: lexer.text };
    if (type !== 'leftDelim') throw this.unexpected('input');
    const begin = lexer.pos;
    if (isTop && this.peek() === 'define') {
      this.next();
      new Parser(this.shared, 'definition').definition();
      return undefined;
    }
    this.actionPos = begin;
    const node = this.action();
    this.actionPos = -1;
    return node;
  }

  private action(): Item {
    const type = this.peek();
    const { pos } = this.lexer;
    switch (type) {
      case 'block':
        this.next();
        return this.block();
      case 'break':
      case 'continue':
        this.next();
        return this.jump(type, pos);
      case 'else':
        this.next();
        return this.otherwise();
      case 'end':
        this.next();
        return { type: 'end', pos: this.expect('rightDelim', 'end') };
      case 'if':
      case 'range':
      case 'with':
        this.next();
        return this.branch(type);
      case 'template':
        this.next();
        return this.template();
      default:
        return { type: 'action', pos, pipe: this.pipeline('command', 'rightDelim') };
    }
  }

  private jump(type: 'break' | 'continue', pos: number): JumpNode {
    if (this.next() !== 'rightDelim') throw this.unexpected(`{{${type}}}`);
    if (this.ranges === 0) throw this.error(`{{${type}}} outside {{range}}`);
    return { type, pos };
  }

  private branch(type: BranchNode['type']): BranchNode {
    this.nest();
    const declared = this.vars.size;
    const pipe = this.pipeline(type, 'rightDelim');
    const { pos } = pipe;
    if (type === 'range') this.ranges++;
    const { list, end } = this.itemList();
    if (type === 'range') this.ranges--;
    const elseList = end.type === 'else' ? this.elseList(type, end) : undefined;
    this.vars.shrink(declared);
    this.shared.nesting--;
    return elseList === undefined ? { type, pos, pipe, list } : { type, pos, pipe, list, elseList };
  }

  private nest(): void {
    if (++this.shared.nesting > MAX_NESTING) throw this.error('control structures are nested too deeply');
  }

  /** `{{else if}}` and `{{else with}}` are a branch within the else; they share its end. */
  private elseList(type: BranchNode['type'], otherwise: EndNode): ListNode {
    if (this.peek() === type && type !== 'range') {
      this.next();
      return { type: 'list', pos: otherwise.pos, nodes: [this.branch(type)] };
    }
    const { list, end } = this.itemList();
    if (end.type !== 'end') throw this.error(`expected end; found ${nodeText(end)}`);
    return list;
  }

  private otherwise(): EndNode {
    const next = this.peek();
    if (next === 'if' || next === 'with') return { type: 'else', pos: this.lexer.pos };
    return { type: 'else', pos: this.expect('rightDelim', 'else') };
  }

  private block(): TemplateNode {
    const context = 'block clause';
    const name = this.templateName(context);
    const { pos } = this.lexer;
    const pipe = this.pipeline(context, 'rightDelim');
    this.nest();
    new Parser(this.shared, name).body(context);
    this.shared.nesting--;
    return { type: 'template', pos, name, pipe };
  }

  private template(): TemplateNode {
    const context = 'template clause';
    const name = this.templateName(context);
    const { pos } = this.lexer;
    if (this.peek() !== 'rightDelim')
      return { type: 'template', pos, name, pipe: this.pipeline(context, 'rightDelim') };
    this.next();
    return { type: 'template', pos, name };
  }

  private templateName(context: string): string {
    const type = this.next();
    if (type !== 'string' && type !== 'rawString') throw this.unexpected(context);
    return this.unquote(this.lexer.text);
  }

  private pipeline(context: string, end: TokenType): PipeNode {
    this.peek();
    const { pos } = this.lexer;
    const declaration = this.lexer.type === 'variable' ? this.declaration(context) : noDeclaration;
    let cmds: CommandNode[] = noCommands;
    while (this.next() !== end) {
      if (!startsOperand(this.lexer.type)) throw this.unexpected(context);
      this.back();
      const command = this.command();
      // Most have one only, and a list that grows takes room for many.
      if (cmds === noCommands) cmds = [command];
      else cmds.push(command);
    }
    this.checkPipeline(cmds, context);
    if (declaration.isAssign && context === 'range') this.shared.assignsInRange = true;
    return { type: 'pipe', pos, isAssign: declaration.isAssign, decl: declaration.decl, cmds };
  }

  private checkPipeline(cmds: readonly CommandNode[], context: string): void {
    if (cmds.length === 0) throw this.error(`missing value for ${context}`);
    for (let stage = 1; stage < cmds.length; stage++) {
      const first = cmds[stage]?.args[0];
      if (first !== undefined && isConstant(first))
        throw this.error(`non executable command in pipeline stage ${stage + 1}`);
    }
  }

  /** What stands before `=` or `:=`. The next token is a variable: without them it is the first operand. */
  private declaration(context: string): Declaration {
    const { lexer } = this;
    const decl: VariableNode[] = [];
    while (this.peek() === 'variable') {
      const { following } = lexer;
      if (following === undefined) break;
      this.next();
      decl.push(this.declared());
      this.next();
      if (following !== ',') return { decl, isAssign: following === '=' };
      if (context !== 'range' || decl.length >= 2) throw this.error(`too many declarations in ${context}`);
      const next = this.peek();
      if (next !== 'variable' && next !== 'rightDelim' && next !== 'rightParen')
        throw this.error('range can only initialize variables');
    }
    return decl.length === 0 ? noDeclaration : { decl, isAssign: false };
  }

  private declared(): VariableNode {
    const { pos, text } = this.lexer;
    this.vars.add(text);
    return { type: 'variable', pos, ident: [text] };
  }

  /** A command: operands separated by spaces, up to a pipe or the end. */
  private command(): CommandNode {
    const { lexer } = this;
    this.peek();
    const { pos } = lexer;
    const { operands } = this.shared;
    const from = operands.top;
    for (;;) {
      const operand = this.operand();
      if (operand !== undefined) {
        operands.push(operand);
        if (!this.isAhead() && lexer.isAtSpace) continue;
      }
      const type = this.next();
      if (type === 'rightDelim' || type === 'rightParen') this.back();
      else if (type !== 'pipe') throw this.unexpected('operand');
      break;
    }
    if (operands.top === from) throw this.error('empty command');
    return { type: 'command', pos, args: operands.takeFrom(from) };
  }

  /** A term and the fields that follow it without a space. */
  private operand(): ArgNode | undefined {
    const node = this.term();
    const { lexer } = this;
    if (node === undefined || !lexer.isAtDot || this.peek() !== 'field') return node;
    const { pos } = lexer;
    const { names } = this.shared;
    if (node.type === 'field' || node.type === 'variable') names.push(node.ident[0] ?? '');
    do {
      this.next();
      names.push(lexer.text.slice(1));
    } while (lexer.isAtDot && this.peek() === 'field');
    const fields = names.takeFrom(0);
    if (node.type === 'field') return { type: 'field', pos, ident: fields };
    if (node.type === 'variable') return { type: 'variable', pos, ident: fields };
    if (isConstant(node)) throw this.error(`unexpected . after term ${quote(nodeText(node))}`);
    return { type: 'chain', pos, node, fields };
  }

  private term(): ArgNode | undefined {
    const { lexer } = this;
    const type = this.next();
    const { pos } = lexer;
    switch (type) {
      case 'identifier': {
        const name = lexer.text;
        if (!this.shared.isFunction(name)) throw this.error(`function ${quote(name)} not defined`);
        return { type, pos, name };
      }
      case 'dot':
      case 'nil':
        return { type, pos };
      case 'variable': {
        const { text } = lexer;
        if (!this.vars.has(text)) throw this.error(`undefined variable ${quote(text)}`);
        return { type, pos, ident: [text] };
      }
      case 'field':
        return { type, pos, ident: [lexer.text.slice(1)] };
      case 'bool':
        return { type, pos, value: lexer.text === 'true' };
      case 'charConstant':
      case 'complex':
      case 'number':
        return this.number(pos, lexer.text, type);
      case 'leftParen':
        return this.parenthesized();
      case 'string':
      case 'rawString': {
        const quoted = lexer.text;
        return { type: 'string', pos, quoted, text: this.unquote(quoted) };
      }
      default:
        this.back();
        return undefined;
    }
  }

  private parenthesized(): PipeNode {
    if (++this.shared.parens > MAX_PARENS) throw this.error('max expression depth exceeded');
    const pipe = this.pipeline('parenthesized pipeline', 'rightParen');
    this.shared.parens--;
    return pipe;
  }

  private number(pos: number, text: string, kind: 'charConstant' | 'complex' | 'number'): NumberNode {
    const { numbers } = this.shared;
    const known = numbers.get(text);
    const value = known ?? this.read(() => readNumber(text, kind));
    if (known === undefined) numbers.set(text, value);
    return { type: 'number', pos, text, value };
  }

  private unquote(literal: string): string {
    return this.read(() => unquote(literal));
  }

  private read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw error instanceof SyntaxFault ? this.error(error.message) : error;
    }
  }

  private isAhead(): boolean {
    return this.shared.isAhead;
  }

  /** Reads the next token into the lexer, unless it was looked at already. */
  private next(): TokenType {
    if (!this.shared.isAhead) return this.lexer.next();
    this.shared.isAhead = false;
    return this.lexer.type;
  }

  /** Looks at the next token, which {@link next} then reads. */
  private peek(): TokenType {
    if (this.shared.isAhead) return this.lexer.type;
    this.shared.isAhead = true;
    return this.lexer.next();
  }

  /** Has {@link next} read the token once more. */
  private back(): void {
    this.shared.isAhead = true;
  }

  /** Gives where it is. */
  private expect(type: TokenType, context: string): number {
    if (this.next() !== type) throw this.unexpected(context);
    return this.lexer.pos;
  }

  private unexpected(context: string): ParseError {
    const { type, text, pos } = this.lexer;
    if (type !== 'error') return this.error(`unexpected ${tokenText(type, text)} in ${context}`);
    const line = this.actionPos < 0 ? undefined : this.lineOf(this.actionPos);
    const isElsewhere = line !== undefined && line !== this.lineOf(pos);
    const where = isElsewhere ? ` in action started at ${this.shared.file}:${line}` : '';
    return this.error(`${text}${text.endsWith(' action') ? where.replace(' in action', '') : where}`);
  }

  /** An error at the token that was read or looked at last. */
  private error(message: string): ParseError {
    return new ParseError(`template: ${this.shared.file}:${this.lineOf(this.lexer.pos)}: ${message}`);
  }

  private lineOf(pos: number): number {
    return countLines(this.shared.text, pos);
  }
}

interface Declaration {
  readonly decl: readonly VariableNode[];
  readonly isAssign: boolean;
}

const noCommands: CommandNode[] = [];
const noDeclaration: Declaration = { decl: [], isAssign: false };

/** The line of a place, from 1. */
function countLines(text: string, pos: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < pos; at = text.indexOf('\n', at + 1)) line++;
  return line;
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

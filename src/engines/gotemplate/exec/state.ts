import type { Node } from '../parse/node.ts';
import type { Tree } from '../parse/parse.ts';
import { quote } from '../parse/quote.ts';
import type { Runtime, Value } from '../value/values.ts';
import { ExecError, FunctionError } from './exec-error.ts';
import { type Budget, LimitError } from './limits.ts';

/** A template ready to be executed. */
export interface Program {
  readonly tree: Tree;
  /** How many variables it has, `$` included. */
  readonly slots: number;
  readonly body: Statement;
}

/** Executes a statement; says whether a `break` or `continue` is under way. */
export type Statement = (state: State, dot: Value) => Flow;

export type Flow = typeof GO_ON | typeof BREAK | typeof CONTINUE;
export const GO_ON = 0;
export const BREAK = 1;
export const CONTINUE = 2;

/** The templates that an execution can reach. */
export interface Templates {
  program(name: string): Program | undefined;
  /** These templates, and what a text adds to them: itself under `name`, and what it defines. Throws ParseError. */
  withText(name: string, text: string): Templates;
}

export interface Execution {
  readonly templates: Templates;
  readonly budget: Budget;
  /** A key that a map does not have is an error (`missingkey=error`). */
  readonly strict: boolean;
  readonly host: unknown;
}

/** What templates are called that have no file: those that a template makes from text. */
export const TEXT_NAME = 'gotpl';

/** What an execution is at: the template, its variables, the node that an error would be about. */
export class State implements Runtime {
  execution: Execution;
  vars: Value[] = [];
  /** The node that is being evaluated, for errors. */
  node: Node | undefined;
  private readonly budget: Budget;
  private out = '';
  private tree: Tree;
  private depth = 0;

  constructor(execution: Execution, tree: Tree) {
    this.execution = execution;
    this.budget = execution.budget;
    this.tree = tree;
  }

  get host(): unknown {
    return this.execution.host;
  }

  /** The error for the node that is being evaluated. */
  fail(message: string, cause?: unknown): ExecError {
    return new ExecError(this.tree, this.node, message, cause);
  }

  /** Counts a statement or call. Throws LimitError. */
  step(): void {
    const reason = this.budget.step();
    if (reason !== undefined) throw this.limit(reason);
  }

  /** Counts what is made. Throws LimitError. */
  spend(units: number): void {
    const reason = this.budget.spend(units);
    if (reason !== undefined) throw this.limit(reason);
  }

  write(text: string): void {
    this.spend(text.length);
    this.out += text;
  }

  /** Adds what was counted already. */
  append(text: string): void {
    this.out += text;
  }

  execute(name: string, dot: Value): string {
    const program = this.execution.templates.program(name);
    if (program === undefined)
      throw new FunctionError(`template: no template ${quote(name)} associated with template ${quote(TEXT_NAME)}`);
    return this.capture(program, dot);
  }

  executeText(text: string, dot: Value): string {
    const { execution } = this;
    const templates = execution.templates.withText(TEXT_NAME, text);
    const program = templates.program(TEXT_NAME);
    if (program === undefined) return '';
    this.execution = { ...execution, templates };
    try {
      return this.capture(program, dot);
    } finally {
      this.execution = execution;
    }
  }

  /**
   * Executes a template and gives its output. Every level of nesting passes here, so that the stack that is left is
   * what bounds the depth: nothing more than needed is called on the way.
   */
  capture(program: Program, dot: Value): string {
    const { vars, node } = this;
    const tree = this.tree;
    const before = this.out;
    if (++this.depth > this.budget.maxDepth)
      throw this.limit(`exceeded maximum template depth (${this.budget.maxDepth})`);
    this.tree = program.tree;
    this.vars = new Array<Value>(program.slots);
    this.vars[0] = dot;
    this.out = '';
    try {
      program.body(this, dot);
      return this.out;
    } catch (error) {
      throw error instanceof RangeError || error instanceof SyntaxError ? this.engineLimit(error) : error;
    } finally {
      // Errors are told by the caller, too.
      this.vars = vars;
      this.node = node;
      this.tree = tree;
      this.out = before;
      this.depth--;
    }
  }

  private limit(reason: string, cause?: unknown): LimitError {
    const { message, at } = this.fail(reason);
    return new LimitError(message, at, cause);
  }

  /**
   * JavaScript's own bounds: the stack (a regular expression finds its end as SyntaxError), and the length of strings and
   * lists. Anything else is a mistake in a function. No regular expression here: there may be no stack left for one.
   */
  private engineLimit(cause: Error): Error {
    const { message } = cause;
    if (message.includes('call stack') || message.includes('Stack overflow'))
      return this.limit('exceeded maximum template depth', cause);
    return message.includes('length') || message.includes('size') ? this.limit('output is too large', cause) : cause;
  }
}

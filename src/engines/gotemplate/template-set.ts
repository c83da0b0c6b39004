import { builtins } from './builtins/table.ts';
import { compileTemplate } from './exec/compile.ts';
import { Budget, defaultLimits, type Limits } from './exec/limits.ts';
import type { FunctionTable } from './exec/scope.ts';
import { type Program, State, type Templates } from './exec/state.ts';
import { isEmptyList } from './parse/node.ts';
import { parse, type Tree } from './parse/parse.ts';
import { quote } from './parse/quote.ts';
import type { Value } from './value/values.ts';

export interface ExecuteOptions {
  readonly limits?: Partial<Limits>;
  /** Milliseconds, for the limit of time. */
  readonly now?: () => number;
  /** A key that a map does not have is an error (`missingkey=error`). */
  readonly strict?: boolean;
  /** Handed to the functions. */
  readonly host?: unknown;
  /** The budget that is used up, where the execution is part of another. */
  readonly budget?: Budget;
}

/** How many texts made by templates are remembered. */
const MAX_TEXTS = 512;

/** Named templates that see one another, with their functions (text/template, Template). */
export class TemplateSet implements Templates {
  readonly #functions: FunctionTable;
  readonly #parent: TemplateSet | undefined;
  readonly #trees = new Map<string, Tree>();
  readonly #texts = new Map<string, ReadonlyMap<string, Tree>>();

  /** `functions` are those beside Go's builtins; one of the same name hides the builtin. */
  constructor(functions: FunctionTable = new Map(), parent?: TemplateSet) {
    this.#functions = functions;
    this.#parent = parent;
  }

  /** A set that begins with the templates of this one, and has a text beside them; this one does not see it. */
  withText(name: string, text: string): TemplateSet {
    const extended = new TemplateSet(this.#functions, this);
    const trees = this.#parsed(name, text);
    extended.#add(trees);
    // The text itself is executed even when it is empty, and an inherited template of its name is not.
    const own = trees.get(name);
    if (own !== undefined) extended.#trees.set(name, own);
    return extended;
  }

  /**
   * Parses a file: its text becomes the template of its name, what it defines the templates of theirs. A template
   * replaces an earlier one of its name unless it is empty. Throws ParseError, and then nothing is changed.
   */
  parse(file: string, text: string): void {
    this.#add(this.#parse(file, text));
  }

  #parse(file: string, text: string): ReadonlyMap<string, Tree> {
    return parse(file, text, (name) => this.#functions.has(name) || builtins.has(name));
  }

  /** As {@link #parse}, remembered by the set that everything began with: charts make the same texts over and over. */
  #parsed(name: string, text: string): ReadonlyMap<string, Tree> {
    if (this.#parent !== undefined) return this.#parent.#parsed(name, text);
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const trees = this.#parse(name, text);
    if (this.#texts.size >= MAX_TEXTS) this.#texts.clear();
    this.#texts.set(text, trees);
    return trees;
  }

  #add(trees: ReadonlyMap<string, Tree>): void {
    for (const [name, tree] of trees) {
      if (isEmptyList(tree.root) && this.#tree(name) !== undefined) continue;
      this.#trees.set(name, tree);
    }
  }

  has(name: string): boolean {
    return this.#tree(name) !== undefined;
  }

  /** The names of all templates. */
  names(): readonly string[] {
    return [...new Set([...(this.#parent?.names() ?? []), ...this.#trees.keys()])];
  }

  /**
   * Executes a template and gives its output. Throws ExecError with text/template's message, or LimitError when it
   * uses more than it may.
   */
  execute(name: string, data: Value, options: ExecuteOptions = {}): string {
    const program = this.program(name);
    if (program === undefined) throw new Error(`template: no template ${quote(name)}`);
    const { strict = false, host } = options;
    const budget = options.budget ?? new Budget({ ...defaultLimits, ...options.limits }, options.now);
    const state = new State({ budget, templates: this, strict, host }, program.tree);
    return state.capture(program, data);
  }

  #tree(name: string): Tree | undefined {
    const own = this.#trees.get(name);
    return own === undefined && this.#parent !== undefined ? this.#parent.#tree(name) : own;
  }

  /** A template ready to be executed. */
  program(name: string): Program | undefined {
    const tree = this.#tree(name);
    if (tree === undefined) return undefined;
    return programs.getOrInsertComputed(tree, () => compileTemplate(tree, this.#functions, builtins));
  }
}

/** Trees never change, so that what was made of one serves all sets that have it. */
const programs = new WeakMap<Tree, Program>();

import {
  type ASTNode,
  TypeError as CelTypeError,
  Environment,
  EvaluationError,
  ParseError,
} from '@marcbachmann/cel-js';
import { CelError, locate } from './cel-error.ts';
import { addExtensions, addHooks } from './functions.ts';
import { instrument } from './instrument.ts';
import { defaultLimits, type Limits, Meter } from './meter.ts';
import { syntaxFlaw, typeFlaw } from './upstream-words.ts';
import { fromCel, toCel } from './value.ts';

export { CelError } from './cel-error.ts';
export { prepared } from './value.ts';

/** A CEL expression that answers yes or no. Stateless: one may be kept and used for many objects. */
export interface BooleanExpr {
  readonly text: string;
  /**
   * The answer for these variables (JSON values). Throws {@link CelError}: `Evaluation` when a field is absent, types do
   * not fit or the answer is no bool, `Budget` when it takes too much.
   */
  evaluateBoolean(variables: Readonly<Record<string, unknown>>): boolean;
}

/** A CEL expression that gives any value. Stateless: one may be kept and used for many objects. */
export interface ValueExpr {
  readonly text: string;
  /** The value for these variables, as JSON has it. Throws {@link CelError} `Evaluation` and `Budget`. */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
}

/** cel-go accepts 100,000 characters; nobody writes them. */
const maxTextLength = 10_000;
const parseLimits = { maxAstNodes: 5_000, maxDepth: 100, maxListElements: 1_000, maxMapEntries: 1_000 };

/**
 * Compiles an expression over declared variables, each an object with unknown fields, and checks that it gives a
 * bool (fluxcd/pkg runtime/cel: WithCompile, WithStructVariables, WithOutputType). Throws {@link CelError} `Syntax`.
 */
export function compileExpr(text: string, variables: readonly string[], limits: Limits = defaultLimits): BooleanExpr {
  const { ast, type, scope } = compile(text, variables);
  if (type !== 'bool') {
    throw new CelError('Syntax', `CEL expression output type mismatch: expected bool, got ${type ?? 'nothing'}`);
  }
  return booleanExpr(text, metered(text, ast, scope, limits));
}

/** As {@link compileExpr}, for an expression whose value may be of any type. Throws {@link CelError} `Syntax`. */
export function compileValueExpr(
  text: string,
  variables: readonly string[],
  limits: Limits = defaultLimits,
): ValueExpr {
  const { ast, scope } = compile(text, variables);
  const evaluate = metered(text, ast, scope, limits);
  return { text, evaluate: (values) => fromCel(evaluate(values)) };
}

/** A CEL expression that gives a text. Stateless: one may be kept and used for many objects. */
export interface StringExpr {
  readonly text: string;
  /** The text for these variables (JSON values). Throws {@link CelError} `Evaluation` and `Budget`. */
  evaluateString(variables: Readonly<Record<string, unknown>>): string;
}

/** As {@link compileExpr}, for an expression that must give a text. Throws {@link CelError} `Syntax`. */
export function compileStringExpr(
  text: string,
  variables: readonly string[],
  limits: Limits = defaultLimits,
): StringExpr {
  const { ast, type, scope } = compile(text, variables);
  if (type !== 'string') {
    throw new CelError('Syntax', `CEL expression output type mismatch: expected string, got ${type ?? 'nothing'}`);
  }
  const evaluate = metered(text, ast, scope, limits);
  return {
    text,
    evaluateString(values) {
      const result = evaluate(values);
      if (typeof result === 'string') return result;
      throw new CelError('Evaluation', `failed to evaluate CEL expression as string: '${text}'`);
    },
  };
}

/** The parsed expression over declared variables, with its type. Throws {@link CelError} `Syntax`. */
function compile(text: string, variables: readonly string[]) {
  const declare = (env: Environment): Environment => {
    for (const name of variables) env.registerVariable(name, 'map<string, dyn>');
    return env;
  };
  const parsed = parse(
    text,
    declare(addExtensions(new Environment({ enableOptionalTypes: true, limits: parseLimits }))),
  );
  const { valid, type, error } = parsed.check();
  if (!valid) throw syntaxError(text, error);
  return { ast: parsed.ast, type, scope: { declare, anyName: false } };
}

/**
 * Parses an expression in which every name is a variable, known only when it is evaluated: the top-level fields of
 * an object, for health checks (fluxcd/pkg runtime/cel, NewStatusEvaluator). Throws {@link CelError} `Syntax`.
 */
export function parseExpr(text: string, limits: Limits = defaultLimits): BooleanExpr {
  const options = { unlistedVariablesAreDyn: true, enableOptionalTypes: true, limits: parseLimits };
  const { ast } = parse(text, addExtensions(new Environment(options)));
  return booleanExpr(text, metered(text, ast, { declare: (env) => env, anyName: true }, limits));
}

function booleanExpr(text: string, evaluate: (variables: Readonly<Record<string, unknown>>) => unknown): BooleanExpr {
  return {
    text,
    evaluateBoolean(variables) {
      const result = evaluate(variables);
      if (typeof result === 'boolean') return result;
      throw new CelError('Evaluation', `failed to evaluate CEL expression as boolean: '${text}'`);
    },
  };
}

function parse(text: string, env: Environment): ReturnType<Environment['parse']> {
  if (text.length > maxTextLength)
    throw new CelError('Budget', `a CEL expression may have ${maxTextLength} characters`);
  try {
    return env.parse(text);
  } catch (error) {
    throw syntaxError(text, error);
  }
}

interface Scope {
  declare(env: Environment): Environment;
  readonly anyName: boolean;
}

/** The expression in a form that counts its work. Its types have been checked; hooks blur them, so it is lenient. */
function metered(
  text: string,
  ast: ASTNode,
  { declare, anyName }: Scope,
  limits: Limits,
): (variables: Readonly<Record<string, unknown>>) => unknown {
  refuseReserved(text, ast);
  const meter = new Meter(limits);
  const options = { unlistedVariablesAreDyn: anyName, enableOptionalTypes: true, homogeneousAggregateLiterals: false };
  const run = declare(addHooks(addExtensions(new Environment(options)), meter)).parse(instrument(ast));
  return (variables) => {
    meter.restart();
    return evaluate(text, () => {
      const answer: unknown = run(toCel(variables) as Record<string, unknown>);
      meter.charge(0);
      return answer;
    });
  };
}

function evaluate(text: string, run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    throw new CelError(
      codeOf(error),
      `failed to evaluate the CEL expression '${text}': ${evaluationMessage(error)}`,
      error,
    );
  }
}

function codeOf(error: unknown): 'Evaluation' | 'Budget' {
  if (error instanceof RangeError) return 'Budget';
  return error instanceof CelError && error.code === 'Budget' ? 'Budget' : 'Evaluation';
}

/** cel-go's words for what happens most; never the library's highlight, which would show the instrumented text. */
function evaluationMessage(error: unknown): string {
  if (error instanceof EvaluationError || error instanceof CelTypeError || error instanceof ParseError) {
    const { code, summary } = error;
    if (code === 'no_such_key') return summary.replace(/^No such key/, 'no such key');
    if (code === 'unknown_variable') return summary.replace(/^Unknown variable: /, 'no such attribute(s): ');
    // The only text of the library that quotes a value.
    if (code === 'bool_conversion_error') return 'type conversion error from string to bool';
    return summary;
  }
  return error instanceof Error ? error.message : String(error);
}

/** Names that upstream's environment lacks, or that are ours. */
function refuseReserved(text: string, node: ASTNode): void {
  if (node.op === 'id' && (node.args === 'cel' || node.args.startsWith('__')))
    throw undeclared(text, node.args, node.range.start);
  if (node.op === 'call' && node.args[0].startsWith('__')) throw undeclared(text, node.args[0], node.range.start);
  for (const child of childrenOf(node)) refuseReserved(text, child);
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  const found: ASTNode[] = [];
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) collect(item);
    else if (typeof value === 'object' && value !== null && 'op' in value && 'range' in value)
      found.push(value as ASTNode);
  };
  collect(node.args);
  return found;
}

function undeclared(text: string, name: string, offset: number): CelError {
  return parseFailure(text, offset, `undeclared reference to '${name}' (in container '')`);
}

function syntaxError(text: string, error: unknown): CelError {
  if (!(error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError)) {
    return new CelError('Syntax', `failed to parse the CEL expression '${text}': ${String(error)}`, error);
  }
  const offset = error.range?.start ?? 0;
  if (error.code === 'unknown_variable') {
    return undeclared(text, error.summary.replace(/^Unknown variable: /, ''), offset);
  }
  const say = error instanceof ParseError ? syntaxFlaw : typeFlaw;
  const flaw = say(text, offset, error.summary);
  return parseFailure(text, flaw.offset, flaw.message, error);
}

function parseFailure(text: string, offset: number, message: string, cause?: unknown): CelError {
  return new CelError(
    'Syntax',
    `failed to parse the CEL expression '${text}': ${locate(text, offset, message)}`,
    cause,
  );
}

import type { Node } from '../parse/node.ts';
import { ParseError } from '../parse/parse.ts';
import { typeOf } from '../value/types.ts';
import { type GoFunction, GoStruct, type ParamType, type Value } from '../value/values.ts';
import { ExecError, FunctionError } from './exec-error.ts';
import type { State } from './state.ts';

/** Stands for "no value comes through the pipe", which is not the same as nil. */
export const missing: unique symbol = Symbol('missing');
/** The value that a pipe hands on as last argument. */
export type Final = Value | typeof missing;

/** An argument as written: gives a value of the type that the function wants. */
export type Arg = (state: State, dot: Value, type: ParamType) => Value;

/** What is called, for the errors. */
export interface Callee {
  readonly name: string;
  /** What "error calling" is about. */
  readonly node: Node;
}

/** Calls a function or method with the arguments as written and what comes through the pipe (exec.go, evalCall). */
export function call(
  state: State,
  dot: Value,
  fun: GoFunction,
  callee: Callee,
  args: readonly Arg[],
  final: Final,
): Value {
  const values = checkedArguments(state, dot, fun, callee.name, args, final);
  state.step();
  try {
    const result = fun.invoke(values, state);
    if (typeof result === 'string') state.spend(result.length);
    return result;
  } catch (error) {
    throw callFault(state, callee, error);
  }
}

/** The arguments of a call, evaluated and checked against its signature. */
export function checkedArguments(
  state: State,
  dot: Value,
  { params, variadic }: GoFunction,
  name: string,
  args: readonly Arg[],
  final: Final,
): readonly Value[] {
  const count = args.length + (final === missing ? 0 : 1);
  const fixed = variadic ? params.length - 1 : params.length;
  if (variadic ? count < fixed : count !== fixed) {
    const want = variadic ? `at least ${fixed}` : String(fixed);
    throw state.fail(`wrong number of args for ${name}: want ${want} got ${variadic ? args.length : count}`);
  }
  // Of its length from the start: a list that grows takes room for many.
  const values = new Array<Value>(count);
  for (let index = 0; index < args.length; index++) {
    const type = params[Math.min(index, params.length - 1)];
    const arg = args[index];
    if (type !== undefined && arg !== undefined) values[index] = arg(state, dot, type);
  }
  const last = params[Math.min(count, params.length) - 1];
  if (final !== missing && last !== undefined) values[args.length] = validate(state, final, last);
  return values;
}

/** What a function throws becomes an error at its place, unless it is none of a template's. */
export function callFault(state: State, { name, node }: Callee, error: unknown): unknown {
  if (!(error instanceof FunctionError || error instanceof ExecError || error instanceof ParseError)) return error;
  state.node = node;
  return state.fail(`error calling ${name}: ${error.message}`, error);
}

/** Insists that a value can be given for a parameter (exec.go, validateType). */
export function validate(state: State, value: Value, type: ParamType): Value {
  if (value === undefined) {
    if (type.nilable) return type.zero();
    throw state.fail(`invalid value; expected ${type.name}`);
  }
  if (type.accepts(value)) return value;
  if (value instanceof GoStruct && value.type === `*${type.name}`) return pointee(value, type.name);
  throw state.fail(`wrong type for value; expected ${type.name}; got ${typeOf(value)}`);
}

function pointee({ fields, methods, text }: GoStruct, type: string): GoStruct {
  return new GoStruct(type, fields, {
    ...(methods === undefined ? {} : { methods }),
    ...(text === undefined ? {} : { text }),
  });
}

import { kindOf, typeOf } from '../value/types.ts';
import { GoFunction, GoInt, type ParamType, type Value } from '../value/values.ts';
import { type Arg, type Callee, callFault, checkedArguments, type Final, missing } from './call.ts';
import { FunctionError } from './exec-error.ts';
import type { State } from './state.ts';

/**
 * The builtin `call`: calls a function that is a value (funcs.go, call). It is built in because its errors name the
 * callee as it was written.
 */
export function callBuiltin(signature: GoFunction, callee: Callee, written: string | undefined, args: readonly Arg[]) {
  return (state: State, dot: Value, final: Final): Value => {
    const target = written ?? `<${final === missing ? 'invalid' : typeOf(final)} Value>`;
    const [fun, ...values] = checkedArguments(state, dot, signature, callee.name, args, final);
    state.step();
    try {
      const called = asFunction(fun, target);
      return called.invoke(prepared(called, target, values), state);
    } catch (error) {
      throw callFault(state, callee, error);
    }
  };
}

function asFunction(value: Value, target: string): GoFunction {
  if (value === undefined || value === null) throw new FunctionError('call of nil');
  if (value instanceof GoFunction) return value;
  throw new FunctionError(`non-function ${target} of type ${typeOf(value)}`);
}

function prepared({ params, variadic }: GoFunction, target: string, values: readonly Value[]): readonly Value[] {
  const count = values.length;
  const fixed = variadic ? params.length - 1 : params.length;
  if (variadic ? count < fixed : count !== fixed)
    throw new FunctionError(
      `wrong number of args for ${target}: got ${count} want ${variadic ? `at least ${fixed}` : fixed}`,
    );
  return values.map((value, index) => {
    const type = params[Math.min(index, params.length - 1)];
    try {
      return type === undefined ? value : prepareArg(value, type);
    } catch (error) {
      throw error instanceof FunctionError ? new FunctionError(`arg ${index}: ${error.message}`) : error;
    }
  });
}

/** Makes a value fit a parameter where no template syntax is involved (funcs.go, prepareArg). */
export function prepareArg(value: Value, type: ParamType): Value {
  if (value === undefined || value === null) {
    if (!type.nilable) throw new FunctionError(`value is nil; should be of type ${type.name}`);
    return type.zero();
  }
  if (type.accepts(value)) return value;
  if (value instanceof GoInt && type.intKind !== undefined) return convert(value, type.intKind);
  throw new FunctionError(`value has type ${typeOf(value)}; should be ${type.name}`);
}

function convert({ value }: GoInt, kind: GoInt['kind']): GoInt {
  const bits = Number(/[0-9]+$/.exec(kind)?.[0] ?? 64);
  return new GoInt(kind, kind.startsWith('u') ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value));
}

/** Whether a value can be an index: Go's error names its type otherwise (funcs.go, indexArg). */
export function indexArg(index: Value, limit: number): number {
  if (index === undefined || index === null) throw new FunctionError('cannot index slice/array with nil');
  if (!(index instanceof GoInt))
    throw new FunctionError(
      `cannot index slice/array with type ${kindOf(index) === 'invalid' ? 'nil' : typeOf(index)}`,
    );
  if (index.value < 0n || index.value > BigInt(limit)) throw new FunctionError(`index out of range: ${index.value}`);
  return Number(index.value);
}

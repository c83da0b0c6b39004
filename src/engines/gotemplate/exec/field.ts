import type { Node } from '../parse/node.ts';
import { quote } from '../parse/quote.ts';
import { zeroOfElement } from '../value/signature.ts';
import { GoBytes, GoComplex, GoFunction, GoMap, GoStruct, type Value } from '../value/values.ts';
import { type Arg, call, type Final, missing } from './call.ts';
import type { State } from './state.ts';

/** Arguments that follow a field, which then must be a method. */
export interface FieldCall {
  readonly node: Node;
  readonly args: readonly Arg[];
  readonly final: Final;
}

/** Stands for "there is no such field": the caller knows better what to call the receiver. */
export const noField: unique symbol = Symbol('noField');

/** A method, a field of a struct or an entry of a map (exec.go, evalField). */
export function field(state: State, dot: Value, receiver: Value, name: string, use: FieldCall): Value | typeof noField {
  if (receiver instanceof GoMap && receiver.methods === undefined) return entry(state, receiver, name, use);
  if (receiver === undefined) {
    if (state.execution.strict) throw state.fail(`nil data; no entry for key ${quote(name)}`);
    return undefined;
  }
  if (receiver === null) throw state.fail(`nil pointer evaluating interface {}.${name}`);
  if (typeof receiver === 'object' && hasMethods(receiver)) {
    const method = receiver.methods?.get(name);
    if (method !== undefined) return call(state, dot, method(receiver), { name, node: use.node }, use.args, use.final);
  }
  if (receiver instanceof GoMap) return entry(state, receiver, name, use);
  if (receiver instanceof GoStruct && receiver.fields.has(name)) {
    if (hasArguments(use)) throw state.fail(`${name} has arguments but cannot be invoked as function`);
    return receiver.fields.get(name);
  }
  return noField;
}

function hasMethods(
  value: Exclude<Value, undefined | null | boolean | string | number>,
): value is Exclude<typeof value, GoBytes | GoComplex | GoFunction> {
  return !(value instanceof GoBytes || value instanceof GoComplex || value instanceof GoFunction);
}

/** A key that is not there is the zero value of the elements, as Helm has it (`missingkey=zero`). */
function entry(state: State, { entries, underlying }: GoMap, name: string, use: FieldCall): Value {
  if (use.args.length > 0 || use.final !== missing) throw state.fail(`${name} is not a method but has arguments`);
  const value = entries.get(name);
  if (value !== undefined) return value;
  if (state.execution.strict) throw state.fail(`map has no entry for key ${quote(name)}`);
  return zeroOfElement(underlying);
}

function hasArguments({ args, final }: FieldCall): boolean {
  return args.length > 0 || final !== missing;
}

import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { goFunction } from '../../gotemplate/value/signature.ts';
import {
  GoBytes,
  type GoFunction,
  GoInt,
  GoMap,
  GoSlice,
  type Meter,
  type Runtime,
  unmetered,
  type Value,
} from '../../gotemplate/value/values.ts';

/** Functions of one group, by name. */
export type FunctionGroup = ReadonlyMap<string, GoFunction>;

/** Makes a group from names, signatures in Go's notation and implementations. */
export function group(
  entries: readonly (readonly [
    names: string,
    signature: string,
    invoke: (args: readonly Value[], runtime: Runtime) => Value,
  ])[],
): FunctionGroup {
  return new Map(
    entries.flatMap(([names, signature, invoke]) => {
      const fun = goFunction(signature, invoke);
      return names.split(' ').map((name) => [name, fun] as const);
    }),
  );
}

/** Whether an `interface{}` argument is nil. */
export function isNil(value: Value): value is undefined | null {
  return value === undefined || value === null;
}

/** An argument that the signature has made sure is a string. */
export function text(value: Value): string {
  return typeof value === 'string' ? value : '';
}

/** What looking at a character by itself costs: much more than copying it. */
const CHARACTER = 8;

/** As {@link text}, for what is gone through character by character. */
export function characters(value: Value, meter: Meter): string {
  const given = text(value);
  meter.spend(given.length * CHARACTER);
  return given;
}

/** An argument that the signature has made sure is an integer. */
export function whole(value: Value): number {
  return value instanceof GoInt ? Number(value.value) : 0;
}

/** An argument that the signature has made sure is a `map[string]interface{}`. */
export function dictionary(value: Value): Map<string, Value> {
  return value instanceof GoMap ? value.entries : new Map();
}

/** The elements of a slice, whatever their type; undefined for what is none. */
export function elementsOf(value: Value): Value[] | undefined {
  if (value instanceof GoSlice) return value.items;
  if (value instanceof GoBytes) return [...value.bytes].map((byte) => new GoInt('uint8', BigInt(byte)));
  return undefined;
}

/** The error that a nil argument gives where Go looks at its type without asking. */
export function nilPointer(): FunctionError {
  return new FunctionError('runtime error: invalid memory address or nil pointer dereference');
}

/** What an element of a list costs, beside its content, in characters. */
const ELEMENT = 8;

/** A `[]string`. */
export function strings(items: readonly string[], meter: Meter = unmetered): GoSlice {
  meter.spend(items.length * ELEMENT);
  return new GoSlice([...items], '[]string');
}

/** A `[]interface {}`. */
export function list(items: Value[], meter: Meter): GoSlice {
  meter.spend(items.length * ELEMENT);
  return new GoSlice(items);
}

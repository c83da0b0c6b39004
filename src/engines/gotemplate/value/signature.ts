import { typeOf } from './types.ts';
import {
  GoFunction,
  GoInt,
  GoMap,
  GoSlice,
  type IntKind,
  type Invoke,
  type ParamType,
  type Signature,
  type Value,
} from './values.ts';

const intKinds: ReadonlySet<string> = new Set<IntKind>([
  'int',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'uintptr',
]);

const known = new Map<string, ParamType>();

/**
 * A function with a signature in Go's notation: `(string, ...any) string`. Types are written as reflect prints them;
 * `any` stands for `interface {}`.
 */
export function goFunction(signature: string, invoke: Invoke): GoFunction {
  return new GoFunction(`func${signature.replaceAll(/\bany\b/g, 'interface {}')}`, parseSignature(signature), invoke);
}

function parseSignature(text: string): Signature {
  const end = text.indexOf(')');
  if (!text.startsWith('(') || end < 0) throw new Error(`not a signature: ${text}`);
  const list = text.slice(1, end).trim();
  if (list === '') return { params: [], variadic: false };
  const names = list.split(',').map((name) => name.trim());
  const variadic = names.at(-1)?.startsWith('...') === true;
  return { params: names.map((name) => paramType(name.replace(/^\.\.\./, ''))), variadic };
}

/** What a parameter of the named type takes (reflect's AssignableTo, for the types that occur). */
export function paramType(written: string): ParamType {
  const name = written.replaceAll(/\bany\b/g, 'interface {}');
  return known.getOrInsertComputed(name, () => makeType(name));
}

function makeType(name: string): ParamType {
  const reflected = name === 'reflect.Value';
  const open = reflected || name === 'interface {}';
  const nilable = open || /^(\[\]|map\[|\*|func|error$)/.test(name);
  return {
    name,
    reflected,
    nilable,
    literal: literalOf(name, open),
    ...(isIntKind(name) ? { intKind: name } : {}),
    accepts: open ? () => true : (value) => isAssignable(value, name),
    zero: () => zeroOf(name),
  };
}

function isIntKind(name: string): name is IntKind {
  return intKinds.has(name);
}

function literalOf(name: string, open: boolean): ParamType['literal'] {
  if (open) return 'any';
  if (name === 'bool' || name === 'string') return name;
  if (name === 'float64' || name === 'float32') return 'float';
  if (name === 'complex128') return 'complex';
  if (name === 'time.Duration') return 'integer';
  return isIntKind(name) ? (name.startsWith('u') ? 'unsigned' : 'integer') : 'none';
}

function isAssignable(value: Value, name: string): boolean {
  if (typeOf(value) === name) return true;
  // A value of a named map type may be given for the unnamed one, and the reverse.
  return value instanceof GoMap && value.underlying === name;
}

function zeroOf(name: string): Value {
  if (name === 'reflect.Value') return undefined;
  if (name.startsWith('map[')) return new GoMap(new Map(), name);
  if (name.startsWith('[]')) return new GoSlice([], name);
  return null;
}

/** The zero value of an element type of a map or slice. */
export function zeroOfElement(containerType: string): Value {
  const element = elementType(containerType);
  if (element === 'interface {}') return null;
  if (element === 'string') return '';
  if (element === 'bool') return false;
  if (element === 'float64') return 0;
  return isIntKind(element) ? new GoInt(element, 0n) : zeroOf(element);
}

/** `string` of `[]string`, `map[string]string` and `[3]string`. */
export function elementType(containerType: string): string {
  return containerType.slice(containerType.indexOf(']') + 1);
}

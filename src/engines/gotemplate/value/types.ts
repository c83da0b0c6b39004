import { GoBytes, GoComplex, GoFunction, GoInt, GoMap, GoSlice, GoStruct, type Value } from './values.ts';

/** The kinds of reflect that values here can have. */
export type Kind =
  | 'invalid'
  | 'interface'
  | 'bool'
  | 'string'
  | 'float64'
  | 'complex128'
  | 'slice'
  | 'array'
  | 'map'
  | 'struct'
  | 'ptr'
  | 'func'
  | GoInt['kind'];

/** reflect's Kind of a value, as its String method prints it; an interface that holds nothing is `interface`. */
export function kindOf(value: Value): Kind {
  switch (typeof value) {
    case 'undefined':
      return 'invalid';
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    case 'number':
      return 'float64';
    default:
      return kindOfObject(value);
  }
}

function kindOfObject(value: Exclude<Value, undefined | boolean | string | number>): Kind {
  if (value === null) return 'interface';
  if (value instanceof GoMap) return 'map';
  if (value instanceof GoSlice) return value.type.startsWith('[]') ? 'slice' : 'array';
  if (value instanceof GoInt) return value.kind;
  if (value instanceof GoStruct) return value.type.startsWith('*') ? 'ptr' : 'struct';
  if (value instanceof GoFunction) return 'func';
  return value instanceof GoBytes ? 'slice' : 'complex128';
}

/** reflect's Type of a value, as its String method prints it. */
export function typeOf(value: Value): string {
  if (value === undefined) return '<nil>';
  if (value === null) return 'interface {}';
  // The types of scalars are named as their kinds.
  if (typeof value !== 'object' || value instanceof GoComplex) return kindOf(value);
  return value instanceof GoBytes ? '[]uint8' : value.type;
}

/** Whether a value counts as true in `if`, `with`, `and`, `or` and `not` (text/template, IsTrue). */
export function isTrue(value: Value): boolean {
  switch (typeof value) {
    case 'undefined':
      return false;
    case 'boolean':
      return value;
    case 'string':
      return value.length > 0;
    case 'number':
      return value !== 0;
    default:
      return isTrueObject(value);
  }
}

function isTrueObject(value: Exclude<Value, undefined | boolean | string | number>): boolean {
  if (value === null) return false;
  if (value instanceof GoMap) return value.entries.size > 0;
  if (value instanceof GoSlice) return value.items.length > 0;
  if (value instanceof GoInt) return value.value !== 0n;
  if (value instanceof GoBytes) return value.bytes.length > 0;
  return value instanceof GoComplex ? value.re !== 0 || value.im !== 0 : true;
}

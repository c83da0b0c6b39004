import { FunctionError } from '../exec/exec-error.ts';
import { plainLayout } from '../fmt/layout.ts';
import { printArg, printPlain } from '../fmt/print-value.ts';
import { compareText } from '../value/go-text.ts';
import { kindOf, typeOf } from '../value/types.ts';
import { GoComplex, GoInt, type Meter, type Value } from '../value/values.ts';

type BasicKind = 'bool' | 'complex' | 'int' | 'uint' | 'float' | 'string' | 'invalid';

/** What values are compared as (funcs.go, basicKind). */
function basicKind(value: Value): BasicKind {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    case 'number':
      return 'float';
    default:
      if (value instanceof GoInt) return value.kind.startsWith('u') ? 'uint' : 'int';
      return value instanceof GoComplex ? 'complex' : 'invalid';
  }
}

/** The builtin `eq`: whether the first equals any of the others (funcs.go, eq). */
export function equalsAny(first: Value, others: readonly Value[], meter: Meter): boolean {
  if (others.length === 0) throw new FunctionError('missing argument for comparison');
  return others.some((other) => equals(first, other, meter));
}

/** Whether two values are equal; integers of different types can be. Throws when they cannot be compared. */
export function equals(a: Value, b: Value, meter: Meter): boolean {
  const left = basicKind(a);
  const right = basicKind(b);
  if (a instanceof GoInt && b instanceof GoInt) return a.value === b.value;
  if (left !== right) {
    if (isNil(a) || isNil(b)) return false;
    throw new FunctionError(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`);
  }
  if (a instanceof GoComplex && b instanceof GoComplex) return a.re === b.re && a.im === b.im;
  if (left !== 'invalid') return a === b;
  return equalsOther(a, b, meter);
}

/** Values that are neither numbers, text nor bools: only nil can be told from others. */
function equalsOther(a: Value, b: Value, meter: Meter): boolean {
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b);
  const kind = kindOf(a);
  if (kind !== kindOf(b))
    throw new FunctionError(
      `non-comparable types ${reflectText(a, meter)}: ${typeOf(a)}, ${typeOf(b)}: ${printPlain(b, meter)}`,
    );
  if (kind === 'map' || kind === 'slice' || kind === 'func')
    throw new FunctionError(`non-comparable type ${reflectText(b, meter)}: ${typeOf(b)}`);
  return a === b;
}

/** How a reflect.Value prints itself with `%s`: its content, for what is not text. */
function reflectText(value: Value, meter: Meter): string {
  return printArg(value, 's', plainLayout(meter));
}

/** The builtin `lt` (funcs.go, lt). */
export function lessThan(a: Value, b: Value): boolean {
  const left = basicKind(a);
  const right = basicKind(b);
  if (left === 'invalid' || right === 'invalid') throw new FunctionError('invalid type for comparison');
  if (a instanceof GoInt && b instanceof GoInt) return a.value < b.value;
  if (left !== right) throw new FunctionError(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`);
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b) < 0;
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  throw new FunctionError('invalid type for comparison');
}

/** The builtin `le`: less or equal, which is not the opposite of greater for what is no number. */
export function atMost(a: Value, b: Value, meter: Meter): boolean {
  return lessThan(a, b) || equals(a, b, meter);
}

function isNil(value: Value): boolean {
  return value === undefined || value === null;
}

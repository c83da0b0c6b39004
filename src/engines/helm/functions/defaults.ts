import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { kindOf, typeOf } from '../../gotemplate/value/types.ts';
import { GoBytes, GoComplex, GoInt, GoMap, GoSlice, GoStruct, type Value } from '../../gotemplate/value/values.ts';
import { lintOf } from '../host.ts';
import { marked } from './chart-error.ts';
import { deepEqual } from './deep-equal.ts';
import { group, text } from './kit.ts';

/** Defaults, choices and what a value is (sprig, "Default Functions", "Reflection Functions"; flow control). */
export const defaultFunctions = group([
  ['default', '(any, ...any) any', ([otherwise, ...given]) => (isEmpty(given[0]) ? otherwise : given[0])],
  ['empty', '(any) bool', ([value]) => isEmpty(value)],
  ['coalesce', '(...any) any', (values) => values.find((value) => !isEmpty(value)) ?? null],
  ['all', '(...any) bool', (values) => !values.some(isEmpty)],
  ['any', '(...any) bool', (values) => values.some((value) => !isEmpty(value))],
  ['ternary', '(any, any, bool) any', ([yes, no, condition]) => (condition === true ? yes : no)],
  ['typeOf', '(any) string', ([value]) => typeName(value)],
  ['typeIs', '(string, any) bool', ([target, value]) => text(target) === typeName(value)],
  [
    'typeIsLike',
    '(string, any) bool',
    ([target, value]) => text(target) === typeName(value) || `*${text(target)}` === typeName(value),
  ],
  ['kindOf', '(any) string', ([value]) => kindName(value)],
  ['kindIs', '(string, any) bool', ([target, value]) => text(target) === kindName(value)],
  ['deepEqual', '(any, any) bool', ([a, b], runtime) => deepEqual(a, b, runtime)],
  [
    'fail',
    '(string) (string, error)',
    ([message], runtime) => {
      const lint = lintOf(runtime);
      if (lint === undefined) throw new FunctionError(marked(text(message)));
      lint('INFO', 'funcMap fail', text(message));
      return '';
    },
  ],
]);

/** Whether a value is nil or the zero of its type (sprig defaults.go, empty). A struct never is. */
export function isEmpty(value: Value): boolean {
  switch (typeof value) {
    case 'undefined':
      return true;
    case 'boolean':
      return !value;
    case 'string':
      return value === '';
    case 'number':
      return value === 0;
    default:
      return isEmptyObject(value);
  }
}

function isEmptyObject(value: Exclude<Value, undefined | boolean | string | number>): boolean {
  if (value === null) return true;
  if (value instanceof GoMap) return value.entries.size === 0;
  if (value instanceof GoSlice) return value.items.length === 0;
  if (value instanceof GoInt) return value.value === 0n;
  if (value instanceof GoBytes) return value.bytes.length === 0;
  return value instanceof GoComplex && value.re === 0 && value.im === 0;
}

function typeName(value: Value): string {
  return value === null ? '<nil>' : typeOf(value);
}

function kindName(value: Value): string {
  const kind = kindOf(value);
  return kind === 'interface' ? 'invalid' : kind === 'struct' && value instanceof GoStruct ? 'struct' : kind;
}

import type { FunctionTable } from '../exec/scope.ts';
import { sprint, sprintf, sprintln } from '../fmt/printf.ts';
import { goFunction } from '../value/signature.ts';
import { isTrue } from '../value/types.ts';
import { int } from '../value/values.ts';
import { indexOf, length, slice } from './collections.ts';
import { atMost, equals, equalsAny, lessThan } from './compare.ts';
import { escapeHtml, escapeJs, escapeQuery } from './escape.ts';

/** Evaluated where it is called: the compiler knows it. */
function special(): never {
  throw new Error('evaluated by the compiler');
}

/** The functions that every template has (text/template, funcs.go). */
export const builtins: FunctionTable = new Map([
  ['and', goFunction('(reflect.Value, ...reflect.Value) reflect.Value', special)],
  ['or', goFunction('(reflect.Value, ...reflect.Value) reflect.Value', special)],
  ['call', goFunction('(reflect.Value, ...reflect.Value) reflect.Value', special)],
  ['not', goFunction('(reflect.Value) bool', ([value]) => !isTrue(value))],
  [
    'index',
    goFunction('(reflect.Value, ...reflect.Value) (reflect.Value, error)', ([item, ...at]) => indexOf(item, at)),
  ],
  ['slice', goFunction('(reflect.Value, ...reflect.Value) (reflect.Value, error)', ([item, ...at]) => slice(item, at))],
  ['len', goFunction('(reflect.Value) (int, error)', ([item]) => int(length(item)))],
  [
    'eq',
    goFunction('(reflect.Value, ...reflect.Value) (bool, error)', ([a, ...rest], runtime) =>
      equalsAny(a, rest, runtime),
    ),
  ],
  ['ne', goFunction('(reflect.Value, reflect.Value) (bool, error)', ([a, b], runtime) => !equals(a, b, runtime))],
  ['lt', goFunction('(reflect.Value, reflect.Value) (bool, error)', ([a, b]) => lessThan(a, b))],
  ['le', goFunction('(reflect.Value, reflect.Value) (bool, error)', ([a, b], runtime) => atMost(a, b, runtime))],
  ['gt', goFunction('(reflect.Value, reflect.Value) (bool, error)', ([a, b], runtime) => !atMost(a, b, runtime))],
  ['ge', goFunction('(reflect.Value, reflect.Value) (bool, error)', ([a, b]) => !lessThan(a, b))],
  ['html', goFunction('(...any) string', escapeHtml)],
  ['js', goFunction('(...any) string', escapeJs)],
  ['urlquery', goFunction('(...any) string', escapeQuery)],
  ['print', goFunction('(...any) string', sprint)],
  [
    'printf',
    goFunction('(string, ...any) string', ([format, ...args], runtime) => sprintf(String(format), args, runtime)),
  ],
  ['println', goFunction('(...any) string', sprintln)],
]);

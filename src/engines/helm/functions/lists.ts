import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { compareText } from '../../gotemplate/value/go-text.ts';
import { kindOf } from '../../gotemplate/value/types.ts';
import { GoBytes, GoSlice, int, nilSlice, type Value } from '../../gotemplate/value/values.ts';
import { toInt64 } from './cast.ts';
import { deepEqual } from './deep-equal.ts';
import { isEmpty } from './defaults.ts';
import { elementsOf, group, isNil, nilPointer, strings, whole } from './kit.ts';
import { strslice, strval } from './strval.ts';

/** Functions of lists (sprig, "Lists and List Functions", "Integer Slice Functions"). */
export const listFunctions = group([
  ['list tuple', '(...any) []any', (args) => new GoSlice([...args])],
  ['first mustFirst', '(any) any', ([list]) => items(list, 'Cannot find first on')[0] ?? null],
  ['last mustLast', '(any) any', ([list]) => items(list, 'Cannot find last on').at(-1) ?? null],
  ['rest mustRest', '(any) []any', ([list]) => orNil(items(list, 'Cannot find rest on'), (found) => found.slice(1))],
  [
    'initial mustInitial',
    '(any) []any',
    ([list]) => orNil(items(list, 'Cannot find initial on'), (found) => found.slice(0, -1)),
  ],
  ['reverse mustReverse', '(any) []any', ([list]) => new GoSlice(items(list, 'Cannot find reverse on').toReversed())],
  [
    'append push mustAppend mustPush',
    '(any, any) []any',
    ([list, value], runtime) => made(runtime, [...items(list, 'Cannot push on'), value]),
  ],
  [
    'prepend mustPrepend',
    '(any, any) []any',
    ([list, value], runtime) => made(runtime, [value, ...items(list, 'Cannot prepend on')]),
  ],
  [
    'concat',
    '(...any) any',
    (lists, runtime) => orNil(lists.flatMap(concatItems), (found) => made(runtime, [...found]).items),
  ],
  [
    'compact mustCompact',
    '(any) []any',
    ([list]) => new GoSlice(items(list, 'Cannot compact on').filter((item) => !isEmpty(item))),
  ],
  ['uniq mustUniq', '(any) []any', ([list]) => new GoSlice(unique(items(list, 'Cannot find uniq on')))],
  [
    'without mustWithout',
    '(any, ...any) []any',
    ([list, ...omit]) =>
      new GoSlice(items(list, 'Cannot find without on').filter((item) => !omit.some((one) => deepEqual(one, item)))),
  ],
  ['has mustHas', '(any, any) bool', ([needle, list]) => has(needle, list)],
  ['slice mustSlice', '(any, ...any) any', ([list, ...bounds]) => slice(list, bounds)],
  ['chunk mustChunk', '(int, any) [][]any', ([size, list]) => chunk(whole(size), list)],
  ['sortAlpha', '(any) []string', ([list]) => sortAlpha(list)],
  ['until', '(int) []int', ([count], runtime) => until(whole(count), runtime)],
  [
    'untilStep',
    '(int, int, int) []int',
    ([start, stop, step], runtime) => integers(untilStep(whole(start), whole(stop), whole(step), runtime)),
  ],
  ['seq', '(...int) string', (params, runtime) => seq(params.map(whole), runtime)],
]);

/** Of nothing these functions make a nil slice. */
function orNil(found: readonly Value[], make: (found: readonly Value[]) => Value[]): GoSlice {
  return found.length === 0 ? nilSlice() : new GoSlice(make(found));
}

type Spender = { spend(units: number): void };

function made(runtime: Spender, list: Value[]): GoSlice {
  runtime.spend(list.length);
  return new GoSlice(list);
}

/** The elements of what is a list; the error names the kind of what is none. */
function items(list: Value, refusal: string): readonly Value[] {
  if (isNil(list)) throw nilPointer();
  const found = elementsOf(list);
  if (found === undefined)
    throw new FunctionError(
      `${refusal.replace(/ on$/, '')}${refusal.endsWith(' on') ? ' on' : ''} type ${kindOf(list)}`,
    );
  return found;
}

function concatItems(list: Value): readonly Value[] {
  if (isNil(list)) throw nilPointer();
  const found = elementsOf(list);
  if (found === undefined) throw new FunctionError(`Cannot concat type ${kindOf(list)} as list`);
  return found;
}

function unique(list: readonly Value[]): Value[] {
  const out: Value[] = [];
  for (const item of list) if (!out.some((one) => deepEqual(one, item))) out.push(item);
  return out;
}

function has(needle: Value, list: Value): boolean {
  if (isNil(list)) return false;
  return items(list, 'Cannot find has on').some((item) => deepEqual(needle, item));
}

function slice(list: Value, bounds: readonly Value[]): Value {
  if (isNil(list)) throw nilPointer();
  const found = elementsOf(list);
  if (found === undefined) throw new FunctionError(`list should be type of slice or array but ${kindOf(list)}`);
  if (found.length === 0) return null;
  const start = bounds.length > 0 ? Number(toInt64(bounds[0])) : 0;
  const end = bounds.length > 1 ? Number(toInt64(bounds[1])) : found.length;
  if (start < 0 || end < start || end > found.length)
    throw new FunctionError('reflect.Value.Slice: slice index out of bounds');
  if (list instanceof GoBytes) return new GoBytes(list.bytes.subarray(start, end));
  return new GoSlice(found.slice(start, end), list instanceof GoSlice ? list.type : undefined);
}

function chunk(size: number, list: Value): GoSlice {
  if (isNil(list)) throw nilPointer();
  const found = elementsOf(list);
  if (found === undefined) throw new FunctionError(`Cannot chunk type ${kindOf(list)}`);
  if (size <= 0) throw new FunctionError('runtime error: makeslice: len out of range');
  const chunks: Value[] = [];
  for (let at = 0; at < found.length; at += size) chunks.push(new GoSlice(found.slice(at, at + size)));
  return new GoSlice(chunks, '[][]interface {}');
}

function sortAlpha(list: Value): GoSlice {
  if (elementsOf(list) === undefined) return strings([strval(list)]);
  return strings(strslice(list).sort(compareText));
}

function until(count: number, runtime: Spender): GoSlice {
  return integers(untilStep(0, count, count < 0 ? -1 : 1, runtime));
}

function untilStep(start: number, stop: number, step: number, runtime: Spender): number[] {
  if (stop < start ? step >= 0 : step <= 0) return [];
  const count = Math.ceil((stop - start) / step);
  // An element is an object: much more than a byte.
  runtime.spend(count * 32);
  return Array.from({ length: count }, (_, index) => start + index * step);
}

function integers(numbers: readonly number[]): GoSlice {
  return new GoSlice(numbers.map(int), '[]int');
}

/** As the command of that name: one, two or three bounds (numeric.go, seq). */
function seq(params: readonly number[], runtime: Spender): string {
  const [first = 0, second = 0, third = 0] = params;
  switch (params.length) {
    case 1:
      return range(1, first, first < 1 ? -1 : 1, first < 1 ? -1 : 1, runtime);
    case 2:
      return range(first, second, second < first ? -1 : 1, second < first ? -1 : 1, runtime);
    case 3:
      return third < first && second > 0 ? '' : range(first, third, second, third < first ? -1 : 1, runtime);
    default:
      return '';
  }
}

function range(start: number, end: number, step: number, increment: number, runtime: Spender): string {
  return untilStep(start, end + increment, step, runtime).join(' ');
}

import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { compareText } from '../../gotemplate/value/go-text.ts';
import { kindOf } from '../../gotemplate/value/types.ts';
import { GoBytes, GoSlice, int, type Meter, nilSlice, type Value } from '../../gotemplate/value/values.ts';
import { toInt64 } from './cast.ts';
import { deepEqual } from './deep-equal.ts';
import { isEmpty } from './defaults.ts';
import { elementsOf, group, isNil, list, nilPointer, strings, whole } from './kit.ts';
import { strslice, strval } from './strval.ts';

/** Functions of lists (sprig, "Lists and List Functions", "Integer Slice Functions"). */
export const listFunctions = group([
  ['list tuple', '(...any) []any', (args, runtime) => list([...args], runtime)],
  ['first mustFirst', '(any) any', ([list]) => items(list, 'Cannot find first on')[0] ?? null],
  ['last mustLast', '(any) any', ([list]) => items(list, 'Cannot find last on').at(-1) ?? null],
  [
    'rest mustRest',
    '(any) []any',
    ([from], runtime) => orNil(items(from, 'Cannot find rest on'), (found) => list(found.slice(1), runtime)),
  ],
  [
    'initial mustInitial',
    '(any) []any',
    ([from], runtime) => orNil(items(from, 'Cannot find initial on'), (found) => list(found.slice(0, -1), runtime)),
  ],
  [
    'reverse mustReverse',
    '(any) []any',
    ([from], runtime) => list(items(from, 'Cannot find reverse on').toReversed(), runtime),
  ],
  [
    'append push mustAppend mustPush',
    '(any, any) []any',
    ([to, value], runtime) => list([...items(to, 'Cannot push on'), value], runtime),
  ],
  [
    'prepend mustPrepend',
    '(any, any) []any',
    ([to, value], runtime) => list([value, ...items(to, 'Cannot prepend on')], runtime),
  ],
  ['concat', '(...any) any', concat],
  [
    'compact mustCompact',
    '(any) []any',
    ([from], runtime) =>
      list(
        items(from, 'Cannot compact on').filter((item) => !isEmpty(item)),
        runtime,
      ),
  ],
  [
    'uniq mustUniq',
    '(any) []any',
    ([from], runtime) => list(unique(items(from, 'Cannot find uniq on'), runtime), runtime),
  ],
  [
    'without mustWithout',
    '(any, ...any) []any',
    ([from, ...omit], runtime) =>
      list(
        items(from, 'Cannot find without on').filter((item) => !omit.some((one) => deepEqual(one, item, runtime))),
        runtime,
      ),
  ],
  ['has mustHas', '(any, any) bool', ([needle, within], runtime) => has(needle, within, runtime)],
  ['slice mustSlice', '(any, ...any) any', ([from, ...bounds], runtime) => slice(from, bounds, runtime)],
  ['chunk mustChunk', '(int, any) [][]any', ([size, from], runtime) => chunk(whole(size), from, runtime)],
  ['sortAlpha', '(any) []string', ([from], runtime) => sortAlpha(from, runtime)],
  ['until', '(int) []int', ([count], runtime) => until(whole(count), runtime)],
  [
    'untilStep',
    '(int, int, int) []int',
    ([start, stop, step], runtime) => integers(untilStep(whole(start), whole(stop), whole(step), runtime)),
  ],
  ['seq', '(...int) string', (params, runtime) => seq(params.map(whole), runtime)],
]);

/** Of nothing these functions make a nil slice. */
function orNil<T extends readonly Value[]>(found: T, make: (found: T) => GoSlice): GoSlice {
  return found.length === 0 ? nilSlice() : make(found);
}

/** The elements of what is a list; the error names the kind of what is none. */
function items(from: Value, refusal: string): readonly Value[] {
  if (isNil(from)) throw nilPointer();
  const found = elementsOf(from);
  if (found === undefined) throw new FunctionError(`${refusal} type ${kindOf(from)}`);
  return found;
}

function concat(lists: readonly Value[], meter: Meter): GoSlice {
  const found = lists.map((from) => {
    if (isNil(from)) throw nilPointer();
    const elements = elementsOf(from);
    if (elements === undefined) throw new FunctionError(`Cannot concat type ${kindOf(from)} as list`);
    meter.spend(elements.length);
    return elements;
  });
  return orNil(found.flat(), (all) => list(all, meter));
}

function unique(from: readonly Value[], meter: Meter): Value[] {
  const out: Value[] = [];
  for (const item of from) if (!out.some((one) => deepEqual(one, item, meter))) out.push(item);
  return out;
}

function has(needle: Value, within: Value, meter: Meter): boolean {
  if (isNil(within)) return false;
  return items(within, 'Cannot find has on').some((item) => deepEqual(needle, item, meter));
}

function slice(from: Value, bounds: readonly Value[], meter: Meter): Value {
  if (isNil(from)) throw nilPointer();
  const found = elementsOf(from);
  if (found === undefined) throw new FunctionError(`list should be type of slice or array but ${kindOf(from)}`);
  if (found.length === 0) return null;
  const start = bounds.length > 0 ? Number(toInt64(bounds[0])) : 0;
  const end = bounds.length > 1 ? Number(toInt64(bounds[1])) : found.length;
  if (start < 0 || end < start || end > found.length)
    throw new FunctionError('reflect.Value.Slice: slice index out of bounds');
  meter.spend(end - start);
  if (from instanceof GoBytes) return new GoBytes(from.bytes.subarray(start, end));
  return new GoSlice(found.slice(start, end), from instanceof GoSlice ? from.type : undefined);
}

function chunk(size: number, from: Value, meter: Meter): GoSlice {
  if (isNil(from)) throw nilPointer();
  const found = elementsOf(from);
  if (found === undefined) throw new FunctionError(`Cannot chunk type ${kindOf(from)}`);
  if (size <= 0) throw new FunctionError('runtime error: makeslice: len out of range');
  const chunks: Value[] = [];
  for (let at = 0; at < found.length; at += size) chunks.push(list(found.slice(at, at + size), meter));
  return new GoSlice(chunks, '[][]interface {}');
}

function sortAlpha(from: Value, meter: Meter): GoSlice {
  if (elementsOf(from) === undefined) return strings([strval(from, meter)], meter);
  return strings(strslice(from, meter).sort(compareText), meter);
}

function until(count: number, meter: Meter): GoSlice {
  return integers(untilStep(0, count, count < 0 ? -1 : 1, meter));
}

function untilStep(start: number, stop: number, step: number, meter: Meter): number[] {
  if (stop < start ? step >= 0 : step <= 0) return [];
  const count = Math.ceil((stop - start) / step);
  // An element is an object: much more than a byte.
  meter.spend(count * 32);
  return Array.from({ length: count }, (_, index) => start + index * step);
}

function integers(numbers: readonly number[]): GoSlice {
  return new GoSlice(numbers.map(int), '[]int');
}

/** As the command of that name: one, two or three bounds (numeric.go, seq). */
function seq(params: readonly number[], meter: Meter): string {
  const [first = 0, second = 0, third = 0] = params;
  switch (params.length) {
    case 1:
      return range(1, first, first < 1 ? -1 : 1, first < 1 ? -1 : 1, meter);
    case 2:
      return range(first, second, second < first ? -1 : 1, second < first ? -1 : 1, meter);
    case 3:
      return third < first && second > 0 ? '' : range(first, third, second, third < first ? -1 : 1, meter);
    default:
      return '';
  }
}

function range(start: number, end: number, step: number, increment: number, meter: Meter): string {
  return untilStep(start, end + increment, step, meter).join(' ');
}

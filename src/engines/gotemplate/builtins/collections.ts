import { indexArg, prepareArg } from '../exec/call-builtin.ts';
import { FunctionError } from '../exec/exec-error.ts';
import { byteLength, sliceBytes, toBytes } from '../value/go-text.ts';
import { paramType, zeroOfElement } from '../value/signature.ts';
import { typeOf } from '../value/types.ts';
import { GoBytes, GoInt, GoMap, GoSlice, type Value } from '../value/values.ts';

/** The builtin `index`: `index x 1 2` is `x[1][2]` (funcs.go, index). */
export function indexOf(item: Value, indexes: readonly Value[]): Value {
  if (item === undefined || item === null) throw new FunctionError('index of untyped nil');
  let value: Value = item;
  for (const index of indexes) value = indexOnce(value, index);
  return value;
}

function indexOnce(item: Value, index: Value): Value {
  if (item === undefined || item === null) throw new FunctionError('index of nil pointer');
  if (item instanceof GoMap) {
    const key = prepareArg(index, paramType('string'));
    const found = typeof key === 'string' ? item.entries.get(key) : undefined;
    return found === undefined ? zeroOfElement(item.underlying) : found;
  }
  const length = lengthOf(item);
  if (length === undefined) throw new FunctionError(`can't index item of type ${typeOf(item)}`);
  const at = indexArg(index, length);
  if (at === length) throw new FunctionError(outOfRange(item));
  if (item instanceof GoSlice) return item.items[at];
  const bytes = item instanceof GoBytes ? item.bytes : toBytes(String(item));
  return new GoInt('uint8', BigInt(bytes[at] ?? 0));
}

/** The panic of reflect that becomes the error: only the index right behind the end gets that far. */
function outOfRange(item: Value): string {
  return `reflect: ${typeof item === 'string' ? 'string' : 'slice'} index out of range`;
}

/** The length in bytes or elements; undefined for what has none. */
function lengthOf(item: Value): number | undefined {
  if (typeof item === 'string') return byteLength(item);
  if (item instanceof GoSlice) return item.items.length;
  if (item instanceof GoMap) return item.entries.size;
  return item instanceof GoBytes ? item.bytes.length : undefined;
}

/** The builtin `len` (funcs.go, length). */
export function length(item: Value): number {
  if (item === undefined) throw new FunctionError('reflect: call of reflect.Value.Type on zero Value');
  if (item === null) throw new FunctionError('len of nil pointer');
  const found = lengthOf(item);
  if (found === undefined) throw new FunctionError(`len of type ${typeOf(item)}`);
  return found;
}

/** The builtin `slice`: `slice x 1 2` is `x[1:2]` (funcs.go, slice). */
export function slice(item: Value, indexes: readonly Value[]): Value {
  if (item === undefined || item === null) throw new FunctionError('slice of untyped nil');
  if (indexes.length > 3) throw new FunctionError(`too many slice indexes: ${indexes.length}`);
  if (typeof item === 'string' && indexes.length === 3) throw new FunctionError('cannot 3-index slice a string');
  const size = item instanceof GoMap ? undefined : lengthOf(item);
  if (size === undefined) throw new FunctionError(`can't slice item of type ${typeOf(item)}`);
  const [start = 0, end = size, capacity = size] = indexes.map((index) => indexArg(index, size));
  if (start > end) throw new FunctionError(`invalid slice index: ${start} > ${end}`);
  if (end > capacity) throw new FunctionError(`invalid slice index: ${end} > ${capacity}`);
  if (item instanceof GoSlice) return new GoSlice(item.items.slice(start, end), item.type);
  if (item instanceof GoBytes) return new GoBytes(item.bytes.subarray(start, end));
  return sliceBytes(String(item), start, end);
}

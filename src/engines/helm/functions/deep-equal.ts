import { typeOf } from '../../gotemplate/value/types.ts';
import { GoBytes, GoInt, GoMap, GoSlice, GoStruct, type Meter, type Value } from '../../gotemplate/value/values.ts';

/** reflect.DeepEqual: equal types and equal contents. An int is never equal to a float. The meter counts comparisons. */
export function deepEqual(a: Value, b: Value, meter: Meter): boolean {
  meter.spend(4);
  if (a === b) return !Number.isNaN(a);
  if ((a ?? null) === null || (b ?? null) === null) return (a ?? null) === (b ?? null);
  if (typeOf(a) !== typeOf(b)) return false;
  if (a instanceof GoInt && b instanceof GoInt) return a.value === b.value;
  if (a instanceof GoSlice && b instanceof GoSlice) return equalLists(a.items, b.items, meter);
  if (a instanceof GoMap && b instanceof GoMap) return equalEntries(a.entries, b.entries, meter);
  if (a instanceof GoStruct && b instanceof GoStruct) return equalEntries(a.fields, b.fields, meter);
  if (a instanceof GoBytes && b instanceof GoBytes)
    return a.bytes.length === b.bytes.length && a.bytes.every((byte, index) => byte === b.bytes[index]);
  return false;
}

function equalLists(a: readonly Value[], b: readonly Value[], meter: Meter): boolean {
  return a.length === b.length && a.every((item, index) => deepEqual(item, b[index], meter));
}

function equalEntries(a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>, meter: Meter): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (!b.has(key) || !deepEqual(value, b.get(key), meter)) return false;
  return true;
}

import { printPlain } from '../../gotemplate/fmt/print-value.ts';
import { fromBytes } from '../../gotemplate/value/go-text.ts';
import { GoBytes, type Meter, type Value } from '../../gotemplate/value/values.ts';
import { elementsOf, isNil } from './kit.ts';

/** What a value is as text (sprig strings.go, strval). */
export function strval(value: Value, meter: Meter): string {
  if (typeof value === 'string') return value;
  return value instanceof GoBytes ? fromBytes(value.bytes) : printPlain(value, meter);
}

/** The texts of the elements of a list, nil ones left out; a single value is a list of one (strings.go, strslice). */
export function strslice(value: Value, meter: Meter): string[] {
  if (isNil(value)) return [];
  const items = elementsOf(value);
  if (items === undefined) return [strval(value, meter)];
  meter.spend(items.length);
  return items.filter((item) => !isNil(item)).map((item) => strval(item, meter));
}

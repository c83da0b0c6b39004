import { printPlain } from '../../gotemplate/fmt/print-value.ts';
import { fromBytes } from '../../gotemplate/value/go-text.ts';
import { GoBytes, type Value } from '../../gotemplate/value/values.ts';
import { elementsOf, isNil } from './kit.ts';

/** What a value is as text (sprig strings.go, strval). */
export function strval(value: Value): string {
  if (typeof value === 'string') return value;
  return value instanceof GoBytes ? fromBytes(value.bytes) : printPlain(value);
}

/** The texts of the elements of a list, nil ones left out; a single value is a list of one (strings.go, strslice). */
export function strslice(value: Value): string[] {
  if (isNil(value)) return [];
  const items = elementsOf(value);
  return items === undefined ? [strval(value)] : items.filter((item) => !isNil(item)).map(strval);
}

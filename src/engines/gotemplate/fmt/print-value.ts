import { sortedEntries } from '../value/entries.ts';
import { fromBytes } from '../value/go-text.ts';
import { typeOf } from '../value/types.ts';
import {
  GoBytes,
  type GoComplex,
  GoFunction,
  GoInt,
  GoMap,
  GoSlice,
  GoStruct,
  type Meter,
  unmetered,
  type Value,
} from '../value/values.ts';
import {
  type Layout,
  layoutFloat,
  layoutHexText,
  layoutInteger,
  layoutQuoted,
  layoutQuotedRune,
  layoutRune,
  layoutText,
  layoutUnicode,
  pad,
  plainLayout,
} from './layout.ts';

/** What a value within another one costs, beside its text, in characters. */
const NODE = 16;

/** A value under one verb of a format (fmt, printArg). */
export function printArg(value: Value, verb: string, layout: Layout): string {
  if (value === undefined || value === null)
    return verb === 'T' || verb === 'v' ? pad('<nil>', layout) : `%!${verb}(<nil>)`;
  if (verb === 'T') return layoutText(typeOf(value), layout);
  if (verb === 'p') return printPointer(value, layout);
  return print(value, verb, layout, 0);
}

/** A value as `%v` shows it. The meter counts what is within it. */
export function printPlain(value: Value, meter: Meter = unmetered): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      if (value instanceof GoInt && value.text === undefined) return String(value.value);
      return printArg(value, 'v', plainLayout(meter));
  }
}

function print(value: Value, verb: string, layout: Layout, depth: number): string {
  const { meter, width = 0, precision = 0 } = layout;
  meter.spend(NODE + width + precision + (typeof value === 'string' ? value.length : 0));
  switch (typeof value) {
    case 'undefined':
      return printNil(layout);
    case 'boolean':
      return verb === 't' || verb === 'v' ? pad(String(value), layout) : badVerb(value, verb, layout);
    case 'string':
      return printText(value, verb, layout) ?? badVerb(value, verb, layout);
    case 'number':
      return printFloat(value, verb, layout) ?? badVerb(value, verb, layout);
    default:
      return printObject(value, verb, layout, depth);
  }
}

function printObject(
  value: Exclude<Value, undefined | boolean | string | number>,
  verb: string,
  layout: Layout,
  depth: number,
): string {
  if (value === null) return printNil(layout);
  if (value instanceof GoInt) return printNamedInt(value, verb, layout);
  if (value instanceof GoMap) return printMap(value, verb, layout, depth);
  if (value instanceof GoSlice) return printSlice(value, verb, layout, depth);
  if (value instanceof GoBytes) return printBytes(value, verb, layout);
  if (value instanceof GoStruct) return printStruct(value, verb, layout, depth);
  if (value instanceof GoFunction) return verb === 'v' ? printPointer(value, layout) : badVerb(value, verb, layout);
  return printComplex(value, verb, layout);
}

/** Within another value an interface that holds nothing is printed alike by every verb. */
function printNil({ sharpV }: Layout): string {
  return sharpV ? 'interface {}(nil)' : '<nil>';
}

/** What stands where a verb does not fit its argument: `%!d(string=hi)`. */
function badVerb(value: Value, verb: string, layout: Layout): string {
  const shown = value instanceof GoFunction ? '0x0' : printArg(value, 'v', layout);
  return `%!${verb}(${typeOf(value)}=${shown})`;
}

function printText(text: string, verb: string, layout: Layout): string | undefined {
  switch (verb) {
    case 'v':
      return layout.sharpV ? layoutQuoted(text, layout) : layoutText(text, layout);
    case 's':
      return layoutText(text, layout);
    case 'x':
    case 'X':
      return layoutHexText(text, verb === 'X', layout);
    case 'q':
      return layoutQuoted(text, layout);
    default:
      return undefined;
  }
}

function printFloat(value: number, verb: string, layout: Layout): string | undefined {
  switch (verb) {
    case 'v':
      return layoutFloat(value, 'g', -1, layout);
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
      return layoutFloat(value, verb, -1, layout);
    case 'f':
    case 'e':
    case 'E':
      return layoutFloat(value, verb, 6, layout);
    case 'F':
      return layoutFloat(value, 'f', 6, layout);
    default:
      return undefined;
  }
}

/** Named integers may have a String method: a time.Duration prints as `1m0s`. */
function printNamedInt(value: GoInt, verb: string, layout: Layout): string {
  const text = 'vsxXq'.includes(verb) && !layout.sharpV ? value.text?.() : undefined;
  if (text !== undefined) return printText(text, verb, layout) ?? badVerb(value, verb, layout);
  return printInteger(value, verb, layout) ?? badVerb(value, verb, layout);
}

function printInteger({ kind, value }: GoInt, verb: string, layout: Layout): string | undefined {
  switch (verb) {
    case 'v':
      if (layout.sharpV && kind.startsWith('u')) return layoutInteger(value, 16, {}, { ...layout, sharp: true });
      return layoutInteger(value, 10, {}, layout);
    case 'd':
      return layoutInteger(value, 10, {}, layout);
    case 'b':
      return layoutInteger(value, 2, {}, layout);
    case 'o':
    case 'O':
      return layoutInteger(value, 8, { prefixO: verb === 'O' }, layout);
    case 'x':
    case 'X':
      return layoutInteger(value, 16, { upper: verb === 'X' }, layout);
    case 'c':
      return layoutRune(value, layout);
    case 'q':
      return layoutQuotedRune(value, layout);
    case 'U':
      return layoutUnicode(value, layout);
    default:
      return undefined;
  }
}

function printComplex(value: GoComplex, verb: string, layout: Layout): string {
  const real = printFloat(value.re, verb, layout);
  const imaginary = printFloat(value.im, verb, { ...layout, plus: true });
  return real === undefined || imaginary === undefined ? badVerb(value, verb, layout) : `(${real}${imaginary}i)`;
}

function printMap(map: GoMap, verb: string, layout: Layout, depth: number): string {
  const items = sortedEntries(map).map(
    ([key, value]) => `${print(key, verb, layout, depth + 1)}:${print(value, verb, layout, depth + 1)}`,
  );
  return layout.sharpV ? `${map.type}{${items.join(', ')}}` : `map[${items.join(' ')}]`;
}

function printSlice({ items, type }: GoSlice, verb: string, layout: Layout, depth: number): string {
  const shown = items.map((item) => print(item, verb, layout, depth + 1));
  return layout.sharpV ? `${type}{${shown.join(', ')}}` : `[${shown.join(' ')}]`;
}

function printBytes(value: GoBytes, verb: string, layout: Layout): string {
  const { bytes } = value;
  if (verb === 'x' || verb === 'X') return layoutHexText(bytes, verb === 'X', layout);
  if (verb === 's' || verb === 'q') return printText(fromBytes(bytes), verb, layout) ?? '';
  const items = [...bytes].map((byte) => new GoInt('uint8', BigInt(byte)));
  const isList = verb === 'v' || verb === 'd';
  const shown = items.map((item) => printInteger(item, verb, layout) ?? badVerb(item, verb, layout));
  return isList && layout.sharpV ? `[]byte{${shown.join(', ')}}` : `[${shown.join(' ')}]`;
}

function printStruct(value: GoStruct, verb: string, layout: Layout, depth: number): string {
  const { type, fields, text } = value;
  if (text !== undefined && !layout.sharpV && 'vsxXq'.includes(verb))
    return printText(text(), verb, layout) ?? badVerb(value, verb, layout);
  const isPointer = type.startsWith('*');
  if (isPointer && depth > 0) return printPointer(value, layout);
  const named = layout.plusV || layout.sharpV;
  const shown = [...fields].map(([name, field]) => {
    const printed = print(field, verb, layout, depth + 1);
    return named ? `${name}:${printed}` : printed;
  });
  const body = `{${shown.join(layout.sharpV ? ', ' : ' ')}}`;
  return `${isPointer ? '&' : ''}${layout.sharpV ? type.replace('*', '') : ''}${body}`;
}

/** Addresses mean nothing here; one that is always the same keeps output reproducible. */
function printPointer(value: Value, layout: Layout): string {
  const isPointer =
    value instanceof GoFunction ||
    value instanceof GoMap ||
    value instanceof GoSlice ||
    value instanceof GoBytes ||
    (value instanceof GoStruct && value.type.startsWith('*'));
  if (!isPointer) return badVerb(value, 'p', layout);
  return layout.sharpV ? `(${typeOf(value)})(0xc000000000)` : pad('0xc000000000', layout);
}

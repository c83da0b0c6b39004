import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { typeOf } from '../../gotemplate/value/types.ts';
import { GoMap, GoSlice, type Value } from '../../gotemplate/value/values.ts';
import { dictionary, group, strings, text } from './kit.ts';
import { merge } from './merge.ts';
import { strval } from './strval.ts';

const DICT = 'map[string]interface {}';

/** Functions of dictionaries (sprig, "Dictionaries and Dict Functions"). */
export const dictFunctions = group([
  ['dict', `(...any) ${DICT}`, (args) => dict(args)],
  ['get', `(${DICT}, string) any`, ([d, key]) => (dictionary(d).has(text(key)) ? dictionary(d).get(text(key)) : '')],
  [
    'set',
    `(${DICT}, string, any) ${DICT}`,
    ([d, key, value], runtime) => {
      runtime.spend(1);
      dictionary(d).set(text(key), value ?? null);
      return d;
    },
  ],
  [
    'unset',
    `(${DICT}, string) ${DICT}`,
    ([d, key]) => {
      dictionary(d).delete(text(key));
      return d;
    },
  ],
  ['hasKey', `(${DICT}, string) bool`, ([d, key]) => dictionary(d).has(text(key))],
  [
    'pluck',
    `(string, ...${DICT}) []any`,
    ([key, ...dicts]) =>
      new GoSlice(dicts.flatMap((d) => (dictionary(d).has(text(key)) ? [dictionary(d).get(text(key))] : []))),
  ],
  // Go visits maps in random order; here it is that of their making.
  ['keys', `(...${DICT}) []string`, (dicts) => strings(dicts.flatMap((d) => [...dictionary(d).keys()]))],
  ['values', `(${DICT}) []any`, ([d]) => new GoSlice([...dictionary(d).values()])],
  ['pick', `(${DICT}, ...string) ${DICT}`, ([d, ...names]) => pick(dictionary(d), names.map(text))],
  [
    'omit',
    `(${DICT}, ...string) ${DICT}`,
    ([d, ...names]) => {
      const omitted = new Set(names.map(text));
      return new GoMap(new Map([...dictionary(d)].filter(([key]) => !omitted.has(key))));
    },
  ],
  ['merge mustMerge', `(${DICT}, ...${DICT}) any`, ([d, ...sources]) => mergeAll(d, sources, false)],
  ['mergeOverwrite mustMergeOverwrite', `(${DICT}, ...${DICT}) any`, ([d, ...sources]) => mergeAll(d, sources, true)],
  [
    'deepCopy mustDeepCopy',
    '(any) any',
    ([value], runtime) => {
      if (value === undefined || value === null)
        throw new FunctionError('reflect: call of reflect.Value.Type on zero Value');
      return deepCopy(value, runtime);
    },
  ],
  ['dig', '(...any) (any, error)', (args) => dig(args)],
]);

function dict(args: readonly Value[]): GoMap {
  const entries = new Map<string, Value>();
  for (let index = 0; index < args.length; index += 2)
    entries.set(strval(args[index]), index + 1 < args.length ? (args[index + 1] ?? null) : '');
  return new GoMap(entries);
}

function pick(source: ReadonlyMap<string, Value>, names: readonly string[]): GoMap {
  return new GoMap(new Map(names.flatMap((name) => (source.has(name) ? [[name, source.get(name)] as const] : []))));
}

function mergeAll(target: Value, sources: readonly Value[], overwrite: boolean): Value {
  for (const source of sources) merge(dictionary(target), dictionary(source), overwrite);
  return target;
}

/** A copy that shares nothing with the original (mitchellh/copystructure). */
export function deepCopy(value: Value, runtime: { spend(units: number): void }): Value {
  if (value instanceof GoMap) {
    runtime.spend(value.entries.size);
    const entries = new Map([...value.entries].map(([key, entry]) => [key, deepCopy(entry, runtime)] as const));
    const named = { underlying: value.underlying, ...(value.methods === undefined ? {} : { methods: value.methods }) };
    return new GoMap(entries, value.type, named);
  }
  if (!(value instanceof GoSlice)) return value;
  runtime.spend(value.items.length);
  return new GoSlice(
    value.items.map((item) => deepCopy(item, runtime)),
    value.type,
  );
}

/** The value at a path of keys, or the default before the last argument (dict.go, dig). */
function dig(args: readonly Value[]): Value {
  if (args.length < 3) throw new FunctionError('dig needs at least three arguments');
  const otherwise = args.at(-2);
  let value = args.at(-1);
  const keys = args.slice(0, -2);
  for (const [index, key] of keys.entries()) {
    const map = asserted(value);
    if (index === 0) keys.forEach(assertKey);
    if (typeof key !== 'string' || !map.has(key)) return otherwise;
    value = map.get(key);
  }
  return value;
}

function asserted(value: Value): ReadonlyMap<string, Value> {
  if (value instanceof GoMap && value.type === DICT) return value.entries;
  throw conversion(value, DICT);
}

function assertKey(key: Value): void {
  if (typeof key !== 'string') throw conversion(key, 'string');
}

/** The panic of a type assertion. */
function conversion(value: Value, wanted: string): FunctionError {
  const found = value === undefined || value === null ? 'nil' : typeOf(value);
  return new FunctionError(`interface conversion: interface {} is ${found}, not ${wanted}`);
}

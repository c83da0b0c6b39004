import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { typeOf } from '../../gotemplate/value/types.ts';
import { GoMap, GoSlice, type Meter, type Value } from '../../gotemplate/value/values.ts';
import { dictionary, group, list, strings, text } from './kit.ts';
import { merge } from './merge.ts';
import { strval } from './strval.ts';

const DICT = 'map[string]interface {}';

/** Functions of dictionaries (sprig, "Dictionaries and Dict Functions"). */
export const dictFunctions = group([
  ['dict', `(...any) ${DICT}`, dict],
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
    ([key, ...dicts], runtime) =>
      list(
        dicts.flatMap((d) => (dictionary(d).has(text(key)) ? [dictionary(d).get(text(key))] : [])),
        runtime,
      ),
  ],
  // Go visits maps in random order; here it is that of their making.
  [
    'keys',
    `(...${DICT}) []string`,
    (dicts, runtime) =>
      strings(
        dicts.flatMap((d) => [...dictionary(d).keys()]),
        runtime,
      ),
  ],
  ['values', `(${DICT}) []any`, ([d], runtime) => list([...dictionary(d).values()], runtime)],
  ['pick', `(${DICT}, ...string) ${DICT}`, ([d, ...names]) => pick(dictionary(d), names.map(text))],
  [
    'omit',
    `(${DICT}, ...string) ${DICT}`,
    ([d, ...names], runtime) => {
      runtime.spend(dictionary(d).size);
      const omitted = new Set(names.map(text));
      return new GoMap(new Map([...dictionary(d)].filter(([key]) => !omitted.has(key))));
    },
  ],
  ['merge mustMerge', `(${DICT}, ...${DICT}) any`, ([d, ...sources], runtime) => mergeAll(d, sources, false, runtime)],
  [
    'mergeOverwrite mustMergeOverwrite',
    `(${DICT}, ...${DICT}) any`,
    ([d, ...sources], runtime) => mergeAll(d, sources, true, runtime),
  ],
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

function dict(args: readonly Value[], meter: Meter): GoMap {
  meter.spend(args.length);
  const entries = new Map<string, Value>();
  for (let index = 0; index < args.length; index += 2)
    entries.set(strval(args[index], meter), index + 1 < args.length ? (args[index + 1] ?? null) : '');
  return new GoMap(entries);
}

function pick(source: ReadonlyMap<string, Value>, names: readonly string[]): GoMap {
  return new GoMap(new Map(names.flatMap((name) => (source.has(name) ? [[name, source.get(name)] as const] : []))));
}

function mergeAll(target: Value, sources: readonly Value[], overwrite: boolean, meter: Meter): Value {
  for (const source of sources) merge(dictionary(target), dictionary(source), overwrite, meter);
  return target;
}

/** A copy that shares nothing with the original (mitchellh/copystructure). The meter counts elements. */
export function deepCopy(value: Value, meter: Meter): Value {
  if (value instanceof GoMap) {
    meter.spend((value.entries.size + 1) * 32);
    // Values are copied many times, and an array for every entry is most of what that would cost.
    const entries = new Map<string, Value>();
    value.entries.forEach((entry, key) => {
      entries.set(key, deepCopy(entry, meter));
    });
    const { type, underlying, methods } = value;
    if (methods === undefined) return new GoMap(entries, type, type === underlying ? undefined : { underlying });
    return new GoMap(entries, type, { underlying, methods });
  }
  if (!(value instanceof GoSlice)) return value;
  meter.spend((value.items.length + 1) * 32);
  return new GoSlice(
    value.items.map((item) => deepCopy(item, meter)),
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

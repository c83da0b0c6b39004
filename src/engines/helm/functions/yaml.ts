import { isRawJson, isRecord, rawNumber } from '../../../lib/json.ts';
import { emitYaml } from '../../../yaml/emit.ts';
import { emitNode } from '../../../yaml/emit-node.ts';
import { compareKeys } from '../../../yaml/natural-order.ts';
import { mappingNode, STYLE, scalarNode, sequenceNode, TAG, type YamlNode } from '../../../yaml/node.ts';
import { parseYaml, YamlError } from '../../../yaml/parse.ts';
import { isBase60, isOldBoolean } from '../../../yaml/resolve.ts';
import { type Maker, readSimple } from '../../../yaml/simple.ts';
import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { formatFloat } from '../../gotemplate/fmt/float.ts';
import { sortedEntries } from '../../gotemplate/value/entries.ts';
import {
  GoBytes,
  GoInt,
  GoMap,
  GoSlice,
  GoStruct,
  type Meter,
  unmetered,
  type Value,
} from '../../gotemplate/value/values.ts';
import { base64 } from './base64.ts';
import { errorMap, mismatch, orEmpty } from './data.ts';
import { jsonNumber } from './json.ts';
import { group, text } from './kit.ts';

/** YAML (Helm's own functions). */
export const yamlFunctions = group([
  ['toYaml', '(any) string', ([value], runtime) => orEmpty(() => writeYaml(value, runtime))],
  ['mustToYaml', '(any) string', ([value], runtime) => writeYaml(value, runtime)],
  ['toYamlPretty', '(any) string', ([value], runtime) => orEmpty(() => writePretty(value, runtime))],
  ['fromYaml', '(string) map[string]any', ([s]) => mapFrom(text(s))],
  ['fromYamlArray', '(string) []any', ([s]) => listFrom(text(s))],
]);

/** What a node costs, beside its text, in characters. */
const NODE = 32;

/** As sigs.k8s.io/yaml writes, without the last line end: by way of JSON. The meter counts what is in it. */
export function writeYaml(value: Value, meter: Meter = unmetered): string {
  return trimEnd(emitYaml(plain(value, meter)));
}

function trimEnd(yaml: string): string {
  return yaml.endsWith('\n') ? yaml.slice(0, -1) : yaml;
}

/** The JSON value of a template's value. Throws FunctionError for what JSON cannot say. */
function plain(value: Value, meter: Meter): unknown {
  meter.spend(NODE + (typeof value === 'string' ? value.length : 0));
  switch (typeof value) {
    case 'undefined':
      return null;
    case 'number':
      jsonNumber(value);
      return value;
    case 'boolean':
    case 'string':
      return value;
    default:
      return plainObject(value, meter);
  }
}

function plainObject(value: Exclude<Value, undefined | boolean | string | number>, meter: Meter): unknown {
  if (value instanceof GoMap) return plainEntries(value.entries, meter);
  if (value instanceof GoSlice) return value.isNil ? null : value.items.map((item) => plain(item, meter));
  if (value instanceof GoInt) return rawNumber(String(value.value));
  if (value instanceof GoStruct)
    return value.marshal === undefined ? plainEntries(value.fields, meter) : value.marshal();
  if (value instanceof GoBytes) return base64(value.bytes);
  if (value === null) return null;
  throw new FunctionError('json: unsupported type');
}

function plainEntries(entries: ReadonlyMap<string, Value>, meter: Meter): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null);
  for (const [key, value] of entries) out[key] = plain(value, meter);
  return out;
}

/** As go-yaml v3 writes with an indentation of two: nothing goes by way of JSON, so floats stay floats. */
function writePretty(value: Value, meter: Meter): string {
  return trimEnd(emitNode(nodeOf(value, meter), { indentSequences: true }));
}

function nodeOf(value: Value, meter: Meter): YamlNode {
  meter.spend(NODE + (typeof value === 'string' ? value.length : 0));
  switch (typeof value) {
    case 'string':
      return textNode(value);
    case 'boolean':
      return scalarNode(String(value), TAG.bool);
    case 'number':
      return numberNode(value);
    default:
      return nodeOfObject(value ?? null, meter);
  }
}

/** Words that YAML 1.1 took for booleans, and base-60 numbers, are quoted although YAML 1.2 does not ask for it. */
function textNode(value: string): YamlNode {
  const node = scalarNode(value, TAG.str);
  if (isOldBoolean(value) || isBase60(value)) node.style = STYLE.double;
  return node;
}

function numberNode(value: number): YamlNode {
  const shown = prettyFloat(value);
  return scalarNode(shown, /^-?[0-9]+$/.test(shown) ? TAG.int : TAG.float);
}

function prettyFloat(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  return formatFloat(value, 'g', -1);
}

function nodeOfObject(value: Exclude<Value, undefined | boolean | string | number>, meter: Meter): YamlNode {
  if (value instanceof GoInt) return scalarNode(String(value.value), TAG.int);
  if (value instanceof GoSlice) return sequenceNode(value.items.map((item) => nodeOf(item, meter)));
  if (value instanceof GoMap) return mappingOf(sortedEntries(value), meter);
  if (value instanceof GoStruct)
    return mappingOf(
      [...value.fields].map(([name, field]) => [name.toLowerCase(), field]),
      meter,
    );
  if (value === null) return scalarNode('null', TAG.null);
  throw new FunctionError('cannot marshal type');
}

function mappingOf(entries: readonly (readonly [string, Value])[], meter: Meter): YamlNode {
  const sorted = entries.toSorted(([a], [b]) => compareKeys(a, b));
  return mappingNode(sorted.flatMap(([key, value]) => [textNode(key), nodeOf(value, meter)]));
}

/** What cannot be read stands under `Error`. */
function mapFrom(yaml: string): GoMap {
  try {
    const value = readYaml(yaml);
    if (value instanceof GoMap) return value;
    return value === null ? new GoMap() : errorMap(decodeError(value, 'map[string]interface {}'));
  } catch (error) {
    if (error instanceof FunctionError) return errorMap(error.message);
    throw error;
  }
}

function listFrom(yaml: string): GoSlice {
  try {
    const value = readYaml(yaml);
    if (value instanceof GoSlice) return value;
    return value === null ? new GoSlice([]) : new GoSlice([decodeError(value, '[]interface {}')]);
  } catch (error) {
    if (error instanceof FunctionError) return new GoSlice([error.message]);
    throw error;
  }
}

function decodeError(value: Value, wanted: string): string {
  return `error unmarshaling JSON: while decoding JSON: ${mismatch(value, wanted)}`;
}

const maker: Maker<Value> = {
  map: (entries) => new GoMap(entries),
  list: (items) => new GoSlice(items),
  scalar: (value) => (isRawJson(value) ? Number(value.rawJSON) : value),
};

/** YAML as sigs.k8s.io/yaml reads it into an `interface{}`. Throws FunctionError. */
export function readYaml(yaml: string): Value {
  const simple = readSimple(yaml, maker);
  if (simple !== undefined) return simple;
  try {
    return templateValue(parseYaml(yaml));
  } catch (error) {
    if (error instanceof YamlError)
      throw new FunctionError(`error converting YAML to JSON: ${libyamlText(error, yaml)}`);
    throw error;
  }
}

/** What libyaml calls the commonest mistakes: charts are known to look for its words. */
const libyamlTexts: readonly (readonly [RegExp, string])[] = [
  [
    /bad indentation of a mapping entry|nested mappings are not allowed/,
    'mapping values are not allowed in this context',
  ],
  [/end of the stream or a document separator|tab characters/, 'found character that cannot start any token'],
];

function libyamlText({ reason, line }: YamlError, yaml: string): string {
  if (reason.includes('unexpected end of the stream within a flow collection')) return unclosed(yaml);
  if (/^[-+]?\.inf|^\.nan/i.test(reason)) return `json: unsupported value: ${reason.startsWith('-') ? '-' : '+'}Inf`;
  const known = libyamlTexts.find(([ours]) => ours.test(reason))?.[1] ?? reason;
  // libyaml names the line of a scanner's mistake only beyond the first.
  const where = line !== undefined && line > 1 ? `line ${line}: ` : '';
  return `yaml: ${where}${known}`;
}

/** A list or map in brackets does not end: libyaml counts its lines from 0, and begins one where the text ends. */
function unclosed(yaml: string): string {
  const lines = yaml.split('\n').length - (yaml.endsWith('\n') ? 1 : 0);
  const rest = yaml.trimEnd();
  const isOpen = /[[{,:]$/.test(rest);
  const closing = rest.lastIndexOf('[') > rest.lastIndexOf('{') ? ']' : '}';
  return `yaml: line ${lines}: did not find expected ${isOpen ? 'node content' : `',' or '${closing}'`}`;
}

/**
 * A scalar where text is wanted: sigs.k8s.io/yaml turns numbers and bools back into it when the field that it reads into
 * is a string. Undefined for what is no scalar.
 */
export function scalarText(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'number') return undefined;
  return Number.isSafeInteger(value) ? String(value) : formatFloat(value, 'g', -1);
}

/** A template's value for a JSON value: every number is a float64. */
export function templateValue(json: unknown): Value {
  if (Array.isArray(json)) return new GoSlice(json.map(templateValue));
  if (isRawJson(json)) return Number(json.rawJSON);
  if (isRecord(json))
    return new GoMap(new Map(Object.entries(json).map(([key, value]) => [key, templateValue(value)])));
  return typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean' ? json : null;
}

import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { GoMap, GoSlice, nilSlice, type Value } from '../../gotemplate/value/values.ts';
import { writeJson } from './json.ts';
import { JsonFault, readJson } from './json-read.ts';
import { group, text } from './kit.ts';

const pretty = { escapeHtml: true, indented: true };

/** JSON (Helm's own functions, and sprig's "Defaults"). */
export const jsonFunctions = group([
  ['toJson', '(any) string', ([value], runtime) => orEmpty(() => writeJson(value, { escapeHtml: true }, runtime))],
  ['mustToJson', '(any) string', ([value], runtime) => writeJson(value, { escapeHtml: true }, runtime)],
  ['toPrettyJson', '(any) string', ([value], runtime) => orEmpty(() => writeJson(value, pretty, runtime))],
  ['mustToPrettyJson', '(any) (string, error)', ([value], runtime) => writeJson(value, pretty, runtime)],
  ['toRawJson mustToRawJson', '(any) string', ([value], runtime) => writeJson(value, { escapeHtml: false }, runtime)],
  ['fromJson', '(string) map[string]any', ([s]) => mapFrom(text(s))],
  ['fromJsonArray', '(string) []any', ([s]) => listFrom(text(s))],
  ['mustFromJson', '(string) (any, error)', ([s]) => anyFrom(text(s))],
]);

/** The functions that "always return a string" swallow what cannot be written. */
export function orEmpty(write: () => string): string {
  try {
    return write();
  } catch (error) {
    if (error instanceof FunctionError) return '';
    throw error;
  }
}

/** What cannot be read stands under `Error`. */
function mapFrom(json: string): GoMap {
  try {
    const value = readJson(json);
    if (value instanceof GoMap) return value;
    return value === null ? new GoMap() : errorMap(mismatch(value, 'map[string]interface {}'));
  } catch (error) {
    if (error instanceof JsonFault) return errorMap(error.message);
    throw error;
  }
}

/** A dictionary that holds an error. */
export function errorMap(message: string): GoMap {
  return new GoMap(new Map([['Error', message]]));
}

function listFrom(json: string): GoSlice {
  try {
    const value = readJson(json);
    if (value instanceof GoSlice) return value;
    return value === null ? nilSlice() : new GoSlice([mismatch(value, '[]interface {}')]);
  } catch (error) {
    if (error instanceof JsonFault) return new GoSlice([error.message]);
    throw error;
  }
}

function anyFrom(json: string): Value {
  try {
    return readJson(json);
  } catch (error) {
    throw error instanceof JsonFault ? new FunctionError(error.message) : error;
  }
}

/** encoding/json's UnmarshalTypeError. */
export function mismatch(value: Value, wanted: string): string {
  return `json: cannot unmarshal ${jsonKind(value)} into Go value of type ${wanted}`;
}

function jsonKind(value: Value): string {
  if (value instanceof GoMap) return 'object';
  if (value instanceof GoSlice) return 'array';
  return typeof value === 'boolean' ? 'bool' : String(typeof value);
}

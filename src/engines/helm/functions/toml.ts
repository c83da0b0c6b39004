import type { TomlDate } from 'smol-toml';
import * as toml from 'smol-toml';
import { isRecord } from '../../../lib/json.ts';
import { FunctionError } from '../../gotemplate/exec/exec-error.ts';
import { GoMap, GoSlice, int64, type Meter, type Value } from '../../gotemplate/value/values.ts';
import { errorMap } from './data.ts';
import { GoTime } from './go-time.ts';
import { group, text } from './kit.ts';
import { fixedZone, utc } from './time-zone.ts';
import { writeToml } from './toml-write.ts';

/** TOML (Helm's own functions). */
export const tomlFunctions = group([
  ['toToml', '(any) string', ([value], runtime) => written(value, runtime)],
  ['mustToToml', '(any) string', ([value], runtime) => writeToml(value, runtime)],
  ['fromToml', '(string) map[string]any', ([s]) => read(text(s))],
]);

/** What cannot be written gives the error as text; but nil is an error, as in Helm. */
function written(value: Value, meter: Meter): string {
  try {
    return writeToml(value, meter);
  } catch (error) {
    if (error instanceof FunctionError && !error.message.startsWith('reflect:')) return error.message;
    throw error;
  }
}

/** What cannot be read stands under `Error`. */
function read(document: string): GoMap {
  try {
    const value = templateValue(toml.parse(document, { integersAsBigInt: true }));
    return value instanceof GoMap ? value : new GoMap();
  } catch (error) {
    if (error instanceof toml.TomlError) return errorMap(`toml: line ${error.line}: ${error.message.split('\n')[0]}`);
    throw error;
  }
}

/** A date without a zone stays text: Go gives it a zone of its own invention. */
function dateValue(date: TomlDate): Value {
  if (date.isLocal()) return date.toISOString();
  const offset = /([-+])(\d{2}):(\d{2})$/.exec(date.toISOString());
  const seconds = offset === null ? 0 : Number(offset[2]) * 3600 + Number(offset[3]) * 60;
  const zone = seconds === 0 ? utc : fixedZone('', offset?.[1] === '-' ? -seconds : seconds);
  return new GoTime(BigInt(date.getTime()) * 1_000_000n, zone);
}

function templateValue(value: unknown): Value {
  if (typeof value === 'bigint') return int64(value);
  if (Array.isArray(value)) return new GoSlice(value.map(templateValue));
  if (value instanceof toml.TomlDate) return dateValue(value);
  if (isRecord(value))
    return new GoMap(new Map(Object.entries(value).map(([key, item]) => [key, templateValue(item)])));
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

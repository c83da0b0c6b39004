import { printPlain } from '../../gotemplate/fmt/print-value.ts';
import { sprintf } from '../../gotemplate/fmt/printf.ts';
import { quote } from '../../gotemplate/parse/quote.ts';
import { GoMap, type Value } from '../../gotemplate/value/values.ts';
import { ChartError } from '../chart/fault.ts';
import type { ChartInstance } from '../chart/instance.ts';
import { deepCopy } from '../functions/dicts.ts';

/** Told of values that do not go together. */
export type Warn = (message: string) => void;

type Table = Map<string, Value>;

const GLOBAL = 'global';
/** Copies of values are not limited: they are no larger than what was read. */
const unlimited = { spend: (): void => undefined };

function copy(values: GoMap): GoMap {
  const copied = deepCopy(values, unlimited);
  return copied instanceof GoMap ? new GoMap(copied.entries) : new GoMap();
}

/**
 * The values of a chart and its dependencies, with those given laid over them (pkg/chart/common/util, CoalesceValues).
 * A null takes a value away. With `keepNulls` nulls stay (MergeValues). Throws ChartError.
 */
export function coalesceValues(chart: ChartInstance, given: GoMap, warn: Warn, keepNulls = false): GoMap {
  const values = copy(given);
  coalesce(chart, values.entries, '', { warn, merge: keepNulls });
  return values;
}

interface Mode {
  readonly warn: Warn;
  /** Nulls are values like others. */
  readonly merge: boolean;
}

function joined(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

function coalesce(chart: ChartInstance, target: Table, prefix: string, mode: Mode): void {
  coalesceOwn(chart, target, prefix, mode);
  for (const dependency of chart.dependencies) {
    const { name } = dependency;
    const present = target.has(name) ? target.get(name) : new GoMap();
    if (!(present instanceof GoMap)) throw new ChartError(`type mismatch on ${name}: ${sprintf('%t', [present])}`);
    target.set(name, present);
    const inner = joined(prefix, chart.name);
    coalesceGlobals(present.entries, target, inner, mode);
    coalesce(dependency, present.entries, inner, mode);
  }
}

/** A chart's own values under those that its parents and users give. */
function coalesceOwn(chart: ChartInstance, target: Table, prefix: string, mode: Mode): void {
  const { warn, merge } = mode;
  const path = joined(prefix, chart.name);
  for (const [key, value] of copy(chart.values).entries) {
    if (!target.has(key)) {
      if (!merge && value === null) continue;
      if (!merge && value instanceof GoMap) removeNulls(value.entries);
      target.set(key, value);
      continue;
    }
    const present = target.get(key);
    if ((present ?? null) === null) {
      if (!merge) target.delete(key);
    } else if (present instanceof GoMap) {
      if (value instanceof GoMap) mergeUnder(chart, key, present.entries, value.entries, path, mode);
      else if (value !== null) warn(`warning: skipped value for ${path}.${key}: Not a table.`);
    }
  }
}

function mergeUnder(chart: ChartInstance, key: string, target: Table, source: Table, path: string, mode: Mode): void {
  const isDependency = chart.dependencies.some(({ name }) => name === key);
  const merge = mode.merge || isDependency;
  if (!merge) removeNulls(source);
  coalesceTables(target, source, joined(path, key), { ...mode, merge });
}

function coalesceGlobals(target: Table, source: Table, prefix: string, { warn }: Mode): void {
  const into = target.has(GLOBAL) ? target.get(GLOBAL) : new GoMap();
  const from = source.has(GLOBAL) ? source.get(GLOBAL) : new GoMap();
  if (!(into instanceof GoMap) || !(from instanceof GoMap)) {
    const side = into instanceof GoMap ? 'source' : 'destination';
    warn(`warning: skipping globals because ${side} global is not a table.`);
    return;
  }
  for (const [key, value] of from.entries) coalesceGlobal(into.entries, key, value, prefix, warn);
  target.set(GLOBAL, into);
}

function coalesceGlobal(into: Table, key: string, value: Value, prefix: string, warn: Warn): void {
  const present = into.get(key);
  if (!(value instanceof GoMap)) {
    if (present instanceof GoMap) warn(`key ${key} is table. Skipping`);
    else into.set(key, value);
    return;
  }
  const copied = new GoMap(new Map(value.entries));
  if (!into.has(key)) into.set(key, copied);
  else if (present instanceof GoMap) {
    // What a parent says of a global wins over its children.
    coalesceTables(copied.entries, present.entries, joined(prefix, key), { warn, merge: true });
    into.set(key, copied);
  } else warn(`Conflict: cannot merge map onto non-map for ${quote(key)}. Skipping.`);
}

/** Lays a table over another one: what the target has wins (coalesceTablesFullKey). */
function coalesceTables(target: Table, source: Table, prefix: string, mode: Mode): void {
  const { warn, merge } = mode;
  /** Those of the source that a null takes away. */
  const taken = new Set<string>();
  target.forEach((value, key) => {
    if (value !== null) return;
    if ((source.get(key) ?? null) !== null) taken.add(key);
    source.set(key, null);
  });
  for (const [key, value] of source) {
    const path = joined(prefix, key);
    const present = target.get(key);
    if (!merge && present === null && taken.has(key)) target.delete(key);
    else if (!target.has(key)) target.set(key, value);
    else if (value instanceof GoMap) {
      if (present instanceof GoMap) coalesceTables(present.entries, value.entries, path, mode);
      else warn(`warning: cannot overwrite table with non table for ${path} (${printPlain(value)})`);
    } else if (present instanceof GoMap && value !== null)
      warn(`warning: destination for ${path} is a table. Ignoring non-table value (${printPlain(value)})`);
  }
}

/** {@link coalesceTables} for whole maps, nulls staying: the second under the first. */
export function mergeTables(target: GoMap, source: GoMap, warn: Warn): GoMap {
  coalesceTables(target.entries, source.entries, '', { warn, merge: true });
  return target;
}

/** The second under a copy of the first, whose nulls take values away (CoalesceTables). */
export function coalesceMaps(given: GoMap, source: GoMap, warn: Warn): GoMap {
  const values = copy(given);
  coalesceTables(values.entries, source.entries, '', { warn, merge: false });
  return values;
}

/** A copy that shares nothing. */
export function copyValues(values: GoMap): GoMap {
  return copy(values);
}

function removeNulls(table: Table): void {
  table.forEach((value, key) => {
    if (value === null) table.delete(key);
    else if (value instanceof GoMap) removeNulls(value.entries);
  });
}

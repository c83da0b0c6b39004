import { GoMap, GoSlice, type Meter, type Value } from '../../gotemplate/value/values.ts';
import { isEmpty } from './defaults.ts';
import { isNil } from './kit.ts';

/**
 * Merges a dictionary into another one, deeply: what is there and not empty wins, or with `overwrite` loses
 * (dario.cat/mergo, deepMerge). Maps of the source are not copied: they become shared. The meter counts entries.
 */
export function merge(
  target: Map<string, Value>,
  source: ReadonlyMap<string, Value>,
  overwrite: boolean,
  meter: Meter,
): void {
  for (const [key, value] of source) {
    meter.spend(8);
    const present = target.get(key);
    // A map that is merged into itself stays as it is.
    if (value instanceof GoMap && present instanceof GoMap && value !== present)
      merge(present.entries, value.entries, overwrite, meter);
    mergeEntry(target, key, value, overwrite);
  }
}

function mergeEntry(target: Map<string, Value>, key: string, value: Value, overwrite: boolean): void {
  if (isNil(value)) {
    if (overwrite) target.set(key, null);
    return;
  }
  const present = target.get(key);
  if (value instanceof GoSlice) mergeList(target, key, value, overwrite);
  if (target.has(key) && !isEmpty(present)) {
    if (value instanceof GoSlice) return;
    if (value instanceof GoMap && present instanceof GoMap) return;
  }
  if (overwrite || !target.has(key) || isEmpty(present)) target.set(key, value);
}

function mergeList(target: Map<string, Value>, key: string, value: GoSlice, overwrite: boolean): void {
  const isTargetEmpty = target.size === 0;
  if (overwrite || isTargetEmpty) target.set(key, value);
  else if (isNil(target.get(key))) target.set(key, new GoSlice([], value.type));
}

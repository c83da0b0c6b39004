import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { isRecord } from '../../../lib/json.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * The values of an upgrade that preserves those of the last release (pkg/action/upgrade.go, reuseValues): what was given
 * then, below what is given now; and in place of the new chart's own values everything that the last one had.
 */
export function reusedValues(
  { chart, config }: Pick<ReleaseRecord, 'chart' | 'config'>,
  given: Values,
): { readonly values: Values; readonly chartValues: Values } {
  const own = isRecord(chart['values']) ? chart['values'] : {};
  return { values: over(given, config, true), chartValues: over(config, own, false) };
}

/** `upper` over `lower`. A null takes away what lies below it, and goes with it unless it is kept for the next layer. */
function over(upper: Values, lower: Values, keepsNulls: boolean): Values {
  const result: Record<string, unknown> = {};
  for (const [key, below] of Object.entries(lower)) {
    const value = upper[key];
    if (value === undefined) result[key] = below;
    else if (value === null) continue;
    else result[key] = isRecord(value) && isRecord(below) ? over(value, below, keepsNulls) : value;
  }
  for (const [key, value] of Object.entries(upper)) {
    if (Object.hasOwn(lower, key) && !(value === null && keepsNulls)) continue;
    if (value !== null || keepsNulls) result[key] = value;
  }
  return result;
}

import { fromBytes } from '../../gotemplate/value/go-text.ts';
import { typeOf } from '../../gotemplate/value/types.ts';
import { GoInt, GoMap, GoSlice, type Value } from '../../gotemplate/value/values.ts';
import { ChartError } from '../chart/fault.ts';
import type { ChartInstance } from '../chart/instance.ts';
import { validateSchema } from './schema-validate.ts';

/**
 * Holds values to the schemas of a chart and its dependencies (pkg/chart/common/util/jsonschema.go). Throws ChartError
 * that names every violation.
 */
export function checkSchemas(chart: ChartInstance, values: GoMap): void {
  const found = violations(chart, values);
  if (found !== '')
    throw new ChartError(`values don't meet the specifications of the schema(s) in the following chart(s):\n${found}`);
}

/** What is wrong with values by one schema (ValidateAgainstSingleSchema); undefined when nothing is. */
export function schemaFault(schema: string, values: GoMap): string | undefined {
  return validateSchema(schema, plain(values));
}

function violations(chart: ChartInstance, values: GoMap): string {
  const { schema } = chart.chart;
  let found = '';
  if (schema !== undefined) {
    const errors = validateSchema(fromBytes(schema), plain(values));
    if (errors !== undefined) found += `${chart.name}:\n${errors}`;
  }
  for (const dependency of chart.dependencies) {
    const inner = values.entries.get(dependency.name) ?? null;
    if (inner instanceof GoMap) found += violations(dependency, inner);
    else if (inner !== null)
      found += `${dependency.name}:\ninvalid type for values: expected object (map), got ${typeOf(inner)}\n`;
  }
  return found;
}

/** Values as plain data, without prototypes. */
function plain(value: Value): unknown {
  if (value instanceof GoMap) {
    const out: Record<string, unknown> = Object.create(null);
    for (const [key, entry] of value.entries) out[key] = plain(entry);
    return out;
  }
  if (value instanceof GoSlice) return value.items.map(plain);
  return value instanceof GoInt ? Number(value.value) : value;
}

import { GoInt, GoMap, GoSlice, type Value } from '../../gotemplate/value/values.ts';
import type { ChartFile } from '../chart/chart.ts';
import type { ChartInstance } from '../chart/instance.ts';
import type { Dependency, Metadata } from '../chart/metadata.ts';
import { base64 } from '../functions/base64.ts';

/**
 * A chart as a release keeps it: as it was rendered, with the values of its dependencies, but without these themselves,
 * which are in the manifest (pkg/chart/v2/chart.go). Helm also writes when files were changed, which nobody reads.
 */
export function chartRecord({ chart, metadata, values, hasChosen }: ChartInstance): Record<string, unknown> {
  const { templates, schema, files } = chart;
  return {
    metadata: metadataRecord(metadata, hasChosen),
    lock: null,
    templates: templates.map(fileRecord),
    values: valueRecord(values),
    schema: schema === undefined ? null : base64(schema),
    files: files.map(fileRecord),
  };
}

function fileRecord({ name, data }: ChartFile): Record<string, unknown> {
  return { name, data: base64(data) };
}

/** Chart.yaml as JSON: what it does not say is left out. */
export function metadataRecord(metadata: Metadata, areEnabled: boolean): Record<string, unknown> {
  const { annotations, dependencies, deprecated, maintainers, ...rest } = metadata;
  return present({
    ...rest,
    annotations: annotations.size === 0 ? undefined : Object.fromEntries(annotations),
    dependencies: dependencies?.map((one) => dependencyRecord(one, areEnabled)),
    deprecated: deprecated ? true : undefined,
    maintainers: maintainers.map((maintainer) => present({ ...maintainer })),
  });
}

/** An entry of `dependencies` as JSON. */
export function dependencyRecord({ importValues, repository, ...rest }: Dependency, isEnabled: boolean): unknown {
  const enabled = isEnabled ? true : undefined;
  return { ...present({ ...rest, enabled, 'import-values': importValues.map(valueRecord) }), repository };
}

/** Leaves out what is empty, as Go's `omitempty` does. */
function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

/** Values as JSON has them. */
export function valueRecord(value: Value): unknown {
  if (value instanceof GoMap)
    return Object.fromEntries([...value.entries].map(([key, item]) => [key, valueRecord(item)]));
  if (value instanceof GoSlice) return value.items.map(valueRecord);
  return value instanceof GoInt ? Number(value.value) : (value ?? null);
}

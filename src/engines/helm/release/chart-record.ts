import { GoInt, GoMap, GoSlice, type Value } from '../../gotemplate/value/values.ts';
import type { Chart, ChartFile } from '../chart/chart.ts';
import type { Dependency, Metadata } from '../chart/metadata.ts';
import { base64 } from '../functions/base64.ts';

/** A chart as a release keeps it: without its dependencies, which are in the manifest (pkg/chart/v2/chart.go). */
export function chartRecord({ metadata, templates, values, schema, files }: Chart): Record<string, unknown> {
  return {
    metadata: metadataRecord(metadata),
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

function metadataRecord(metadata: Metadata): Record<string, unknown> {
  const { annotations, dependencies, deprecated, maintainers, ...rest } = metadata;
  return present({
    ...rest,
    annotations: annotations.size === 0 ? undefined : Object.fromEntries(annotations),
    dependencies: dependencies?.map(dependencyRecord),
    deprecated: deprecated ? true : undefined,
    maintainers: maintainers.map((maintainer) => present({ ...maintainer })),
  });
}

function dependencyRecord({ importValues, repository, ...rest }: Dependency): Record<string, unknown> {
  return { ...present({ ...rest, 'import-values': importValues.map(valueRecord) }), repository };
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

import { type PackedFile, packChart } from '../../../artifact/chart-archive.ts';
import type { Chart } from '../../../engines/helm/chart/chart.ts';
import { dependencyRecord, metadataRecord } from '../../../engines/helm/release/chart-record.ts';
import { emitYaml } from '../../../yaml/emit.ts';
import { goTime, zeroTime } from '../helm/go-time.ts';

/**
 * The archive of a chart as Helm packs it (pkg/chart/v2/util/save.go): Chart.yaml and Chart.lock written anew, the
 * other files as they are, dependencies unpacked into `charts`. Equal charts give equal bytes.
 */
export function packageChart(chart: Chart): Uint8Array {
  return packChart(chart.metadata.name, [...filesOf(chart)]);
}

function* filesOf({
  metadata,
  lock,
  valuesFile,
  schema,
  templates,
  files,
  dependencies,
}: Chart): Generator<PackedFile> {
  const isOld = metadata.apiVersion === 'v1';
  // Charts of Helm 2 have their dependencies in requirements.yaml, which is among the files.
  yield text(
    'Chart.yaml',
    emitYaml(metadataRecord(isOld ? { ...metadata, dependencies: undefined } : metadata, false)),
  );
  if (lock !== undefined && !isOld) {
    const { generated, digest } = lock;
    const locked = {
      dependencies: lock.dependencies.map((one) => dependencyRecord(one, false)),
      digest,
      generated: generated === '' ? zeroTime : goTime(generated),
    };
    yield text('Chart.lock', emitYaml(locked));
  }
  if (valuesFile !== undefined) yield { name: 'values.yaml', data: valuesFile };
  if (schema !== undefined) yield { name: 'values.schema.json', data: schema };
  yield* templates;
  yield* files;
  for (const dependency of dependencies) {
    for (const { name, data } of filesOf(dependency))
      yield { name: `charts/${dependency.metadata.name}/${name}`, data };
  }
}

function text(name: string, content: string): PackedFile {
  return { name, data: Buffer.from(content) };
}

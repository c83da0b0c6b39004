import { FunctionError } from '../../../engines/gotemplate/exec/exec-error.ts';
import { fromBytes } from '../../../engines/gotemplate/value/go-text.ts';
import { GoMap } from '../../../engines/gotemplate/value/values.ts';
import type { Chart } from '../../../engines/helm/chart/chart.ts';
import { mergeMaps } from '../../../engines/helm/chart/load.ts';
import { mismatch } from '../../../engines/helm/functions/data.ts';
import { readYaml, writeYaml } from '../../../engines/helm/functions/yaml.ts';
import { BuildError } from './build-error.ts';

/** The values of several files, later ones winning, and which files there were. */
export interface MergedValues {
  readonly values: GoMap;
  readonly files: readonly string[];
}

/**
 * Merges values files. `read` gives the values of one, or nothing where there is no such file: `missing` says so in
 * words. Throws BuildError (builder_remote.go, mergeChartValues; builder_local.go, mergeFileValues).
 */
export function mergeValuesFiles(
  paths: readonly string[],
  {
    ignoreMissing,
    prefix = '',
    read,
    missing,
  }: {
    readonly ignoreMissing: boolean;
    /** What messages begin with. */
    readonly prefix?: string;
    read(path: string): GoMap | Uint8Array | undefined;
    missing(path: string): string;
  },
): MergedValues {
  let values = new GoMap();
  const files: string[] = [];
  for (const path of paths) {
    const found = read(path);
    if (found === undefined) {
      if (ignoreMissing) continue;
      throw new BuildError('ValuesFilesError', `${prefix}${missing(path)}`);
    }
    values = mergeMaps(values, found instanceof GoMap ? found : parseValues(found, path, prefix));
    files.push(path);
  }
  return { values, files };
}

function parseValues(data: Uint8Array, path: string, prefix: string): GoMap {
  try {
    const document = readYaml(fromBytes(data));
    if (document instanceof GoMap) return document;
    if (document === null) return new GoMap();
    throw new FunctionError(
      `error unmarshaling JSON: while decoding JSON: ${mismatch(document, 'map[string]interface {}')}`,
    );
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    const problem = `${prefix}unmarshaling values from '${path}' failed: ${error.message}`;
    throw new BuildError('ValuesFilesError', problem, { cause: error });
  }
}

/**
 * The chart with these values in its values.yaml; undefined when they are just what it has. Throws BuildError for a
 * chart without a values.yaml (internal/helm/chart/metadata.go, OverwriteChartDefaultValues).
 */
export function withDefaultValues(chart: Chart, values: GoMap): Chart | undefined {
  if (chart.valuesFile === undefined)
    throw new BuildError('ValuesFilesError', 'failed to locate values file: values.yaml');
  const valuesFile = Buffer.from(values.entries.size === 0 ? '' : `${writeYaml(values)}\n`);
  return valuesFile.equals(chart.valuesFile) ? undefined : { ...chart, values, valuesFile };
}

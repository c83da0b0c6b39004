import type { GoMap } from '../../gotemplate/value/values.ts';
import type { ChartLock, Metadata } from './metadata.ts';

/** A file of a chart. */
export interface ChartFile {
  /** Relative to the chart, with forward slashes. */
  readonly name: string;
  readonly data: Uint8Array;
}

/** A chart as it was read. It is never changed: rendering works on {@link ChartInstance}s. */
export interface Chart {
  readonly metadata: Metadata;
  /** The values of values.yaml. */
  readonly values: GoMap;
  /** values.yaml itself; undefined when there is none. */
  readonly valuesFile: Uint8Array | undefined;
  /** Chart.lock, or requirements.lock of charts of Helm 2. */
  readonly lock: ChartLock | undefined;
  /** values.schema.json. */
  readonly schema: Uint8Array | undefined;
  readonly templates: readonly ChartFile[];
  /** Everything that is neither a template nor one of the chart's own files. */
  readonly files: readonly ChartFile[];
  /** The charts in `charts`. */
  readonly dependencies: readonly Chart[];
}

/** Whether the chart only lends its definitions to others. */
export function isLibrary({ metadata }: Pick<Chart, 'metadata'>): boolean {
  return metadata.type.toLowerCase() === 'library';
}

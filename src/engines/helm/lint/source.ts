import type { Chart } from '../chart/chart.ts';

/** A chart's directory, as it is looked at. */
export interface LintSource {
  /** The directory, as it is named. */
  readonly dir: string;
  /** What lies at a path in it; undefined for nothing. */
  kindOf(path: string): 'file' | 'directory' | undefined;
  /** The text of a file. Throws Error with Go's text when it cannot be read. */
  text(path: string): string;
  /** The chart. Throws ChartError. */
  load(): Chart;
}

import type { GoMap } from '../../gotemplate/value/values.ts';
import type { Chart, ChartFile } from './chart.ts';
import type { Metadata } from './metadata.ts';

/** A chart as one release uses it: with its place among other charts, an alias, and imported values. */
export class ChartInstance {
  readonly chart: Chart;
  metadata: Metadata;
  values: GoMap;
  parent: ChartInstance | undefined;
  dependencies: readonly ChartInstance[] = [];
  /** Whether the dependencies that its metadata names are those that are switched on. */
  hasChosen = false;

  constructor(chart: Chart) {
    this.chart = chart;
    this.metadata = chart.metadata;
    this.values = chart.values;
    this.setDependencies(chart.dependencies.map((one) => new ChartInstance(one)));
  }

  get name(): string {
    return this.metadata.name;
  }

  get isRoot(): boolean {
    return this.parent === undefined;
  }

  get templates(): readonly ChartFile[] {
    return this.chart.templates;
  }

  get files(): readonly ChartFile[] {
    return this.chart.files;
  }

  /** `parent/charts/child`: aliases count. */
  get fullPath(): string {
    return this.parent === undefined ? this.name : `${this.parent.fullPath}/charts/${this.name}`;
  }

  setDependencies(dependencies: readonly ChartInstance[]): void {
    this.dependencies = dependencies;
    for (const dependency of dependencies) dependency.parent = this;
  }

  /** The same chart under another name; its dependencies are its own. */
  copy(name: string): ChartInstance {
    const made = new ChartInstance(this.chart);
    made.metadata = { ...this.metadata, name };
    made.values = this.values;
    return made;
  }
}

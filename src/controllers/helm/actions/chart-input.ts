import type { Hook, Manifest } from '../../../engines/helm/release/manifests.ts';

type Values = Readonly<Record<string, unknown>>;

/** What a chart is rendered for. */
export interface RenderWhat {
  readonly revision: number;
  readonly isUpgrade: boolean;
  readonly skipSchemaValidation: boolean;
  /** What the cluster can do is asked anew: there are new definitions. */
  readonly fresh?: boolean;
  /** These take the place of the values that were given. */
  readonly values?: Values;
  /** These take the place of the values of the chart itself. */
  readonly chartValues?: Values;
}

/** A chart as it is released. */
export interface RenderedChart {
  readonly manifests: readonly Manifest[];
  readonly hooks: readonly Hook[];
  readonly notes: string;
  /** As the release keeps it. */
  readonly chart: Values;
}

/** A file of a chart's `crds`. */
export interface DefinitionFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** A chart with everything that decides what it becomes. */
export interface ChartInput {
  readonly name: string;
  readonly version: string;
  /** What users gave, as the release keeps it. */
  readonly values: Values;
  /** Whether there are files in `crds` at all. */
  readonly hasDefinitions: boolean;
  /** The definitions of the chart, and of its dependencies that take part with these values. */
  definitions(signal: AbortSignal): Promise<readonly DefinitionFile[]>;
  /** Everything rendered, post-renderers included. Throws ActionError with Helm's message. */
  render(what: RenderWhat, signal: AbortSignal): Promise<RenderedChart>;
}

import type { MessagePort } from 'node:worker_threads';
import type { Limits } from '../../../engines/gotemplate/exec/limits.ts';
import type { Capabilities } from '../../../engines/helm/render/capabilities.ts';
import type { ReleaseInfo, Rendered } from '../../../engines/helm/template.ts';
import type { PostRenderers } from './post-renderers.ts';

/** A packed chart. */
export interface PackedChart {
  /** Absolute path of the .tgz. */
  readonly path: string;
  /** What it holds: a chart is read once per digest. */
  readonly digest: string;
  /** Takes the place of the version that Chart.yaml has. */
  readonly version?: string;
}

/** A chart to be rendered in another thread. */
export interface RenderRequest {
  readonly task: 'render';
  readonly chart: PackedChart;
  /** What users give, as YAML. */
  readonly values: string;
  /** Take the place of the values of the chart itself; YAML. */
  readonly chartValues?: string;
  readonly release: ReleaseInfo;
  readonly capabilities: Capabilities;
  readonly postRenderers?: PostRenderers;
  readonly strict?: boolean;
  readonly skipSchemaValidation?: boolean;
  readonly subNotes?: boolean;
  readonly limits?: Partial<Limits>;
}

/** A chart to be looked at. */
export interface DescribeRequest {
  readonly task: 'describe';
  readonly chart: PackedChart;
}

/** A chart whose definitions are wanted. */
export interface DefinitionsRequest {
  readonly task: 'definitions';
  readonly chart: PackedChart;
  /** Decide which dependencies take part; YAML. */
  readonly values: string;
}

/** What `lookup` asks for. */
export interface LookupQuestion {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  /** Empty for all of the kind. */
  readonly name: string;
}

/** What `getHostByName` asks for. */
export interface HostQuestion {
  readonly host: string;
}

/** What a template asks the process while it is rendered. */
export type Question = LookupQuestion | HostQuestion;

/** What was found, in the shape that the question asks for. */
export type Answer<T> = { readonly found: T } | { readonly failed: string };

/** A request as it is sent: with the way to ask back. */
export interface SentRequest extends RenderRequest {
  /** Where questions go; without it nothing is found. */
  readonly questions?: MessagePort;
  /** Which questions the process answers. */
  readonly answers?: { readonly lookup: boolean; readonly addresses: boolean };
  /** Counts the answers, for a thread that sleeps until there is one. */
  readonly answered?: Int32Array<SharedArrayBuffer>;
}

export interface RenderedRelease extends Pick<Rendered, 'manifests' | 'hooks' | 'crds' | 'notes'> {
  /** The chart as a release keeps it. */
  readonly chart: Readonly<Record<string, unknown>>;
  /** Values that do not go together. */
  readonly warnings: readonly string[];
}

/** What is known of a chart without rendering it. */
export interface ChartDescription {
  readonly name: string;
  /** As Chart.yaml has it. */
  readonly version: string;
  readonly appVersion: string;
  /** Whether it, or a chart in it, has files in `crds`. */
  readonly hasDefinitions: boolean;
}

/** A chart's definitions (`crds`). */
export interface ChartDefinitions {
  readonly crds: Rendered['crds'];
}

/** The thread could not do what it was asked; the message is Helm's. */
export interface Refused {
  readonly failed: string;
}

/** What the thread answers. */
export type ThreadAnswer = RenderedRelease | ChartDescription | ChartDefinitions | Refused;

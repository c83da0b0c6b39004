import type { MessagePort } from 'node:worker_threads';
import type { Limits } from '../../../engines/gotemplate/exec/limits.ts';
import type { Capabilities } from '../../../engines/helm/render/capabilities.ts';
import type { ReleaseInfo, Rendered } from '../../../engines/helm/template.ts';

/** A chart to be rendered in another thread. */
export interface RenderRequest {
  readonly chart: {
    /** Absolute path of the .tgz. */
    readonly path: string;
    /** What it holds: a chart is read once per digest. */
    readonly digest: string;
  };
  /** What users give, as YAML. */
  readonly values: string;
  readonly release: ReleaseInfo;
  readonly capabilities: Capabilities;
  readonly strict?: boolean;
  readonly skipSchemaValidation?: boolean;
  readonly subNotes?: boolean;
  readonly limits?: Partial<Limits>;
}

/** What `lookup` asks for. */
export interface LookupQuestion {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  /** Empty for all of the kind. */
  readonly name: string;
}

export type LookupAnswer =
  | { readonly found: Readonly<Record<string, unknown>> | undefined }
  | { readonly failed: string };

/** A request as it is sent: with the way to ask back. */
export interface SentRequest extends RenderRequest {
  /** Where questions go; without it nothing is found. */
  readonly questions?: MessagePort;
  /** Counts the answers, for a thread that sleeps until there is one. */
  readonly answered?: Int32Array<SharedArrayBuffer>;
}

export interface RenderedRelease extends Pick<Rendered, 'manifests' | 'hooks' | 'crds' | 'notes'> {
  /** Values that do not go together. */
  readonly warnings: readonly string[];
}

/** What the thread answers. */
export type RenderAnswer = RenderedRelease | { readonly failed: string };

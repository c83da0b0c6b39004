import type { SchemaLookup } from '../../patch/merge-schema.ts';
import type { ResourceFactory } from '../resource/factory.ts';
import type { ResMap } from '../resource/res-map.ts';
import type { Resource } from '../resource/resource.ts';
import type { Loader } from '../target/loader.ts';

/** Which release of kustomize is followed where releases differ. */
export type KustomizeVersion = 'v5.8.1' | 'v5.8.2';

/** What transformers and generators are made with. */
export interface PluginContext {
  /** Reads files next to the kustomization. */
  readonly loader: Loader;
  readonly factory: ResourceFactory;
  readonly schemaFor: SchemaLookup;
  readonly version: KustomizeVersion;
}

/** Changes objects in place. Throws BuildError. */
export interface Transformer {
  transform(map: ResMap): void;
}

/** Makes objects. Throws BuildError. */
export interface Generator {
  generate(): Resource[];
}

import type { Tree } from '../../lib/tree.ts';
import { emitYaml } from '../../yaml/emit.ts';
import { NodeKindError } from '../../yaml/fields.ts';
import { jsonValue } from '../../yaml/json-value.ts';
import type { YamlNode } from '../../yaml/node.ts';
import { YamlError } from '../../yaml/yaml-error.ts';
import { Budget, type BuildLimits } from './budget.ts';
import { BuildError, located, prefixed, told } from './build-error.ts';
import { fieldSpec } from './config/field-spec.ts';
import { SchemaRegistry } from './openapi/registry.ts';
import { collect } from './problems.ts';
import { refusingRemotes } from './remote/fetched.ts';
import type { RemoteAnswers } from './remote/remote-source.ts';
import { localConfigAnnotation, originAnnotation, transformationsAnnotation } from './resource/annotations.ts';
import { ResourceFactory } from './resource/factory.ts';
import { annotationOf, metaField } from './resource/metadata.ts';
import { idText } from './resource/res-id.ts';
import { ResMap } from './resource/res-map.ts';
import type { Resource } from './resource/resource.ts';
import type { Accumulator } from './target/accumulator.ts';
import { KustTarget } from './target/kust-target.ts';
import { Loader } from './target/loader.ts';
import { hashTransformer } from './transformers/hash.ts';
import { mapTransformer } from './transformers/labels.ts';
import { nameReferenceTransformer } from './transformers/name-reference.ts';
import { sortResources } from './transformers/sort-order.ts';
import type { KustomizeVersion } from './transformers/transformer.ts';

export { BuildError } from './build-error.ts';

/** How a build is done; the defaults are those of `kustomize build`. */
export interface BuildOptions {
  /** The order of the result unless the kustomization has `sortOptions`: as read, or by kinds (the default). */
  readonly reorder?: 'none' | 'legacy' | 'unspecified';
  /** `rootOnly` (the default): files must lie in or below the kustomization that names them. */
  readonly loadRestrictions?: 'rootOnly' | 'none';
  /** Refuses absolute paths, and paths that leave the tree: else `..` at its root stays there, as on a disk. */
  readonly confined?: boolean;
  /** Labels every object `app.kubernetes.io/managed-by: kustomize-<managedByVersion>`. */
  readonly addManagedByLabel?: boolean;
  readonly managedByVersion?: string;
  /** The release to follow where releases differ; v5.8.1 is what Flux 2.9 has. */
  readonly version?: KustomizeVersion;
  /** More values for the field `buildMetadata`. */
  readonly buildMetadata?: readonly string[];
  /** `add`: schemas of the field `openapi` come on top of the built-in ones, as in Flux; else they replace them. */
  readonly customSchemas?: 'replace' | 'add';
  /** What is not in the tree; without it, remote resources are refused. See build-remote.ts for how it is fetched. */
  readonly remotes?: RemoteAnswers;
  /** How deep kustomizations may refer to each other (default 100). */
  readonly maxDepth?: number;
  /** Bounds on what the build reads and copies. */
  readonly limits?: Partial<BuildLimits>;
}

/** Where a build begins: a directory of the tree, or a kustomization in a repository. */
export type BuildDir = string | { readonly url: string };

/** What a build gives. */
export interface BuildResult {
  /** The objects as plain JSON values in the order of the result, members in the order in which they are written. */
  readonly objects: readonly Readonly<Record<string, unknown>>[];
  /** What the original prints on standard error: deprecated fields in use. */
  readonly warnings: readonly string[];
  /** The objects as `kustomize build` prints them. */
  toYaml(): string;
}

/**
 * Builds the kustomization in a directory of a tree, as `kustomize build` does: without plugins, Helm, or access to
 * anything but the tree. `dir` is relative to the tree's root; `{ url }` names one in a repository among the remotes.
 * Throws {@link BuildError}.
 */
export function build(tree: Tree, dir: BuildDir, options: BuildOptions = {}): BuildResult {
  try {
    return buildTree(tree, dir, options);
  } catch (error) {
    if (error instanceof BuildError) throw told(error);
    if (error instanceof YamlError || error instanceof NodeKindError)
      throw told(prefixed(error, `building '${shown(dir)}'`));
    throw error;
  }
}

function shown(dir: BuildDir): string {
  return typeof dir === 'string' ? dir : dir.url;
}

function buildTree(tree: Tree, dir: BuildDir, options: BuildOptions): BuildResult {
  const { version = 'v5.8.2', buildMetadata = [] } = options;
  const registry = new SchemaRegistry({ version, additive: options.customSchemas === 'add' });
  const factory = new ResourceFactory((apiVersion, kind) => registry.isClusterScoped(apiVersion, kind));
  const warnings: string[] = [];
  const loading = {
    rootOnly: options.loadRestrictions !== 'none',
    confined: options.confined === true,
    refuseAmbiguous: version === 'v5.8.2',
    maxDepth: options.maxDepth ?? 100,
    budget: new Budget(options.limits),
    remotes: options.remotes ?? refusingRemotes('remote resources are not enabled'),
  };
  const loader = typeof dir === 'string' ? Loader.at(tree, dir, loading) : Loader.atUrl(dir.url, loading);
  const target = KustTarget.outermost({ factory, registry, version, buildMetadata, warnings }, loader);
  const accumulated = target.accumulate();
  try {
    complete(accumulated, target, options);
  } catch (error) {
    throw located(error, target.at());
  }
  const objects = collect(accumulated.map.resources, objectOf);
  return { objects, warnings, toYaml: () => objects.map(emitYaml).join('---\n') };
}

/** What is done once, when all objects are together (api/krusty/kustomizer.go, Run). */
function complete(accumulated: Accumulator, target: KustTarget, options: BuildOptions): void {
  hashTransformer.transform(accumulated.map);
  nameReferenceTransformer(accumulated.config.nameReference).transform(accumulated.map);
  accumulated.resolveVars(target.budget);
  dropLocal(accumulated.map);
  finish(accumulated.map, target, options);
}

/**
 * Leaves out what is only there for tools. It is told apart by ids: what has become the same as an object that stays,
 * stays (kusttarget.go, IgnoreLocal). Throws {@link BuildError} on equal ids and on what is no object any more.
 */
function dropLocal(map: ResMap): void {
  map.dropEmpty();
  for (const resource of map.resources) assertWhole(resource);
  const staying = new ResMap();
  staying.appendAll(map.resources.filter(({ node }) => !isLocal(node)));
  const ids = new Set(staying.resources.map((resource) => idText(resource.id())));
  map.filter((resource) => ids.has(idText(resource.id())));
}

function assertWhole(resource: Resource): void {
  const { node, kind, file } = resource;
  if (kind === '') throw new BuildError(`missing kind in object ${idText(resource.id())}`, { file, field: 'kind' });
  if (!kind.endsWith('List') && metaField(node, 'name') === '') {
    throw new BuildError(`missing metadata.name in object ${idText(resource.id())}`, { file, field: 'metadata.name' });
  }
}

function isLocal(node: YamlNode): boolean {
  const local = annotationOf(node, localConfigAnnotation);
  return local !== undefined && local !== 'false';
}

function finish(map: ResMap, { kustomization, buildMetadata }: KustTarget, options: BuildOptions): void {
  const { reorder = 'unspecified', managedByVersion = options.version ?? 'v5.8.2' } = options;
  if (kustomization.sortOptions !== undefined) sortResources(map, kustomization.sortOptions);
  else if (reorder !== 'none') sortResources(map, { order: 'legacy' });
  if (options.addManagedByLabel === true || buildMetadata.includes('managedByLabel')) {
    const pairs = { 'app.kubernetes.io/managed-by': `kustomize-${managedByVersion}` };
    mapTransformer(pairs, [fieldSpec('metadata/labels', { create: true })]).transform(map);
  }
  for (const resource of map.resources) {
    resource.removeBuildAnnotations();
    if (!buildMetadata.includes('originAnnotations')) removeAnnotation(resource, originAnnotation);
    if (!buildMetadata.includes('transformerAnnotations')) removeAnnotation(resource, transformationsAnnotation);
  }
}

/** Also makes texts of the annotations that stay, and takes an empty field away. */
function removeAnnotation(resource: Resource, name: string): void {
  const annotations = resource.annotations();
  annotations.delete(name);
  resource.setAnnotations(annotations);
}

function objectOf(resource: Resource): Readonly<Record<string, unknown>> {
  try {
    return jsonValue(resource.node) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw prefixed(error, idText(resource.id()), { file: resource.file });
  }
}

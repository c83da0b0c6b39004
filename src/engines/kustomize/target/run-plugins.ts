import { jsonEqual } from '../../../lib/json.ts';
import { jsonValue } from '../../../yaml/json-value.ts';
import { BuildError, type BuildErrorPlace, located, prefixed } from '../build-error.ts';
import type { Kustomization } from '../kustomization/types.ts';
import { collect } from '../problems.ts';
import { metaMap, setMetaMap } from '../resource/metadata.ts';
import { idText } from '../resource/res-id.ts';
import type { ResMap } from '../resource/res-map.ts';
import type { Resource } from '../resource/resource.ts';
import type { Generator, PluginContext, Transformer } from '../transformers/transformer.ts';
import type { Accumulator } from './accumulator.ts';
import { builtinGenerators, builtinTransformers } from './configure.ts';
import { addOrigin, addTransformation, type Origin, originOfPlugin } from './origin.ts';
import { pluginGenerator, pluginTransformer } from './plugins.ts';

/** The kustomization that asks for generators, transformers and validators. */
export interface Asker {
  readonly kustomization: Kustomization;
  readonly pluginContext: PluginContext;
  /** A field of it, for errors. */
  at(field?: string): BuildErrorPlace;
  /** Who is to be noted as the maker of what a field of it does; undefined when nothing is noted. */
  builtinOrigin(kind: string): Origin | undefined;
  /** The objects by which plugins are configured, from files, directories or written in place. */
  pluginConfigs(entries: readonly string[]): readonly Resource[];
}

/** A transformer or generator, and who asked for it when that is to be told. */
interface Step<T> {
  readonly plugin: T;
  readonly origin: Origin | undefined;
}

const validatedBy = 'validated-by';

/** Adds what is generated: by the fields of the kustomization first, then by plugins. */
export function runGenerators(asker: Asker, into: Accumulator): void {
  const plugins = pluginSteps(asker, asker.kustomization.generators, pluginGenerator, 'loading generator plugins');
  const generated = [...generateBuiltin(asker), ...generate(asker, plugins)];
  try {
    into.map.absorb(generated, asker.pluginContext.version);
  } catch (error) {
    throw prefixed(error, 'merging from generator', asker.at());
  }
}

/** What the fields of the kustomization generate. */
export function generateBuiltin(asker: Asker): Resource[] {
  const generators = configured(asker, () => builtinGenerators(asker.kustomization, asker.pluginContext));
  return generate(
    asker,
    generators.map(({ kind, plugin }) => ({ plugin, origin: asker.builtinOrigin(kind) })),
  );
}

function generate(asker: Asker, steps: readonly Step<Generator>[]): Resource[] {
  return collect(steps, ({ plugin, origin }) => {
    const resources = configured(asker, () => plugin.generate());
    addOrigin(resources, origin);
    return resources;
  }).flat();
}

/** Transforms as the fields of the kustomization say, in their fixed order, then by plugins. */
export function runTransformers(asker: Asker, into: Accumulator): void {
  const transform = ({ plugin, origin }: Step<Transformer>): void => {
    configured(asker, () => plugin.transform(into.map));
    if (origin !== undefined) addTransformation(into.map.resources, origin);
    into.map.dropEmpty();
  };
  // Of the entries of one field all are tried: several patches may match nothing.
  for (const [kind, similar] of Map.groupBy(configureBuiltin(asker, into), (one) => one.kind)) {
    collect(similar, ({ plugin }) => transform({ plugin, origin: asker.builtinOrigin(kind) }));
  }
  const { transformers } = asker.kustomization;
  pluginSteps(asker, transformers, pluginTransformer, 'loading transformer plugins').forEach(transform);
}

/** The transformers that the fields of the kustomization ask for, with their files read. */
export function configureBuiltin(asker: Asker, into: Accumulator): ReturnType<typeof builtinTransformers> {
  return configured(asker, () => builtinTransformers(asker.kustomization, into.config, asker.pluginContext));
}

/** Validators are transformers that must change nothing but a label. */
export function runValidators(asker: Asker, into: Accumulator): void {
  const { validators } = asker.kustomization;
  for (const { plugin } of pluginSteps(asker, validators, pluginTransformer, 'loading validators')) {
    const before = snapshot(into.map);
    configured(asker, () => plugin.transform(into.map));
    for (const resource of into.map.resources) removeValidatedBy(resource);
    if (!jsonEqual(before, snapshot(into.map)))
      throw new BuildError("validator shouldn't modify the resource map", asker.at('validators'));
  }
}

function pluginSteps<T>(
  asker: Asker,
  entries: readonly string[] | undefined,
  make: (resource: Resource, context: PluginContext) => T,
  what: string,
): Step<T>[] {
  if (entries === undefined) return [];
  try {
    return asker.pluginConfigs(entries).map((resource) => ({
      plugin: make(resource, asker.pluginContext),
      origin: originOfPlugin(resource),
    }));
  } catch (error) {
    throw prefixed(error, what, asker.at());
  }
}

/** Does what the kustomization asks for; what fails without naming a file is its fault. */
function configured<T>(asker: Asker, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw located(error, asker.at());
  }
}

function snapshot(map: ResMap): Record<string, unknown> {
  return Object.fromEntries(map.resources.map((resource) => [idText(resource.id()), jsonValue(resource.node)]));
}

function removeValidatedBy({ node }: Resource): void {
  const labels = metaMap(node, 'labels');
  if (labels.delete(validatedBy)) setMetaMap(node, 'labels', labels);
}

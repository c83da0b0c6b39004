import { BuildError } from '../build-error.ts';
import { collect } from '../problems.ts';
import type { Resource } from '../resource/resource.ts';
import { mergePatchInto } from './strategic-merge.ts';
import type { PluginContext, Transformer } from './transformer.ts';

/** What `patchesStrategicMerge`, or the transformer of that name, says. */
export interface StrategicMergeArgs {
  /** Files, or patches themselves. */
  readonly paths?: readonly string[] | undefined;
  readonly patches?: string | undefined;
}

/** Patches for the objects that they name (PatchStrategicMergeTransformer; deprecated in favour of `patches`). */
export function strategicMergeTransformer(
  { paths = [], patches = '' }: StrategicMergeArgs,
  context: PluginContext,
): Transformer {
  const place = { field: 'patchesStrategicMerge' };
  if (paths.length === 0 && patches === '') throw new BuildError('empty file path and empty patch content', place);
  const loaded = collect(paths, (path) => load(path, context)).flat();
  if (patches !== '') loaded.push(...context.factory.fromText(patches));
  if (loaded.length === 0) {
    throw new BuildError(`patch appears to be empty; files=[${paths.join(' ')}], Patch=${patches}`, place);
  }
  return {
    transform: (map) => {
      collect(loaded, (patch) => mergePatchInto(map, [map.byAnyId(patch.originalId())], patch, context.schemaFor));
    },
  };
}

/** What can be read as a patch is one; the rest are names of files. */
function load(path: string, { factory, loader }: PluginContext): Resource[] {
  try {
    return factory.fromText(path);
  } catch {
    return factory.fromText(loader.text(path), loader.pathOf(path));
  }
}

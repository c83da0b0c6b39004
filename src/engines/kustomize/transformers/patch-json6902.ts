import type { JsonPatchOperation } from '../../patch/json-patch.ts';
import { BuildError, prefixed } from '../build-error.ts';
import type { Selector } from '../kustomization/types.ts';
import { selectResources } from '../resource/select.ts';
import { applyPatch, inlinePatch, parseJsonPatch } from './json-patch.ts';
import type { PluginContext, Transformer } from './transformer.ts';

/** What an entry of `patchesJson6902` says. */
export interface Json6902Args {
  readonly target?: Selector | undefined;
  readonly path?: string | undefined;
  readonly jsonOp?: string | undefined;
}

/** A JSON patch for objects of a name (PatchJson6902Transformer; deprecated in favour of `patches`). */
export function json6902Transformer(
  { target, path = '', jsonOp = '' }: Json6902Args,
  context: PluginContext,
): Transformer {
  const place = { field: 'patchesJson6902', file: path === '' ? undefined : context.loader.pathOf(path) };
  if (target === undefined || !target.name) throw new BuildError('must specify the target name', place);
  if (path === '' && jsonOp === '') throw new BuildError('empty file path and empty jsonOp', place);
  if (path !== '' && jsonOp !== '') throw new BuildError('must specify a file path or jsonOp, not both', place);
  const text = path === '' ? jsonOp : context.loader.text(path);
  if (text === '') throw new BuildError(`patch file '${path}' seems to be empty`, place);
  const source = path === '' ? inlinePatch(text) : { shown: path, quotes: [] };
  const operations = parse(text, place);
  if (operations.length === 0) throw new BuildError(`patch appears to be empty; file=${path}, JsonOp=${text}`, place);
  return {
    transform: (map) => {
      const { budget } = context.loader;
      for (const resource of selectResources(map.resources, target)) applyPatch(resource, operations, source, budget);
    },
  };
}

function parse(text: string, place: { readonly file: string | undefined }): readonly JsonPatchOperation[] {
  try {
    return parseJsonPatch(text);
  } catch (error) {
    throw prefixed(error, `decoding ${JSON.stringify(text)}`, { ...place, quotes: inlinePatch(text).quotes });
  }
}

import type { JsonPatchOperation } from '../../patch/json-patch.ts';
import { BuildError, prefixed } from '../build-error.ts';
import type { Patch, Selector } from '../kustomization/types.ts';
import { collect } from '../problems.ts';
import { note } from '../resource/annotations.ts';
import { idText } from '../resource/res-id.ts';
import type { ResMap } from '../resource/res-map.ts';
import type { Resource } from '../resource/resource.ts';
import { selectResources } from '../resource/select.ts';
import { applyPatch, inlinePatch, type PatchSource, parseJsonPatch } from './json-patch.ts';
import { mergePatch, mergePatchInto } from './strategic-merge.ts';
import type { PluginContext, Transformer } from './transformer.ts';

/** A patch of either kind, from a file or written in place (PatchTransformer). Throws {@link BuildError}. */
export function patchTransformer(args: Patch, context: PluginContext): Transformer {
  const { text, source, file } = patchText(args, context);
  const place = { file, field: 'patches', quotes: source.quotes };
  // Objects are no list and a list is no object: what is clearly one of them is not read as the other too.
  const list = /^(?:- |\[)/.test(text) ? attempt(() => parseJsonPatch(text)) : undefined;
  if (list?.value !== undefined && list.value.length > 0) return jsonTransformer(list.value);
  const merge = attempt(() => context.factory.fromText(text, file));
  const patches = merge.value ?? [];
  if (merge.failed !== undefined) {
    const json = list ?? attempt(() => parseJsonPatch(text));
    if (json.value !== undefined) return jsonTransformer(json.value);
    throw prefixed(merge.failed, `unable to parse SM or JSON patch from ${source.shown}`, place);
  }
  for (const patch of patches) {
    if (args.options?.allowNameChange === true) patch.enable(note.allowNameChange);
    if (args.options?.allowKindChange === true) patch.enable(note.allowKindChange);
  }
  return { transform: (map) => patchMerge(map, patches, args.target, source, context) };

  function jsonTransformer(operations: readonly JsonPatchOperation[]): Transformer {
    return { transform: (map) => patchJson(map, operations, args.target, source, context) };
  }
}

function attempt<T>(action: () => T): { readonly value?: T; readonly failed?: unknown } {
  try {
    return { value: action() };
  } catch (failed) {
    return { failed };
  }
}

function patchText(
  { patch = '', path = '' }: Patch,
  context: PluginContext,
): { text: string; source: PatchSource; file?: string } {
  const inline = patch.trim();
  const place = { field: 'patches' };
  if (inline === '' && path === '') throw new BuildError('must specify one of patch and path', place);
  if (inline !== '' && path !== '')
    throw new BuildError(`patch and path can't be set at the same time: path ${path}`, place);
  if (inline !== '') return { text: inline, source: inlinePatch(inline, `[patch: ${JSON.stringify(inline)}]`) };
  try {
    return {
      text: context.loader.text(path),
      source: { shown: `[path: ${JSON.stringify(path)}]`, quotes: [] },
      file: context.loader.pathOf(path),
    };
  } catch (error) {
    throw prefixed(error, `failed to get the patch file from path(${path})`, place);
  }
}

function patchMerge(
  map: ResMap,
  patches: readonly Resource[],
  target: Selector | undefined,
  source: PatchSource,
  { schemaFor, loader }: PluginContext,
): void {
  const [first] = patches;
  if (first === undefined) return;
  if (target !== undefined) {
    if (patches.length > 1) {
      throw new BuildError(
        'Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field: ' +
          source.shown,
        { field: 'patches.target', quotes: source.quotes },
      );
    }
    const targets = selectResources(map.resources, target);
    loader.budget.copy(first.node, targets.length);
    mergePatchInto(map, targets, first, schemaFor);
    return;
  }
  collect(patches, (patch) => mergePatch(targetOf(map, patch), patch.copy(), schemaFor));
}

function targetOf(map: ResMap, patch: Resource): Resource {
  const id = patch.originalId();
  try {
    return map.byAnyId(id);
  } catch (error) {
    throw prefixed(error, `no resource matches strategic merge patch "${idText(id)}"`, { file: patch.file });
  }
}

function patchJson(
  map: ResMap,
  operations: readonly JsonPatchOperation[],
  target: Selector | undefined,
  source: PatchSource,
  { loader }: PluginContext,
): void {
  if (target === undefined) {
    throw new BuildError(`must specify a target for JSON patch ${source.shown}`, {
      field: 'patches.target',
      quotes: source.quotes,
    });
  }
  for (const resource of selectResources(map.resources, target)) {
    resource.storePreviousId();
    applyPatch(resource, operations, source, loader.budget);
  }
}

import type { SchemaLookup } from '../../patch/merge-schema.ts';
import { strategicMerge } from '../../patch/strategic-merge.ts';
import { prefixed } from '../build-error.ts';
import { note } from '../resource/annotations.ts';
import { takeMetadata } from '../resource/generated.ts';
import { setNamespace } from '../resource/metadata.ts';
import { idKey, idText } from '../resource/res-id.ts';
import type { ResMap } from '../resource/res-map.ts';
import type { Resource } from '../resource/resource.ts';

/** Merges a patch into one object; kind, name and namespace stay unless the patch may change them. The patch is used up. */
export function mergePatch(resource: Resource, patch: Resource, schemaFor: SchemaLookup): void {
  const { name, namespace, kind } = resource;
  const mayRename = patch.isEnabled(note.allowNameChange);
  const mayChangeKind = patch.isEnabled(note.allowKindChange);
  if (mayRename || mayChangeKind) resource.storePreviousId();
  const id = resource.id();
  try {
    if (strategicMerge(resource.node, patch.node, { schemaFor, prepend: true }) === undefined) resource.drop();
  } catch (error) {
    throw prefixed(error, `patch ${idText(patch.id())} does not apply to ${idText(id)}`, { file: patch.file });
  }
  if (resource.isEmpty()) return;
  if (!mayChangeKind) resource.kind = kind;
  if (!mayRename) resource.name = name;
  setNamespace(resource.node, namespace);
}

/** Merges a copy of the patch into each of some objects; what becomes empty is left out (reswrangler.go, ApplySmPatch). */
export function mergePatchInto(
  map: ResMap,
  targets: readonly Resource[],
  patch: Resource,
  schemaFor: SchemaLookup,
): void {
  const names = new Set(targets.map(({ name }) => name));
  const selected = new Set(targets.map((target) => idKey(target.id())));
  for (const resource of map.resources) {
    if (!names.has(resource.name) || !selected.has(idKey(resource.id()))) continue;
    const copy = patch.copy();
    takeMetadata(copy, patch);
    copy.setGvk(resource.gvk());
    copy.kind = patch.kind;
    mergePatch(resource, copy, schemaFor);
  }
  map.replaceAll(map.resources.filter((resource) => !resource.isEmpty()));
}

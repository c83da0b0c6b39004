import { isRecord, parseJson } from '../../../lib/json.ts';
import { jsonValue, nodeOfJson } from '../../../yaml/json-value.ts';
import { parseYaml } from '../../../yaml/parse.ts';
import { applyJsonPatch, type JsonPatchOperation, readJsonPatch } from '../../patch/json-patch.ts';
import { BuildError, prefixed } from '../build-error.ts';
import { isInternal } from '../resource/annotations.ts';
import { idText } from '../resource/res-id.ts';
import type { Resource } from '../resource/resource.ts';

/**
 * The operations in a text of JSON or YAML; nothing is no operations. Throws when it is no JSON patch. What begins with
 * a bracket is JSON and nothing else, so that a YAML flow list with bare words is refused, as the original does
 * (PatchTransformer.go, jsonPatchFromBytes).
 */
export function parseJsonPatch(text: string): readonly JsonPatchOperation[] {
  return readJsonPatch(text.startsWith('[') ? parseJson(text) : parseYaml(text));
}

/**
 * Applies a JSON patch to an object. It goes through JSON, so that afterwards scalars are as Go writes them; the
 * build's own notes survive (api/filters/patchjson6902). Throws {@link BuildError} naming the object.
 */
export function applyPatch(resource: Resource, patch: readonly JsonPatchOperation[], source: string): void {
  const notes = [...resource.annotations()].filter(([name]) => isInternal(name));
  let result: unknown;
  try {
    result = applyJsonPatch(jsonValue(resource.node), patch);
  } catch (error) {
    throw prefixed(error, `JSON patch ${source} does not apply to ${idText(resource.id())}`, { file: resource.file });
  }
  if (!isRecord(result)) {
    throw new BuildError(`JSON patch ${source} makes no object of ${idText(resource.id())}`, { file: resource.file });
  }
  resource.node = nodeOfJson(result);
  const annotations = resource.annotations();
  for (const [name, value] of notes) annotations.set(name, value);
  resource.setAnnotations(annotations);
}

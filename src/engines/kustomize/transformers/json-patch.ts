import { isRecord, parseJson } from '../../../lib/json.ts';
import { jsonValue, nodeOfJson } from '../../../yaml/json-value.ts';
import { parseYaml } from '../../../yaml/parse.ts';
import { applyJsonPatch, CopyLimitError, type JsonPatchOperation, readJsonPatch } from '../../patch/json-patch.ts';
import { type Budget, sizeOf } from '../budget.ts';
import { BuildError, type BuildErrorPlace, LimitExceeded, prefixed } from '../build-error.ts';
import { isInternal } from '../resource/annotations.ts';
import { idText } from '../resource/res-id.ts';
import type { Resource } from '../resource/resource.ts';

/** A patch as messages show it. */
export interface PatchSource {
  readonly shown: string;
  /** What of that may hold values of a Secret: see {@link BuildErrorPlace}. */
  readonly quotes: readonly string[];
}

/** A patch that was written in place and is shown whole. The values of a Secret stand below `data` or `stringData`. */
export function inlinePatch(text: string, shown = text): PatchSource {
  return { shown, quotes: /\b(?:stringD|d)ata\b/.test(text) ? [text] : [] };
}

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
export function applyPatch(
  resource: Resource,
  patch: readonly JsonPatchOperation[],
  source: PatchSource,
  budget: Budget,
): void {
  const place = { file: resource.file, quotes: resource.kind === 'Secret' ? source.quotes : [] };
  const notes = [...resource.annotations()].filter(([name]) => isInternal(name));
  let result: unknown;
  try {
    result = applyJsonPatch(jsonValue(resource.node), patch);
  } catch (error) {
    const problem = error instanceof CopyLimitError ? new LimitExceeded(error.message, { cause: error }) : error;
    throw prefixed(problem, `JSON patch ${source.shown} does not apply to ${idText(resource.id())}`, place);
  }
  if (!isRecord(result)) {
    throw new BuildError(`JSON patch ${source.shown} makes no object of ${idText(resource.id())}`, place);
  }
  const before = sizeOf(resource.node);
  resource.node = nodeOfJson(result);
  const after = sizeOf(resource.node);
  budget.grow(after.values - before.values, after.text - before.text);
  const annotations = resource.annotations();
  for (const [name, value] of notes) annotations.set(name, value);
  resource.setAnnotations(annotations);
}

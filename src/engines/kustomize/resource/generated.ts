import { clearField, fieldOf, getField, isMissingOrNull, setField } from '../../../yaml/fields.ts';
import type { YamlNode } from '../../../yaml/node.ts';
import { BuildError } from '../build-error.ts';
import { configMapValue, encodeBase64, secretValue } from '../generators/data-value.ts';
import { buildAnnotations, note, originAnnotation } from './annotations.ts';
import { childMap, setNamespace } from './metadata.ts';
import { idText } from './res-id.ts';
import type { Resource } from './resource.ts';

/**
 * Takes over from `old` what a generated object of the same id keeps: labels, annotations, name and namespace, and,
 * when merging, the data that it does not bring itself (resource.go, CopyMergeMetaDataFieldsFrom).
 */
export function mergeGenerated(
  resource: Resource,
  old: Resource,
  behavior: 'merge' | 'replace',
  version: 'v5.8.1' | 'v5.8.2',
): void {
  const origin = old.annotations().get(originAnnotation);
  takeMetadata(resource, old);
  if (behavior !== 'merge') return;
  const data = stringMap(old.node, 'data');
  // Since 5.8.2 the texts of a Secret count as data.
  if (version === 'v5.8.2') for (const [key, value] of secretTexts(old, resource)) data.set(key, value);
  mergeMap(resource.node, 'data', data);
  mergeMap(resource.node, 'binaryData', stringMap(old.node, 'binaryData'));
  if (origin !== undefined) resource.setAnnotations(resource.annotations().set(originAnnotation, origin));
}

/** Copies labels, annotations, names and notes of `other` under those that the resource has. */
export function takeMetadata(resource: Resource, other: Resource): void {
  resource.setLabels(new Map([...other.labels(), ...resource.labels()]));
  const own = resource.annotations();
  const theirs = other.annotations();
  const merged = new Map([...theirs, ...own]);
  for (const name of buildAnnotations) {
    const value = theirs.get(name);
    if (value === undefined) merged.delete(name);
    else merged.set(name, value);
  }
  if (!own.has(note.needsHash)) merged.delete(note.needsHash);
  resource.setAnnotations(merged);
  resource.name = other.name;
  setNamespace(resource.node, other.namespace);
  resource.varNames.splice(0, resource.varNames.length, ...other.varNames);
}

function stringMap(node: YamlNode, field: string): Map<string, string> {
  const map = new Map<string, string>();
  const content = getField(node, field)?.content ?? [];
  for (let i = 0; i + 1 < content.length; i += 2) {
    const value = content[i + 1] as YamlNode;
    map.set((content[i] as YamlNode).value, isMissingOrNull(value) ? '' : value.value);
  }
  return map;
}

/** The `stringData` of a Secret, encoded: it wins over `data`, as in the API server. */
function secretTexts(old: Resource, resource: Resource): Map<string, string> {
  const texts = new Map<string, string>();
  if (resource.apiVersion !== 'v1' || resource.kind !== 'Secret') return texts;
  const content = fieldOf(old.node, 'stringData')?.content ?? [];
  for (let i = 0; i + 1 < content.length; i += 2) {
    const key = (content[i] as YamlNode).value;
    const value = content[i + 1] as YamlNode;
    if (value.kind !== 'scalar') {
      throw new BuildError(`stringData value for key "${key}" of ${idText(old.id())} must be a scalar`);
    }
    texts.set(key, encodeBase64(isMissingOrNull(value) ? '' : value.value));
  }
  return texts;
}

/** Writes the field anew: sorted, with what the resource itself has on top. */
function mergeMap(node: YamlNode, field: 'data' | 'binaryData', theirs: ReadonlyMap<string, string>): void {
  const merged = new Map([...theirs, ...stringMap(node, field)]);
  clearField(node, field);
  if (merged.size === 0) return;
  const map = childMap(node, field);
  for (const key of [...merged.keys()].sort()) {
    const value = merged.get(key) ?? '';
    setField(map, key, field === 'data' ? configMapValue(value) : secretValue(value));
  }
}

import {
  clearField,
  fieldOf,
  getField,
  isMissingOrNull,
  isNilOrEmpty,
  setField,
  stringNode,
} from '../../../yaml/fields.ts';
import { mappingNode, STYLE, scalarNode, type YamlNode } from '../../../yaml/node.ts';

/** The text of a scalar field at the top of an object; `''` when there is none. */
export function topField(object: YamlNode, name: 'kind' | 'apiVersion'): string {
  return fieldOf(object, name)?.value ?? '';
}

/** The `metadata` of an object, when it has members. */
export function metadataOf(object: YamlNode): YamlNode | undefined {
  if (isMissingOrNull(object)) return undefined;
  const metadata = fieldOf(object, 'metadata');
  return metadata === undefined || isNilOrEmpty(metadata) ? undefined : metadata;
}

/** The text of a field of the metadata; `''` when there is none. */
export function metaField(object: YamlNode, name: 'name' | 'namespace'): string {
  const value = fieldOf(metadataOf(object), name);
  return value === undefined || isNilOrEmpty(value) ? '' : value.value;
}

/** Labels or annotations as texts, whatever their types are. */
export function metaMap(object: YamlNode, name: 'labels' | 'annotations'): Map<string, string> {
  const map = new Map<string, string>();
  const content = fieldOf(metadataOf(object), name)?.content ?? [];
  for (let i = 0; i + 1 < content.length; i += 2) {
    map.set((content[i] as YamlNode).value, (content[i + 1] as YamlNode).value);
  }
  return map;
}

/** One annotation, undefined when there is none. */
export function annotationOf(object: YamlNode, name: string): string | undefined {
  return fieldOf(fieldOf(metadataOf(object), 'annotations'), name)?.value;
}

/** A map member of a map, made when it is missing (kyaml PathGetter with Create). */
export function childMap(parent: YamlNode, name: string): YamlNode {
  const existing = getField(parent, name);
  if (existing !== undefined) return existing;
  const made = mappingNode();
  setField(parent, name, made);
  return made;
}

/** Replaces labels or annotations by sorted texts; an empty map takes the field away; nothing in nothing (kyaml setMapInMetadata). */
export function setMetaMap(
  object: YamlNode,
  name: 'labels' | 'annotations',
  values: ReadonlyMap<string, string>,
): void {
  if (isMissingOrNull(object)) return;
  const metadata = childMap(object, 'metadata');
  clearField(metadata, name);
  if (values.size === 0) return;
  const map = childMap(metadata, name);
  for (const key of [...values.keys()].sort()) setField(map, key, stringNode(values.get(key) ?? ''));
}

/** Sets one annotation in single quotes and leaves the others as they are (kyaml AnnotationSetter). */
export function setAnnotation(object: YamlNode, name: string, value: string): void {
  const metadata = fieldOf(object, 'metadata');
  const annotations = fieldOf(metadata, 'annotations');
  if (metadata !== undefined && annotations !== undefined && annotations.content.length === 0) {
    clearField(metadata, 'annotations');
  }
  setQuoted(childMap(childMap(object, 'metadata'), 'annotations'), name, value);
}

/** Sets one label in single quotes (kyaml LabelSetter). */
export function setLabel(object: YamlNode, name: string, value: string): void {
  setQuoted(childMap(childMap(object, 'metadata'), 'labels'), name, value);
}

function setQuoted(map: YamlNode, name: string, value: string): void {
  const node = stringNode(value);
  node.style = STYLE.single;
  setField(map, name, node);
}

/** Sets `metadata.name`. */
export function setName(object: YamlNode, name: string): void {
  setField(childMap(object, 'metadata'), 'name', scalarNode(name));
}

/** Sets `metadata.namespace`; `''` takes it away. */
export function setNamespace(object: YamlNode, namespace: string): void {
  const metadata = getField(object, 'metadata');
  if (namespace !== '') setField(childMap(object, 'metadata'), 'namespace', scalarNode(namespace));
  else if (metadata !== undefined) clearField(metadata, 'namespace');
}

import { getField, setField } from '../../../yaml/fields.ts';
import { TAG, type YamlNode } from '../../../yaml/node.ts';
import { prefixed } from '../build-error.ts';
import { type FieldSpec, specParts } from '../config/field-spec.ts';
import { type CreateKind, createdNode, lookup } from '../paths/lookup.ts';
import { metaField, topField } from '../resource/metadata.ts';
import { idText, splitApiVersion } from '../resource/res-id.ts';

/** What to do at the end of a path. */
export interface FieldAction {
  /** Called with every node that the path leads to. */
  readonly set: (node: YamlNode) => void;
  /** What is made when the last field is missing and the spec says `create`. */
  readonly createKind?: CreateKind;
  /** The tag of a null that is made into `createKind`. */
  readonly createTag?: string;
}

/** Applies an action to the fields of one object that the spec names (api/filters/fieldspec). Throws BuildError. */
export function walkField(object: YamlNode, spec: FieldSpec, action: FieldAction): void {
  if (matchesKind(object, spec)) walkPath(object, spec, action);
}

/** Applies an action to the fields of one object that the spec's path leads to, whatever kinds it is for. Throws BuildError. */
export function walkPath(object: YamlNode, spec: FieldSpec, action: FieldAction): void {
  try {
    walk(object, specParts(spec.path), 0, spec, action);
  } catch (error) {
    throw prefixed(error, `considering field '${spec.path}' of object ${nameOf(object)}`, { field: spec.path });
  }
}

function nameOf(object: YamlNode): string {
  const gvk = { ...splitApiVersion(topField(object, 'apiVersion')), kind: topField(object, 'kind') };
  const [name, namespace] = [metaField(object, 'name'), metaField(object, 'namespace')];
  return idText({ ...gvk, name, namespace, clusterScoped: false });
}

/** Applies an action to the fields of one object that any of the specs names. */
export function walkFields(object: YamlNode, specs: readonly FieldSpec[], action: FieldAction): void {
  for (const spec of specs) walkField(object, spec, action);
}

function matchesKind(object: YamlNode, spec: FieldSpec): boolean {
  if (spec.kind !== '' && spec.kind !== topField(object, 'kind')) return false;
  if (spec.group === '' && spec.version === '') return true;
  const { group, version } = splitApiVersion(topField(object, 'apiVersion'));
  return (spec.group === '' || spec.group === group) && (spec.version === '' || spec.version === version);
}

function walk(node: YamlNode, path: readonly string[], at: number, spec: FieldSpec, action: FieldAction): void {
  const part = path[at];
  if (part === undefined) {
    action.set(node);
    return;
  }
  if (node.tag === TAG.null) return;
  switch (node.kind) {
    case 'sequence':
      for (const item of node.content) walk(item, path, at, spec, action);
      break;
    case 'mapping':
      walkMap(node, path, at, spec, action);
      break;
    case 'none':
      break;
    default:
      throw new Error('expected sequence or mapping node');
  }
}

function walkMap(node: YamlNode, path: readonly string[], at: number, spec: FieldSpec, action: FieldAction): void {
  const part = path[at] as string;
  const isList = part.endsWith('[]');
  const name = isList ? part.slice(0, -2) : part;
  if (name === '') throw new Error('cannot set or create an empty field name');
  const isLast = at === path.length - 1;
  const creates = spec.create && action.createKind !== undefined && !isList;
  const kind = creates ? (isLast ? action.createKind : 'mapping') : isList ? 'sequence' : undefined;
  const field = find(node, name, creates ? kind : undefined);
  if (field === undefined) return;
  if (field.tag === TAG.null && kind !== undefined) {
    field.kind = kind;
    field.tag = creates ? (isLast ? (action.createTag ?? '') : TAG.map) : '';
  }
  walk(field, path, at + 1, spec, action);
}

/** Plain names are the rule; those that are also list notation go the general way, which refuses them. */
function find(node: YamlNode, name: string, create: CreateKind | undefined): YamlNode | undefined {
  if (!/^[A-Za-z_]/.test(name) || name.endsWith(' ')) return lookup(node, [name], create);
  const field = getField(node, name);
  if (field !== undefined || create === undefined) return field;
  return setField(node, name, createdNode(create));
}

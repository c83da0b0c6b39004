import { decodeNode } from './decode.ts';
import { STYLE, scalarNode, TAG, YamlNode } from './node.ts';
import { parseNodes } from './parse-nodes.ts';
import { resolvePlain } from './resolve.ts';

const kindName = {
  scalar: 'ScalarNode',
  mapping: 'MappingNode',
  sequence: 'SequenceNode',
  alias: 'AliasNode',
  none: '',
} as const;

/** A node that is not of the kind that an operation needs. */
export class NodeKindError extends Error {
  override readonly name = 'NodeKindError';
  readonly actual: YamlNode['kind'];

  constructor(expected: 'scalar' | 'mapping' | 'sequence', node: YamlNode) {
    const shown = node.kind === 'scalar' ? ` ${JSON.stringify(node.value.slice(0, 60))}` : '';
    super(`wrong node kind: expected ${kindName[expected]} but got ${kindName[node.kind]}${shown}`);
    this.actual = node.kind;
  }
}

/** Whether there is nothing, or an explicit null; the answer no narrows to a node that is neither. */
export function isMissingOrNull(node: YamlNode | undefined): node is undefined {
  return node === undefined || node.tag === TAG.null;
}

/** Whether there is nothing, a null, or a collection without members. */
export function isNilOrEmpty(node: YamlNode | undefined): boolean {
  if (node === undefined || node.tag === TAG.null || node.kind === 'none') return true;
  return (node.kind === 'mapping' || node.kind === 'sequence') && node.content.length === 0;
}

/** Whether it is a scalar that is text: tagged so, or without a tag. */
export function isStringNode(node: YamlNode): boolean {
  return node.kind === 'scalar' && (node.tag === TAG.str || node.tag === '');
}

/** Throws {@link NodeKindError} unless the node is missing, null, or of the kind. */
export function assertKind(node: YamlNode | undefined, kind: 'scalar' | 'mapping' | 'sequence'): void {
  if (node !== undefined && node.tag !== TAG.null && node.kind !== kind) throw new NodeKindError(kind, node);
}

/** The index of the first key `name` in a mapping's content, -1 when there is none. */
export function keyIndex(node: YamlNode, name: string): number {
  const { content } = node;
  for (let i = 0; i < content.length; i += 2) {
    if ((content[i] as YamlNode).value === name) return i;
  }
  return -1;
}

/** The value of a mapping's field, whatever it is; undefined for other nodes and missing fields. */
export function fieldOf(node: YamlNode | undefined, name: string): YamlNode | undefined {
  if (node?.kind !== 'mapping') return undefined;
  const i = keyIndex(node, name);
  return i < 0 ? undefined : node.content[i + 1];
}

/** As {@link fieldOf}, but a node that is neither mapping nor null is an error (kyaml FieldMatcher). */
export function getField(node: YamlNode | undefined, name: string): YamlNode | undefined {
  if (isMissingOrNull(node)) return undefined;
  assertKind(node, 'mapping');
  return fieldOf(node, name);
}

/** The names of a mapping's fields in order. */
export function fieldNames(node: YamlNode): string[] {
  const names: string[] = [];
  for (let i = 0; i < node.content.length; i += 2) names.push((node.content[i] as YamlNode).value);
  return names;
}

/** Takes a field away; answers what was there. Throws {@link NodeKindError} when the node is no mapping. */
export function clearField(node: YamlNode, name: string): YamlNode | undefined {
  assertKind(node, 'mapping');
  const i = keyIndex(node, name);
  if (i < 0) return undefined;
  const [, removed] = node.content.splice(i, 2);
  return removed;
}

/**
 * Sets a field as kyaml's FieldSetter does: nothing and null take it away, an existing value keeps its style, text
 * that YAML 1.1 would misread is quoted. Answers the node that is now in the tree. Throws {@link NodeKindError}.
 */
export function setField(
  node: YamlNode,
  name: string,
  value: YamlNode | undefined,
  keyStyle = 0,
): YamlNode | undefined {
  if (value === undefined || (value.tag === TAG.null && !value.keep)) return clearField(node, name);
  value.keep = false;
  quoteAmbiguous(value);
  const existing = getField(node, name);
  if (existing !== undefined) {
    value.style = existing.style;
    existing.assign(value);
    return existing;
  }
  const key = scalarNode(name);
  key.style = keyStyle;
  node.content.push(key, value);
  return value;
}

/** Sets the text and tag of a scalar in place; its style stays. Null sets nothing. Throws {@link NodeKindError}. */
export function setScalar(node: YamlNode, value: YamlNode): void {
  quoteAmbiguous(value);
  assertKind(node, 'scalar');
  if (isMissingOrNull(value)) return;
  value.style = node.style;
  node.assign(value);
}

function quoteAmbiguous(value: YamlNode): void {
  if (value.style === 0 && isStringNode(value) && isNonStringText(value.value)) value.style = STYLE.double;
}

/** Whether a text would be read as anything but a string by YAML 1.1 (kyaml IsValueNonString). */
export function isNonStringText(text: string): boolean {
  if (text === '' || text.includes('\n')) return false;
  if (/^[A-Za-z0-9_./$+=~^();\\-]+$/.test(text)) return isNonStringTag(resolvePlain(text, 'v2').tag);
  try {
    const [node] = parseNodes(text);
    return typeof (node === undefined ? null : decodeNode(node, { dialect: 'v2', duplicates: 'last' })) !== 'string';
  } catch {
    return false;
  }
}

function isNonStringTag(tag: string): boolean {
  return tag !== TAG.str && tag !== TAG.timestamp && tag !== TAG.merge;
}

/** A scalar that is text, quoted where it needs to be (yaml.v3 `Node.SetString`). */
export function stringNode(value: string): YamlNode {
  const node = new YamlNode('scalar', TAG.str, value);
  if (value.includes('\n')) node.style = STYLE.literal;
  return node;
}

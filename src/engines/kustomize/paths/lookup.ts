import { assertKind, getField, isMissingOrNull, setField } from '../../../yaml/fields.ts';
import { mappingNode, scalarNode, sequenceNode, YamlNode } from '../../../yaml/node.ts';
import { findElement } from '../../patch/elements.ts';
import { BuildError } from '../build-error.ts';

/** What is made where a path leads to nothing. */
export type CreateKind = 'scalar' | 'mapping' | 'sequence';

/** The index that a part of a path is, undefined when it is none. Throws {@link BuildError} on negative ones. */
export function indexPart(part: string): number | undefined {
  if (!/^[-+]?\d+$/.test(part)) return undefined;
  const index = Number(part);
  if (index < 0) throw new BuildError(`array index ${part} cannot be negative`);
  return index;
}

/** Whether a part of a path picks items of a list: `[name=value]`. */
export function isItemPart(part: string): boolean {
  return part.startsWith('[') && part.endsWith(']');
}

/** Field and value of `[field=value]`. Throws {@link BuildError} when there is no `=`. */
export function itemPart(part: string): { readonly name: string; readonly value: string } {
  const inner = part.replace(/\]$/, '').replace(/^\[/, '');
  const at = inner.indexOf('=');
  if (at < 0) throw new BuildError(`list path element ${part} must contain fieldName=fieldValue for element to match`);
  return { name: inner.slice(0, at), value: inner.slice(at + 1) };
}

/** A new node of a kind, without a tag: what is written to it decides. */
export function createdNode(kind: CreateKind): YamlNode {
  const node = kind === 'mapping' ? mappingNode() : kind === 'sequence' ? sequenceNode() : scalarNode('');
  node.tag = '';
  return node;
}

/** The kind that a made node needs so that the next part of the path fits. */
export function kindForNext(next: string | undefined, last: CreateKind): CreateKind {
  if (next === undefined || next === '') return last;
  return isItemPart(next) || /^\+?\d+$/.test(next) ? 'sequence' : 'mapping';
}

/**
 * The node at a path from `node`: names of fields, indices, `-` for the last item, `[name=value]`. Undefined where
 * the path leads to nothing. With `create` missing parts are made, the last one of that kind (kyaml PathGetter).
 * Throws {@link BuildError} and NodeKindError where the path does not fit the tree.
 */
export function lookup(node: YamlNode, path: readonly string[], create?: CreateKind): YamlNode | undefined {
  let found: YamlNode | undefined = node;
  const parts = path.map((part) => part.trim()).filter((part) => part !== '');
  for (const [i, part] of parts.entries()) {
    found = step(found, part, create === undefined ? undefined : kindForNext(parts[i + 1], create));
    if (found === undefined) return undefined;
  }
  return found;
}

function step(node: YamlNode, part: string, create: CreateKind | undefined): YamlNode | undefined {
  const index = indexPart(part);
  if (index !== undefined || part === '-') {
    assertKind(node, 'sequence');
    return node.content.at(index ?? -1);
  }
  if (part === '*') throw new BuildError('wildcard is not supported in this path');
  if (isItemPart(part)) return item(node, part, create !== undefined);
  const field = getField(node, part);
  if (field !== undefined || create === undefined) return field;
  return setField(node, part, createdNode(create));
}

function item(node: YamlNode, part: string, create: boolean): YamlNode | undefined {
  const { name, value } = itemPart(part);
  assertKind(node, 'sequence');
  const found = isMissingOrNull(node) ? undefined : findElement(node, [name], [value]);
  if (found !== undefined || !create) return found;
  const made = createdItem(name, value);
  node.content.push(made);
  return made;
}

/** An item that `[name=value]` will find. */
export function createdItem(name: string, value: string): YamlNode {
  if (name === '') return scalarNode(value);
  return new YamlNode('mapping', '', '', 0, [scalarNode(name), scalarNode(value)]);
}

import { emitNode } from '../../../yaml/emit-node.ts';
import { assertKind, fieldOf, getField, setField } from '../../../yaml/fields.ts';
import type { YamlNode } from '../../../yaml/node.ts';
import { parseNodes } from '../../../yaml/parse-nodes.ts';
import { BuildError } from '../build-error.ts';
import { type CreateKind, createdItem, createdNode, isItemPart, itemPart, kindForNext } from './lookup.ts';
import { compileRegex } from './regex.ts';

/**
 * All nodes that a path leads to: as a lookup, but `[name=regex]` and `*` may lead to many (kyaml PathMatcher). With
 * `create` missing parts are made. Throws {@link BuildError} and NodeKindError.
 */
export function matchPath(node: YamlNode, path: readonly string[], create?: CreateKind): YamlNode[] {
  const [part, ...rest] = path;
  if (part === undefined) return [node];
  if (/^\+?\d+$/.test(part)) return matchIndex(node, Number(part), rest, create);
  if (isItemPart(part)) return matchItems(node, part, rest, create);
  if (part === '*') {
    assertKind(node, 'sequence');
    return node.content.flatMap((item) => matchPath(item, rest, create));
  }
  return matchField(node, part, rest, create);
}

function matchField(node: YamlNode, name: string, rest: readonly string[], create: CreateKind | undefined): YamlNode[] {
  if (name === '') assertKind(node, 'scalar');
  let field = getField(node, name);
  if (field === undefined) {
    if (create === undefined) return [];
    field = createdNode(kindForNext(rest[0], create));
    setField(node, name, field);
  }
  if (field.kind === 'scalar' && rest.length > 0) {
    const [inner] = parseNodes(field.value);
    return inner === undefined ? [] : matchPath(inner, rest, create);
  }
  return matchPath(field, rest, create);
}

function matchIndex(
  node: YamlNode,
  index: number,
  rest: readonly string[],
  create: CreateKind | undefined,
): YamlNode[] {
  assertKind(node, 'sequence');
  if (node.content.length === index && create !== undefined)
    node.content.push(createdNode(kindForNext(rest[0], create)));
  const item = node.content[index];
  if (item === undefined) {
    throw new BuildError(`index ${index} specified but only ${node.content.length} elements found`);
  }
  return matchPath(item, rest, create);
}

function matchItems(node: YamlNode, part: string, rest: readonly string[], create: CreateKind | undefined): YamlNode[] {
  const { name, value } = itemPart(part);
  assertKind(node, 'sequence');
  const found = itemsMatching(node, name, value, rest, create);
  if (found.length > 0 || create === undefined) return found;
  node.content.push(createdItem(name, value));
  return itemsMatching(node, name, value, rest, create);
}

function itemsMatching(
  node: YamlNode,
  name: string,
  value: string,
  rest: readonly string[],
  create: CreateKind | undefined,
): YamlNode[] {
  const regex = compileRegex(value);
  if (name === '') return node.content.filter((item) => regex.test(emitNode(item).trim()));
  return node.content.flatMap((item) => {
    const field = fieldOf(item, name);
    return field !== undefined && regex.test(emitNode(field).trim()) ? matchPath(item, rest, create) : [];
  });
}

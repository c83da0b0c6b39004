import { Branch, Comment, type Item, type Value } from '../document.ts';
import { SopsError } from '../sops-error.ts';

/** A node of the tree that flat keys describe. */
interface Node {
  value?: Value;
  readonly members: Map<string, Node>;
  readonly entries: Map<number, Node>;
}

/**
 * The tree behind keys like `age__list_0__map_enc`: how formats without nesting hold SOPS' metadata (getsops/sops
 * stores/flatten.go). Throws {@link SopsError} with code `format`.
 */
export function unflatten({ items }: Branch): Branch {
  const root = newNode();
  for (const { key, value } of items) {
    if (key instanceof Comment) continue;
    const node = locate(root, key);
    if ('value' in node) throw malformed(key, 'duplicate value');
    node.value = value;
  }
  const tree = convert(root, '');
  return tree instanceof Branch ? tree : new Branch([]);
}

function newNode(): Node {
  return { members: new Map(), entries: new Map() };
}

/** The node of a flat key; a part after `__list_` that is no number is 0, as upstream has it. */
function locate(root: Node, key: string): Node {
  const [first = '', ...rest] = key.split(/(__map_|__list_)/);
  let node = child(root.members, first);
  for (let i = 0; i + 1 < rest.length; i += 2) {
    const name = rest[i + 1] ?? '';
    node = rest[i] === '__map_' ? child(node.members, name) : child(node.entries, Number.parseInt(name, 10) || 0);
  }
  return node;
}

function child<K>(children: Map<K, Node>, key: K): Node {
  const known = children.get(key) ?? newNode();
  children.set(key, known);
  return known;
}

function convert(node: Node, key: string): Value {
  const { members, entries } = node;
  const kinds = Number('value' in node) + Number(members.size > 0) + Number(entries.size > 0);
  if (kinds > 1) throw malformed(key, 'type mismatch');
  if (node.value !== undefined) return node.value;
  if (entries.size === 0) {
    const items = [...members].map(([name, member]): Item => ({ key: name, value: convert(member, name) }));
    return new Branch(items);
  }
  return Array.from({ length: entries.size }, (_, i) => {
    const entry = entries.get(i);
    if (entry === undefined) throw malformed(key, 'incomplete list');
    return convert(entry, `${key}[${i}]`);
  });
}

function malformed(key: string, reason: string): SopsError {
  return new SopsError('format', `Error while unflattening "${key}": ${reason}`);
}

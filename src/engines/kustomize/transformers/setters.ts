import { fieldOf, isNilOrEmpty, setField, setScalar } from '../../../yaml/fields.ts';
import { scalarNode, type YamlNode } from '../../../yaml/node.ts';

/**
 * Sets a scalar's text and tag. All nodes that one setter is applied to get the very same value node where they have to
 * be made, as in the original: a later change to one of them changes all (api/filters/filtersutil/setters.go).
 */
export function scalarSetter(value: string, tag = ''): (node: YamlNode) => void {
  const shared = scalarNode(value, tag);
  return (node) => setScalar(node, shared);
}

/** Sets a member of a map; see {@link scalarSetter} for what is shared. */
export function entrySetter(name: string, value: string, tag: string): (node: YamlNode) => void {
  const shared = scalarNode(value, tag);
  return (node) => {
    setField(node, name, shared);
  };
}

/** Whether a scalar, or the member of that name, has text already. */
export function hasText(node: YamlNode, name: string): boolean {
  if (isNilOrEmpty(node)) return false;
  if (node.kind === 'scalar') return node.value !== '';
  const member = fieldOf(node, name);
  return member !== undefined && !isNilOrEmpty(member) && member.value !== '';
}

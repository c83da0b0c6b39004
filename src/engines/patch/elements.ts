import { assertKind, fieldOf, getField, isMissingOrNull } from '../../yaml/fields.ts';
import type { YamlNode } from '../../yaml/node.ts';

/**
 * The item of a list that has these values in these fields; with the key `''` the scalar of that value. Undefined
 * when there is none, or no list (kyaml ElementMatcher).
 */
export function findElement(
  list: YamlNode | undefined,
  keys: readonly string[],
  values: readonly string[],
): YamlNode | undefined {
  if (list?.kind !== 'sequence') return undefined;
  const [first = ''] = keys;
  if (first === '') return list.content.find((item) => item.value === (values[0] ?? ''));
  return list.content.find(
    (item) => item.kind === 'mapping' && keys.every((key, i) => fieldOf(item, key)?.value === (values[i] ?? '')),
  );
}

/** The first map in a list that has the field. */
export function findElementWithField(list: YamlNode, key: string): YamlNode | undefined {
  return list.content.find((item) => item.kind === 'mapping' && fieldOf(item, key) !== undefined);
}

/**
 * Puts `element` in the place of the items that match, or at the end; without an element the matching items go. Null
 * and empty items go in any case (kyaml ElementSetter). Throws NodeKindError when `list` is no list.
 */
export function setElement(
  list: YamlNode,
  keys: readonly string[],
  values: readonly string[],
  element?: YamlNode,
): void {
  assertKind(list, 'sequence');
  const names = keys.length === 0 ? [''] : keys;
  const mapsOnly = names[0] !== '' && values.length > 0 && values[0] !== '';
  const kept: YamlNode[] = [];
  let found = false;
  for (const item of list.content) {
    if (isMissingOrNull(item) || (item.kind === 'mapping' && item.content.length === 0)) continue;
    if (item.kind !== 'mapping' && mapsOnly) kept.push(item);
    else if (!matches(item, names, values)) {
      if (values.length > 0) kept.push(item);
    } else {
      found = true;
      if (element !== undefined) kept.push(element);
    }
  }
  list.content = kept;
  if (!found && !isMissingOrNull(element)) kept.push(element);
}

function matches(item: YamlNode, keys: readonly string[], values: readonly string[]): boolean {
  let last: YamlNode | undefined;
  for (const [i, key] of keys.entries()) {
    const value = values[i];
    if (value !== undefined) last = matchField(item, key, value);
    if (last === undefined) return false;
  }
  return true;
}

/** A field with that text; with the text `''` any field of that name will do. */
function matchField(item: YamlNode, key: string, value: string): YamlNode | undefined {
  if (key === '') {
    assertKind(item, 'scalar');
    return item.value === value ? item : undefined;
  }
  const field = getField(item, key);
  return field !== undefined && (value === '' || field.value === value) ? field : undefined;
}

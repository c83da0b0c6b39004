import { fieldOf, getField, isMissingOrNull, isNilOrEmpty, setField, setScalar } from '../../yaml/fields.ts';
import { scalarNode, sequenceNode, type YamlNode } from '../../yaml/node.ts';
import { findElement, setElement } from './elements.ts';

/** A list in two versions whose items are merged by their keys. */
export interface ListMerge {
  /** The list as it is; the merged items go into it or into a new one. */
  readonly dest: YamlNode;
  /** Both versions: the list as it is, and the patch. */
  readonly sources: readonly (YamlNode | undefined)[];
  /** The fields that identify an item; `['']` when items are scalars. */
  readonly keys: readonly string[];
  /** Items that only the patch has come first. */
  readonly prepend: boolean;
  /** Merges the two versions of an item; undefined takes it away. */
  readonly mergeItem: (versions: readonly (YamlNode | undefined)[]) => YamlNode | undefined;
}

/**
 * Merges lists item by item (kyaml walk/associative_sequence.go). Two items are the same when they agree in the keys
 * that any item of either list has: a port without protocol matches one with. Answers the merged list.
 */
export function mergeList(merge: ListMerge, values: string[][]): YamlNode {
  const { dest, keys, prepend } = merge;
  const added = sequenceNode();
  const identities = keys.length > 1 ? unify(values) : values;
  let used: readonly string[] = [];
  for (const identity of identities) {
    if (identity.length === 0) continue;
    const valid = validKeys(identities, identity, keys);
    used = valid.keys;
    const item = merge.mergeItem(merge.sources.map((source) => versionOf(source, valid.keys, valid.values)));
    if (isMissingOrNull(item) || (item.kind === 'mapping' && item.content.length === 0)) {
      setElement(dest, valid.keys, valid.values);
      continue;
    }
    completeKeys(item, valid.keys, valid.values);
    setElement(added, valid.keys, valid.values, item);
  }
  if (identities.length === 0) return dest;
  return prepend ? appendItems(added, dest, used) : appendItems(dest, added, used);
}

function versionOf(
  source: YamlNode | undefined,
  keys: readonly string[],
  values: readonly string[],
): YamlNode | undefined {
  const valid = validKeys([values], values, keys);
  return findElement(source, valid.keys, valid.values);
}

/** Sees to it that the merged item has its keys. */
function completeKeys(item: YamlNode, keys: readonly string[], values: readonly string[]): void {
  for (const [i, key] of keys.entries()) {
    const value = values[i] ?? '';
    if (value === '' || fieldOf(item, key) !== undefined) continue;
    if (key === '') setScalar(item, scalarNode(value));
    else setField(item, key, scalarNode(value));
  }
}

/** The values of the keys in every item of both lists, each combination once. */
export function itemIdentities(
  sources: readonly (YamlNode | undefined)[],
  keys: readonly string[],
  prepend: boolean,
): string[][] {
  const found = new Map<string, string[]>();
  if (keys.length === 0) return [];
  for (const source of inOrder(sources, prepend)) {
    for (const item of source?.content ?? []) {
      const identity = keys.map((key) => {
        const field = fieldOf(item, key);
        return field === undefined || isNilOrEmpty(field) ? '' : field.value;
      });
      const id = JSON.stringify(identity);
      if (!found.has(id)) found.set(id, identity);
    }
  }
  return [...found.values()];
}

/** The texts of the scalars in both lists, each once. */
export function scalarIdentities(sources: readonly (YamlNode | undefined)[], prepend: boolean): string[][] {
  const found = new Set<string>();
  for (const source of inOrder(sources, prepend)) for (const item of source?.content ?? []) found.add(item.value);
  return [...found].map((value) => [value]);
}

function inOrder(sources: readonly (YamlNode | undefined)[], prepend: boolean): readonly (YamlNode | undefined)[] {
  return prepend ? [...sources.slice(1), sources[0]] : sources;
}

/** Keys that no item has a value for do not count; when none has any, all count. */
function validKeys(
  identities: readonly (readonly string[])[],
  values: readonly string[],
  keys: readonly string[],
): { keys: readonly string[]; values: readonly string[] } {
  const present = keys.map((_, i) => identities.some((identity) => (identity[i] ?? '') !== ''));
  if (!present.includes(true)) return { keys, values };
  return {
    keys: keys.filter((_, i) => present[i] === true),
    values: values.filter((value, i) => value !== '' || present[i] === true),
  };
}

/**
 * Identities that agree where both have a value, and somewhere do, become one. Each is compared as it is when its turn
 * comes, whatever it becomes meanwhile: one without values ends as the last of the others.
 */
function unify(identities: string[][]): string[][] {
  for (let i = 0; i < identities.length; i++) {
    const own = identities[i] as string[];
    for (let j = 0; j < identities.length; j++) {
      const both = union(own, identities[j] as string[]);
      if (both === undefined) continue;
      identities[i] = both;
      identities[j] = both;
    }
  }
  return identities;
}

function union(a: readonly string[], b: readonly string[]): string[] | undefined {
  if (!a.some((value, i) => value === b[i])) return undefined;
  if (a.some((value, i) => value !== b[i] && value !== '' && b[i] !== '')) return undefined;
  return a.map((value, i) => (value === '' ? (b[i] ?? '') : value));
}

/** Adds the items of `source` to `target`; one that is there already is replaced in its place. */
function appendItems(target: YamlNode, source: YamlNode, keys: readonly string[]): YamlNode {
  for (const item of [...source.content]) {
    if ((keys[0] ?? '') === '') {
      setElement(target, [''], [item.value], item);
      continue;
    }
    const values: string[] = [];
    for (const key of keys) {
      const value = getField(item, key);
      if (value === undefined) target.content.push(item);
      else values.push(value.value);
    }
    if (keys.length > 1) setElement(target, keys, values);
    setElement(target, keys, values, item);
  }
  return target;
}

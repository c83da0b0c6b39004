import { assertKind, clearField, fieldOf, isMissingOrNull } from '../../yaml/fields.ts';
import type { YamlNode } from '../../yaml/node.ts';
import { findElementWithField, setElement } from './elements.ts';
import { MergeError } from './merge-error.ts';

/** What `$patch` asks for; merging is what happens without it. */
export type Directive = 'merge' | 'replace' | 'delete';

const key = '$patch';
const known: ReadonlySet<string> = new Set(['merge', 'replace', 'delete']);

/**
 * The `$patch` directive of a map or list, which is taken out of the patch (kyaml merge2/smpdirective.go). Throws
 * {@link MergeError} on one that is not known, or where none can be.
 */
export function takeDirective(patch: YamlNode | undefined): Directive {
  if (patch === undefined) return 'merge';
  if (patch.kind === 'sequence') return takeFromList(patch);
  if (patch.kind !== 'mapping') {
    throw new MergeError(`no implemented strategic merge patch strategy for '${patch.tag}' ('${patch.value}')`);
  }
  const found = fieldOf(patch, key);
  if (found === undefined) return 'merge';
  const directive = checked(found.value);
  clearField(patch, key);
  return directive;
}

/** As {@link takeDirective}, but one that is not known stays where it is: it is added with the map that it is in. */
export function takeKnownDirective(patch: YamlNode): Directive {
  const found = fieldOf(patch, key);
  return found === undefined || known.has(found.value) ? takeDirective(patch) : 'merge';
}

function takeFromList(patch: YamlNode): Directive {
  if (isMissingOrNull(patch)) return 'merge';
  assertKind(patch, 'sequence');
  const item = findElementWithField(patch, key);
  if (item === undefined || item.content.length > 2) return 'merge';
  const value = fieldOf(item, key)?.value ?? '';
  const directive = checked(value);
  setElement(patch, [key], [value]);
  return directive;
}

function checked(value: string): Directive {
  if (!known.has(value)) throw new MergeError(`unknown patch strategy '${value}'`);
  return value as Directive;
}

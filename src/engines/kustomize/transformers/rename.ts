import { TAG } from '../../../yaml/node.ts';
import type { FieldSpec } from '../config/field-spec.ts';
import { isSelected, type ResId } from '../resource/res-id.ts';
import type { Resource } from '../resource/resource.ts';
import { walkField } from './field-walk.ts';
import { scalarSetter } from './setters.ts';

/** A change of names, by a text in front or behind. */
export interface Renaming {
  /** What is added; nothing may be added too, which counts as a change all the same. */
  readonly affix: string;
  change(name: string): string;
  /** Has the object remember that it was renamed. */
  remember(resource: Resource): void;
}

/** Renames one object in the fields that the specs name, unless its name means something elsewhere. */
export function renameResource(resource: Resource, specs: readonly FieldSpec[], renaming: Renaming): void {
  const id = resource.originalId();
  if (keepsName(id)) return;
  for (const spec of specs) {
    if (!isSelected(id, spec)) continue;
    if (spec.path === 'metadata/name') {
      renaming.remember(resource);
      if (renaming.affix !== '') resource.storePreviousId();
    }
    walkField(resource.node, spec, {
      set: (node) => scalarSetter(renaming.change(node.value))(node),
      createKind: 'scalar',
      createTag: TAG.str,
    });
  }
}

/** Objects whose names mean something elsewhere. */
function keepsName({ kind, group }: ResId): boolean {
  if (kind === 'CustomResourceDefinition' || kind === 'Namespace') return true;
  return kind === 'APIService' && group === 'apiregistration.k8s.io';
}

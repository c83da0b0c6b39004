import { TAG } from '../../../yaml/node.ts';
import type { FieldSpec } from '../config/field-spec.ts';
import { eachResource } from '../resource/each.ts';
import { isSelected, type ResId } from '../resource/res-id.ts';
import type { Resource } from '../resource/resource.ts';
import { walkField } from './field-walk.ts';
import { scalarSetter } from './setters.ts';
import type { Transformer } from './transformer.ts';

/** Puts a prefix before names (PrefixTransformer). */
export function prefixTransformer(prefix: string, specs: readonly FieldSpec[]): Transformer {
  return {
    transform: (map) => {
      eachResource(map.resources, (resource) => {
        rename(
          resource,
          specs,
          prefix,
          (name) => prefix + name,
          () => resource.addPrefix(prefix),
        );
      });
    },
  };
}

/** Puts a suffix behind names (SuffixTransformer). */
export function suffixTransformer(suffix: string, specs: readonly FieldSpec[]): Transformer {
  return {
    transform: (map) => {
      eachResource(map.resources, (resource) => {
        rename(
          resource,
          specs,
          suffix,
          (name) => name + suffix,
          () => resource.addSuffix(suffix),
        );
      });
    },
  };
}

function rename(
  resource: Resource,
  specs: readonly FieldSpec[],
  affix: string,
  change: (name: string) => string,
  remember: () => void,
): void {
  const id = resource.originalId();
  if (keepsName(id)) return;
  for (const spec of specs) {
    if (!isSelected(id, spec)) continue;
    if (spec.path === 'metadata/name') {
      remember();
      if (affix !== '') resource.storePreviousId();
    }
    walkField(resource.node, spec, {
      set: (node) => scalarSetter(change(node.value))(node),
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

import { TAG } from '../../../yaml/node.ts';
import { BuildError } from '../build-error.ts';
import type { FieldSpec } from '../config/field-spec.ts';
import type { Replica } from '../kustomization/types.ts';
import { eachResource } from '../resource/each.ts';
import { gvkText, isSelected } from '../resource/res-id.ts';
import { walkField } from './field-walk.ts';
import { scalarSetter } from './setters.ts';
import type { Transformer } from './transformer.ts';

/** Sets the number of replicas of what is or was called that (ReplicaCountTransformer). */
export function replicaTransformer({ name = '', count = 0 }: Replica, specs: readonly FieldSpec[]): Transformer {
  return {
    transform: (map) => {
      let found = false;
      for (const spec of specs) {
        eachResource(map.resources, (resource) => {
          const ids = [...resource.previousIds(), resource.id()];
          if (resource.isEmpty() || !ids.some((id) => id.name === name && isSelected(id, spec))) return;
          found = true;
          const set = scalarSetter(String(count), TAG.int);
          walkField(resource.node, spec, { set, createKind: 'scalar', createTag: TAG.int });
        });
      }
      if (found) return;
      const kinds = specs.map(gvkText).join(' ');
      throw new BuildError(`resource with name ${name} does not match a config with the following GVK [${kinds}]`, {
        field: 'replicas',
      });
    },
  };
}

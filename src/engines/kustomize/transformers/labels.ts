import { TAG } from '../../../yaml/node.ts';
import type { FieldSpec } from '../config/field-spec.ts';
import { eachResource } from '../resource/each.ts';
import { walkFields } from './field-walk.ts';
import { entrySetter } from './setters.ts';
import type { Transformer } from './transformer.ts';

/**
 * Sets labels, or annotations, in the fields that the specs name (LabelTransformer and AnnotationsTransformer of
 * api/internal/builtins).
 */
export function mapTransformer(pairs: Readonly<Record<string, string>>, specs: readonly FieldSpec[]): Transformer {
  const keys = Object.keys(pairs).sort();
  return {
    transform: (map) => {
      eachResource(map.resources, ({ node }) => {
        for (const key of keys) {
          const set = entrySetter(key, pairs[key] ?? '', TAG.str);
          walkFields(node, specs, { set, createKind: 'mapping', createTag: TAG.map });
        }
      });
    },
  };
}

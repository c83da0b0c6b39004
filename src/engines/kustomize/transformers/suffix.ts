import type { FieldSpec } from '../config/field-spec.ts';
import { eachResource } from '../resource/each.ts';
import { type Renaming, renameResource } from './rename.ts';
import type { Transformer } from './transformer.ts';

/** Puts a suffix behind names (SuffixTransformer). */
export function suffixTransformer(suffix: string, specs: readonly FieldSpec[]): Transformer {
  const renaming: Renaming = {
    affix: suffix,
    change: (name) => name + suffix,
    remember: (resource) => resource.addSuffix(suffix),
  };
  return {
    transform: (map) => eachResource(map.resources, (resource) => renameResource(resource, specs, renaming)),
  };
}

import type { FieldSpec } from '../config/field-spec.ts';
import { eachResource } from '../resource/each.ts';
import { type Renaming, renameResource } from './rename.ts';
import type { Transformer } from './transformer.ts';

/** Puts a prefix before names (PrefixTransformer). */
export function prefixTransformer(prefix: string, specs: readonly FieldSpec[]): Transformer {
  const renaming: Renaming = {
    affix: prefix,
    change: (name) => prefix + name,
    remember: (resource) => resource.addPrefix(prefix),
  };
  return {
    transform: (map) => eachResource(map.resources, (resource) => renameResource(resource, specs, renaming)),
  };
}

import { type Gvk, sameGvk } from '../resource/res-id.ts';
import { compareGvk, type FieldSpec, mergeSpecs } from './field-spec.ts';

/** Objects whose name other objects have in their fields. */
export interface NameReference extends Gvk {
  /** The fields that hold such a name. */
  readonly referrers: readonly FieldSpec[];
}

/** The lists of field specs in a configuration, by the names they have in its file. */
export const specLists = [
  'namePrefix',
  'nameSuffix',
  'namespace',
  'commonLabels',
  'labels',
  'templateLabels',
  'volumeClaimTemplateLabels',
  'commonAnnotations',
  'varReference',
  'images',
  'replicas',
] as const;

export type SpecList = (typeof specLists)[number];

/** Where the transformers work; immutable (api/internal/plugins/builtinconfig/transformerconfig.go). */
export interface TransformerConfig extends Readonly<Record<SpecList, readonly FieldSpec[]>> {
  readonly nameReference: readonly NameReference[];
}

/** A configuration of the given lists, sorted; the others are empty. */
export function makeConfig(parts: Partial<TransformerConfig>): TransformerConfig {
  return {
    ...eachList((name) => [...(parts[name] ?? [])].sort(compareGvk)),
    nameReference: [...(parts.nameReference ?? [])].sort(compareGvk),
  };
}

function eachList(list: (name: SpecList) => readonly FieldSpec[]): Record<SpecList, readonly FieldSpec[]> {
  const lists: Partial<Record<SpecList, readonly FieldSpec[]>> = {};
  for (const name of specLists) lists[name] = list(name);
  return lists as Record<SpecList, readonly FieldSpec[]>;
}

/** The configuration that says nothing. */
export const emptyConfig: TransformerConfig = makeConfig({});

/** What was merged before: the same few configurations meet in every directory of every build. */
const merges = new WeakMap<TransformerConfig, WeakMap<TransformerConfig, TransformerConfig>>();

/**
 * Both configurations in one. Not the same as a union: a spec for all kinds is left out when one for some kind and the
 * same path is there, so that merging into nothing may lose specs. Throws BuildError when two differ in whether a
 * field is made.
 */
export function mergeConfig(config: TransformerConfig, incoming: TransformerConfig): TransformerConfig {
  if (incoming === emptyConfig) return config;
  let known = merges.get(config);
  if (known === undefined) {
    known = new WeakMap();
    merges.set(config, known);
  }
  let merged = known.get(incoming);
  if (merged === undefined) {
    merged = makeConfig({
      ...eachList((name) => mergeSpecs(config[name], incoming[name])),
      nameReference: mergeReferences(config.nameReference, incoming.nameReference),
    });
    known.set(incoming, merged);
  }
  return merged;
}

function mergeReferences(
  references: readonly NameReference[],
  incoming: readonly NameReference[],
): readonly NameReference[] {
  let merged = references;
  for (const reference of incoming) {
    if (!merged.some((known) => sameGvk(known, reference))) {
      merged = [...merged, reference];
      continue;
    }
    merged = merged.map((known) =>
      sameGvk(known, reference) ? { ...known, referrers: mergeSpecs(known.referrers, reference.referrers) } : known,
    );
  }
  return merged;
}

/** A name reference to objects of that kind. */
export function nameReference(target: Partial<Gvk>, referrers: readonly FieldSpec[]): NameReference {
  return { group: '', version: '', kind: '', ...target, referrers };
}

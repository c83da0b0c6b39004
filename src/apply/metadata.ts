import { DISABLED, ENABLED } from '../crds/meta/names.ts';
import type { KubeObject, PartialObject } from '../kube/object.ts';

type Texts = Readonly<Record<string, string>>;

/**
 * Whether a label or an annotation of the object has one of these values, compared without case
 * (fluxcd/pkg ssa/utils/meta.go, AnyInMetadata). An empty value never matches.
 */
export function anyInMetadata(object: KubeObject | PartialObject, wanted: Readonly<Record<string, string>>): boolean {
  const { labels, annotations } = object.metadata;
  return Object.entries(wanted).some(
    ([key, value]) => hasValue(labels, key, value) || hasValue(annotations, key, value),
  );
}

function hasValue(texts: Texts | undefined, key: string, value: string): boolean {
  const text: unknown = texts?.[key];
  return typeof text === 'string' && text !== '' && text.toLowerCase() === value.toLowerCase();
}

/** What labels and annotations of one object ask of the applier. `group` is the prefix of their names. */
export interface ObjectPolicy {
  /** `reconcile: disabled` or `ssa: Ignore`: never applied, never pruned. */
  excluded(object: KubeObject | PartialObject): boolean;
  /** `ssa: IfNotPresent`: created, never updated. */
  ifNotPresent(object: KubeObject): boolean;
  /** `ssa: Merge`: fields that kubectl added stay. */
  merged(object: KubeObject): boolean;
  /** `force: enabled`: re-created when an immutable field changes. */
  forced(object: KubeObject): boolean;
  /** `prune: disabled`, or excluded: stays when it leaves the source. */
  kept(object: KubeObject | PartialObject): boolean;
}

/** The policies of an owner group (kustomize-controller kustomization_controller.go: apply, deleteObjects). */
export function objectPolicy(group: string): ObjectPolicy {
  const excluded = (object: KubeObject | PartialObject): boolean =>
    anyInMetadata(object, { [`${group}/reconcile`]: DISABLED }) ||
    anyInMetadata(object, { [`${group}/ssa`]: 'Ignore' });
  return {
    excluded,
    ifNotPresent: (object) => anyInMetadata(object, { [`${group}/ssa`]: 'IfNotPresent' }),
    merged: (object) => anyInMetadata(object, { [`${group}/ssa`]: 'Merge' }),
    forced: (object) => anyInMetadata(object, { [`${group}/force`]: ENABLED }),
    kept: (object) => excluded(object) || anyInMetadata(object, { [`${group}/prune`]: DISABLED }),
  };
}

/** The object with labels and annotations set over its own (fluxcd/pkg ssa: SetOwnerLabels, SetCommonMetadata). */
export function withMetadata(object: KubeObject, labels: Texts = {}, annotations: Texts = {}): KubeObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(isEmpty(labels) ? {} : { labels: { ...metadata.labels, ...labels } }),
      ...(isEmpty(annotations) ? {} : { annotations: { ...metadata.annotations, ...annotations } }),
    },
  };
}

function isEmpty(texts: Texts): boolean {
  return Object.keys(texts).length === 0;
}

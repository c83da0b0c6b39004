import { type Owner, ownerLabels } from '../crds/meta/names.ts';
import type { KubeObject } from '../kube/object.ts';
import { withMetadata } from './metadata.ts';
import { normalizeObject } from './normalize.ts';

export interface PrepareOptions {
  readonly ownerGroup: string;
  readonly owner: Owner;
  /** `spec.commonMetadata`. */
  readonly commonMetadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/**
 * Built objects as they are applied: owner labels, normalised, common metadata, in the order of
 * kustomize-controller (SetOwnerLabels, then apply: normalize, SetCommonMetadata).
 */
export function prepareObjects(
  objects: readonly KubeObject[],
  { ownerGroup, owner, commonMetadata = {} }: PrepareOptions,
): KubeObject[] {
  const labels = ownerLabels(ownerGroup, owner);
  return objects.map((object) =>
    withMetadata(normalizeObject(withMetadata(object, labels)), commonMetadata.labels, commonMetadata.annotations),
  );
}

import type { ObjectMeta } from '../crds/meta/object-meta.ts';

export type { ManagedFieldsEntry, ObjectMeta } from '../crds/meta/object-meta.ts';

/** Any Kubernetes object. Unknown fields are kept as they came. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** `metav1.PartialObjectMetadata`: what a metadata-only read or watch brings. */
export interface PartialObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface ObjectKey {
  readonly name: string;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string;
}

export interface GroupVersionKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A kind as the API server serves it: enough to build its URL. */
export interface ResourceType extends GroupVersionKind {
  /** The plural name in the URL, for example `kustomizations`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

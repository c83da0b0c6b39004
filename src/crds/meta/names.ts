/** The names that objects, annotations and writers have in the Flux API. They never change: clusters hold them. */

/** The API groups; each kind is in one of them. */
export const SOURCE_GROUP = 'source.toolkit.fluxcd.io';
export const SOURCE_EXTENSIONS_GROUP = 'source.extensions.fluxcd.io';
export const KUSTOMIZE_GROUP = 'kustomize.toolkit.fluxcd.io';
export const HELM_GROUP = 'helm.toolkit.fluxcd.io';
export const NOTIFICATION_GROUP = 'notification.toolkit.fluxcd.io';
export const IMAGE_GROUP = 'image.toolkit.fluxcd.io';
/** Prefix of the annotations that become metadata of an object's events. */
export const EVENT_GROUP = 'event.toolkit.fluxcd.io';

/** The finalizer of every kind that has one, but for ArtifactGenerator. */
export const FINALIZER = 'finalizers.fluxcd.io';

/** Annotation: a new value asks for a reconcile now. Echoed in `status.lastHandledReconcileAt`. */
export const REQUESTED_AT = 'reconcile.fluxcd.io/requestedAt';

/** Value that switches a per-object behaviour off, as in `prune: disabled`. Compared without case. */
export const DISABLED = 'disabled';
/** Value that switches a per-object behaviour on, as in `force: enabled`. Compared without case. */
export const ENABLED = 'enabled';

/** Label or annotation of a Secret in Git that is applied although it looks encrypted. */
export const KUSTOMIZE_DECRYPT = `${KUSTOMIZE_GROUP}/decrypt`;

/** Field managers of applied objects: the same as Flux's, so that a cluster changes hands without a conflict. */
export const KUSTOMIZE_FIELD_MANAGER = 'kustomize-controller';
export const SOURCE_FIELD_MANAGER = 'source-controller';
export const HELM_FIELD_MANAGER = 'helm-controller';
export const NOTIFICATION_FIELD_MANAGER = 'notification-controller';
/** Field manager of a Kustomization's status (kustomize-controller main.go, StatusManager). */
export const KUSTOMIZE_STATUS_MANAGER = 'gotk-kustomize-controller';

/** Who applied an object. */
export interface Owner {
  readonly name: string;
  readonly namespace: string;
}

/** Label that names the owner of an applied object; `group` is {@link KUSTOMIZE_GROUP} or {@link HELM_GROUP}. */
export function ownerNameLabel(group: string): string {
  return `${group}/name`;
}

/** Label that names the namespace of the owner of an applied object. */
export function ownerNamespaceLabel(group: string): string {
  return `${group}/namespace`;
}

/** The two labels that every applied object carries. */
export function ownerLabels(group: string, owner: Owner): Record<string, string> {
  return { [ownerNameLabel(group)]: owner.name, [ownerNamespaceLabel(group)]: owner.namespace };
}

/** The owner that an object's labels name, if both are there. */
export function ownerOf(group: string, labels: Readonly<Record<string, string>> | undefined): Owner | undefined {
  const name = labels?.[ownerNameLabel(group)];
  const namespace = labels?.[ownerNamespaceLabel(group)];
  return name === undefined || namespace === undefined ? undefined : { name, namespace };
}

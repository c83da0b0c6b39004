import { type Entry, toRef } from '../../../apply/inventory.ts';
import { subjectOf } from '../../../apply/object-ref.ts';
import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import { stableStringify } from '../../../lib/json.ts';
import { latestOf } from './history.ts';
import { releaseKey, storageNamespace } from './spec.ts';

/**
 * Why this HelmRelease may not have its release: another one of the same cluster has it, or was there first. Undefined
 * when nobody else wants it. Pure.
 */
export function releaseConflict(object: HelmRelease, others: readonly HelmRelease[]): string | undefined {
  const other = rivals(object, others).find(
    (one) => releaseText(one) === releaseText(object) && hasPrecedence(one, object),
  );
  if (other === undefined) return undefined;
  const { namespace, name } = releaseKey(object);
  return `release ${namespace}/${name} is that of HelmRelease ${nameOf(other)}, and cannot be that of HelmRelease ${nameOf(object)}, too`;
}

/** An object that is somebody else's. */
export interface Claim {
  readonly entry: Entry;
  /** Kind, namespace and name of who has it: `HelmRelease apps/web`. */
  readonly owner: string;
}

/** Which of these objects are in the inventory of another HelmRelease of the same cluster. Pure. */
export function releaseClaims(
  object: HelmRelease,
  entries: readonly Entry[],
  others: readonly HelmRelease[],
): readonly Claim[] {
  const wanted = new Set(entries.map(({ id }) => id));
  return rivals(object, others).flatMap((other) =>
    (other.status?.inventory?.entries ?? [])
      .filter(({ id }) => wanted.has(id))
      .map((entry) => ({ entry, owner: `HelmRelease ${nameOf(other)}` })),
  );
}

/** Says of every claim whose the object is, and that it cannot be this HelmRelease's; undefined for none. Pure. */
export function objectConflict(object: HelmRelease, claims: readonly Claim[]): string | undefined {
  const found = claims
    .filter(({ entry }) => !entry.id.endsWith(DEFINITION))
    .map(({ entry, owner }) => `${subjectOf(toRef(entry))} is an object of ${owner}`);
  if (found.length === 0) return undefined;
  return `${found.toSorted().join(', ')}, and cannot be one of HelmRelease ${nameOf(object)}, too`;
}

/** Definitions are shared: charts bring them, and leave them behind. */
const DEFINITION = '_apiextensions.k8s.io_CustomResourceDefinition';

function rivals(object: HelmRelease, others: readonly HelmRelease[]): readonly HelmRelease[] {
  const cluster = clusterText(object);
  return others.filter(
    (other) =>
      other.metadata.uid !== object.metadata.uid &&
      other.metadata.deletionTimestamp === undefined &&
      clusterText(other) === cluster,
  );
}

/** The cluster that the release goes to; a kubeconfig is that of its namespace. */
function clusterText({ metadata, spec: { kubeConfig } }: HelmRelease): string {
  return kubeConfig === undefined ? '' : stableStringify([metadata.namespace, kubeConfig]);
}

function releaseText(object: HelmRelease): string {
  const { namespace, name } = releaseKey(object);
  return `${storageNamespace(object)}/${namespace}/${name}`;
}

/** Who has released it goes first, then who was made first. */
function hasPrecedence(one: HelmRelease, other: HelmRelease): boolean {
  const [mine, its] = [hasReleased(one), hasReleased(other)];
  if (mine !== its) return mine;
  const [madeFirst, madeSecond] = [one.metadata.creationTimestamp ?? '', other.metadata.creationTimestamp ?? ''];
  return madeFirst === madeSecond ? nameOf(one) < nameOf(other) : madeFirst < madeSecond;
}

function hasReleased(object: HelmRelease): boolean {
  const { name, namespace } = releaseKey(object);
  const current = latestOf(object.status?.history ?? []);
  return current?.name === name && current.namespace === namespace;
}

function nameOf({ metadata: { namespace, name } }: HelmRelease): string {
  return `${namespace}/${name}`;
}

import { type Owner, ownerOf } from '../../crds/meta/names.ts';
import type { ManagedFieldsEntry, ObjectMeta, PartialObject } from '../../kube/object.ts';
import { STALE_KEYS } from '../field-managers.ts';
import { shortHash } from '../fingerprint.ts';
import { objectPolicy } from '../metadata.ts';

/** What is kept of a live object: who it is, whose it is, and a digest of all that it could be corrected for. */
export interface Sighting {
  readonly uid: string;
  readonly resourceVersion: string;
  /** `namespace/name` of the owner that its labels name; empty when they name none. */
  readonly owner: string;
  readonly fingerprint: string;
  /** It says of itself that it is not to be pruned. */
  readonly kept: boolean;
  readonly terminating: boolean;
}

export interface SightingRules {
  /** Whose applies are ours. */
  readonly fieldManager: string;
  /** Prefix of owner labels and per-object annotations. */
  readonly ownerGroup: string;
  /** Whether an entry of managedFields is taken over when the object is applied. */
  readonly isReplaced: (entry: ManagedFieldsEntry) => boolean;
  /** The feature gate `MigrateAPIVersion`: what other writers wrote by is corrected too. */
  readonly migrateApiVersion: boolean;
}

/** `namespace/name`. */
export function ownerText({ namespace, name }: Owner): string {
  return `${namespace}/${name}`;
}

/**
 * Reduces the metadata of live objects, as an apply is answered or a metadata-only watch brings it.
 *
 * The fingerprint covers our entry of managedFields, its time included: whoever writes a field of ours with another
 * value takes it out of the entry, and whoever writes under our own name changes the time. It covers the entries that
 * an apply would take over (kubectl's), the owner labels and the annotations that say how the object is to be treated.
 * What others add, a status or a default among it, is no part of it.
 */
export function sightings(rules: SightingRules): (object: PartialObject) => Sighting {
  const policy = objectPolicy(rules.ownerGroup);
  return (object) => {
    const { metadata } = object;
    const owner = ownerOf(rules.ownerGroup, metadata.labels);
    return {
      uid: metadata.uid ?? '',
      resourceVersion: metadata.resourceVersion ?? '',
      owner: owner === undefined ? '' : ownerText(owner),
      fingerprint: shortHash(JSON.stringify(facts(metadata, rules))),
      kept: policy.kept(object),
      terminating: metadata.deletionTimestamp !== undefined,
    };
  };
}

function facts(metadata: ObjectMeta, rules: SightingRules): unknown {
  const { managedFields = [], labels = {}, annotations = {} } = metadata;
  const ours = managedFields.filter(
    (entry) =>
      !entry.subresource &&
      ((entry.manager === rules.fieldManager && entry.operation === 'Apply') || rules.isReplaced(entry)),
  );
  return [
    ours.map(({ manager, operation, apiVersion, time, fieldsV1 }) => [manager, operation, apiVersion, time, fieldsV1]),
    textsAbout(labels, rules),
    textsAbout(annotations, rules),
    ...(rules.migrateApiVersion ? [[...new Set(managedFields.map(({ apiVersion }) => apiVersion))].sort()] : []),
  ];
}

function textsAbout(texts: Readonly<Record<string, string>>, { ownerGroup }: SightingRules): unknown {
  return Object.entries(texts)
    .filter(([key]) => key.startsWith(`${ownerGroup}/`) || STALE_KEYS.includes(key))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * Whether resource version `a` is older than `b`. They are integers of any length (KEP-5504: comparable within a kind);
 * what is none is older than nothing, so that it is looked at.
 */
export function isOlder(a: string, b: string): boolean {
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}

import { isRecord } from '../lib/json.ts';
import type { DiscoveredResource } from './discovery.ts';

/** Asks for the whole of a server's discovery in one document; older servers answer with the plain list of groups. */
export const aggregatedDiscovery = [
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList',
  'application/json',
].join(',');

/** The kinds of one group and version. */
export interface GroupVersionResources {
  readonly group: string;
  readonly version: string;
  /** Undefined: served, but this document does not tell what. */
  readonly kinds: ReadonlyMap<string, DiscoveredResource> | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * The groups and versions of `/api` or `/apis`, in the server's order (preferred versions first): an
 * APIGroupDiscoveryList (apidiscovery.k8s.io/v2), an APIGroupList or, of `/api`, an APIVersions. A version that the
 * aggregator could not reach (`freshness: Stale`) comes without kinds, so that a miss asks for itself.
 */
export function groupVersionsOf(document: unknown): readonly GroupVersionResources[] {
  if (!isRecord(document)) return [];
  switch (document['kind']) {
    case 'APIGroupDiscoveryList':
      return records(document['items']).flatMap(aggregatedGroup);
    case 'APIGroupList':
      return records(document['groups']).flatMap(legacyGroup);
    case 'APIVersions':
      return strings(document['versions']).map((version) => ({ group: '', version, kinds: undefined }));
    default:
      return [];
  }
}

/** The kinds of an APIResourceList (`/api/v1`, `/apis/apps/v1`); subresources and aliases left out. */
export function resourceListKinds(
  document: unknown,
  group: string,
  version: string,
): ReadonlyMap<string, DiscoveredResource> {
  const kinds = new Map<string, DiscoveredResource>();
  for (const item of records(isRecord(document) ? document['resources'] : undefined)) {
    const { name, kind, namespaced, verbs } = item;
    if (typeof name !== 'string' || typeof kind !== 'string' || name.includes('/')) continue;
    addKind(kinds, { group, version, kind, plural: name, namespaced: namespaced === true, verbs: strings(verbs) });
  }
  return kinds;
}

function aggregatedGroup(item: Json): GroupVersionResources[] {
  const group = text(isRecord(item['metadata']) ? item['metadata']['name'] : undefined);
  return records(item['versions']).map((entry) => {
    const version = text(entry['version']);
    const kinds = new Map<string, DiscoveredResource>();
    for (const { resource, responseKind, scope, verbs } of records(entry['resources'])) {
      const kind = isRecord(responseKind) ? text(responseKind['kind']) : '';
      if (typeof resource !== 'string' || kind === '') continue;
      const namespaced = scope === 'Namespaced';
      addKind(kinds, { group, version, kind, plural: resource, namespaced, verbs: strings(verbs) });
    }
    return { group, version, kinds: entry['freshness'] === 'Stale' ? undefined : kinds };
  });
}

function legacyGroup(item: Json): GroupVersionResources[] {
  const group = text(item['name']);
  const preferred = isRecord(item['preferredVersion']) ? text(item['preferredVersion']['version']) : '';
  const versions = records(item['versions']).map((entry) => text(entry['version']));
  const ordered = [...new Set([preferred, ...versions].filter((version) => version !== ''))];
  return ordered.map((version) => ({ group, version, kinds: undefined }));
}

/** The first resource of a kind wins, as in the original's RESTMapper, unless a later one can be applied. */
function addKind(kinds: Map<string, DiscoveredResource>, resource: DiscoveredResource): void {
  const known = kinds.get(resource.kind);
  if (known === undefined || (!known.verbs.includes('get') && resource.verbs.includes('get'))) {
    kinds.set(resource.kind, Object.freeze(resource));
  }
}

function records(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Verb lists repeat a thousand times in a discovery document: equal ones are kept once. */
const stringLists = new Map<string, readonly string[]>();

function strings(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  const list = value.filter((item) => typeof item === 'string');
  const key = list.join(' ');
  const known = stringLists.get(key);
  if (known !== undefined) return known;
  if (stringLists.size < 256) stringLists.set(key, list);
  return list;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

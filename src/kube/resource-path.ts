import type { ObjectKey, ResourceType } from './object.ts';

/**
 * One segment of an API path: escaped, its case kept (`My:Role` stays `My:Role`). Throws TypeError on what would not
 * be one segment (empty, `.`, `..`, or with `/` or `%`): a name out of a manifest must never reach another path
 * (k8s.io/apimachinery pkg/api/validation/path, IsValidPathSegmentName).
 */
export function pathSegment(what: string, value: string): string {
  if (value === '') throw new TypeError(`${what} may not be empty`);
  if (value === '.' || value === '..') {
    throw new TypeError(`invalid ${what} ${JSON.stringify(value)}: [may not be '${value}']`);
  }
  const bad = /[/%]/.exec(value)?.[0];
  if (bad !== undefined) throw new TypeError(`invalid ${what} ${JSON.stringify(value)}: [may not contain '${bad}']`);
  return encodeURIComponent(value.toWellFormed());
}

/** `/api/v1` or `/apis/<group>/<version>`. */
export function groupVersionPath(group: string, version: string): string {
  if (group === '') return `/api/${pathSegment('version', version)}`;
  return `/apis/${pathSegment('group', group)}/${pathSegment('version', version)}`;
}

/** The path of a kind's collection, in one namespace or (namespace absent) in all. */
export function collectionPath(type: ResourceType, namespace?: string): string {
  const base = groupVersionPath(type.group, type.version);
  const plural = pathSegment('resource', type.plural);
  if (!type.namespaced || namespace === undefined) return `${base}/${plural}`;
  return `${base}/namespaces/${pathSegment('namespace', namespace)}/${plural}`;
}

/**
 * The path of one object. Throws TypeError when a namespaced kind comes without a namespace (client-go's text) or
 * when name or namespace are no path segments. A cluster-scoped kind's namespace is not looked at.
 */
export function objectPath(type: ResourceType, key: ObjectKey, subresource?: string): string {
  if (type.namespaced && (key.namespace === undefined || key.namespace === '')) {
    throw new TypeError('an empty namespace may not be set when a resource name is provided');
  }
  const path = `${collectionPath(type, key.namespace)}/${pathSegment('resource name', key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** `path` with the parameters that are not undefined. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parts.push(`${name}=${encodeURIComponent(value)}`);
  }
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}

/** Group, version and kind of an object; `''` is the core group, or anything in a selector. */
export interface Gvk {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** What identifies an object in a build. */
export interface ResId extends Gvk {
  readonly name: string;
  /** As written; `''` when there is none. */
  readonly namespace: string;
  /** Known to live outside of namespaces. Earlier ids of an object never know. */
  readonly clusterScoped: boolean;
}

/** The namespace that cluster-scoped objects share in comparisons. */
export const noNamespace = '_non_namespaceable_';

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** Group and version of an `apiVersion`. */
export function splitApiVersion(apiVersion: string): GroupVersion {
  let split = splits.get(apiVersion);
  if (split === undefined) {
    if (splits.size > maxSplits) splits.clear();
    split = splitAtSlash(apiVersion);
    splits.set(apiVersion, split);
  }
  return split;
}

/** The same few versions are asked for with every id. */
const splits = new Map<string, GroupVersion>();
const maxSplits = 1000;

function splitAtSlash(apiVersion: string): GroupVersion {
  const slash = apiVersion.indexOf('/');
  if (slash < 0) return { group: '', version: apiVersion };
  return { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** `group/version`, or the version alone for the core group. */
export function apiVersionOf({ group, version }: Gvk): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The namespace for comparisons: absent and `default` are the same. */
export function effectiveNamespace(id: ResId): string {
  if (id.clusterScoped) return noNamespace;
  return id.namespace === '' ? 'default' : id.namespace;
}

/** Whether two ids name the same object. */
export function sameId(a: ResId, b: ResId): boolean {
  return a.name === b.name && sameGvk(a, b) && effectiveNamespace(a) === effectiveNamespace(b);
}

/** Whether group, version and kind are equal. */
export function sameGvk(a: Gvk, b: Gvk): boolean {
  return a.kind === b.kind && a.group === b.group && a.version === b.version;
}

/** A text that is equal for ids for which {@link sameId} holds. */
export function idKey(id: ResId): string {
  return `${id.group}/${id.version}/${id.kind}|${effectiveNamespace(id)}|${id.name}`;
}

/** Whether the selector's parts, where it has any, are those of `gvk`. */
export function isSelected(gvk: Gvk, selector: Gvk): boolean {
  return (
    (selector.kind === '' || selector.kind === gvk.kind) &&
    (selector.group === '' || selector.group === gvk.group) &&
    (selector.version === '' || selector.version === gvk.version)
  );
}

/** Whether the selector's parts, name and namespace included, are those of `id`. */
export function isIdSelected(id: ResId, selector: ResId): boolean {
  return (
    (selector.name === '' || selector.name === id.name) &&
    (selector.namespace === '' || effectiveNamespace(selector) === effectiveNamespace(id)) &&
    isSelected(id, selector)
  );
}

/** `Kind.version.group`, with words for what is missing. */
export function gvkText({ group, version, kind }: Gvk): string {
  return `${kind || '[noKind]'}.${version || '[noVer]'}.${group || '[noGrp]'}`;
}

/** `Kind.version.group/name.namespace`, with words for what is missing. */
export function idText(id: ResId): string {
  return `${gvkText(id)}/${id.name || '[noName]'}.${id.namespace || '[noNs]'}`;
}

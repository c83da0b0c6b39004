import type { GroupVersionKind, KubeObject, ObjectKey, PartialObject } from '../kube/object.ts';

/** Which object, and by which version of its API. The namespace is empty for cluster-scoped objects. */
export interface ObjectRef extends GroupVersionKind {
  readonly namespace: string;
  readonly name: string;
}

/** Kinds whose names may hold colons, which an inventory id writes as two underscores. */
const colonKinds: ReadonlySet<string> = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']);
const rbacGroup = 'rbac.authorization.k8s.io';

/** Group and version of an `apiVersion`; the core group is empty. */
export function splitApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  return { group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1) };
}

/** What `object` calls itself. */
export function refOf(object: KubeObject | PartialObject): ObjectRef {
  const { name, namespace = '' } = object.metadata;
  return { ...splitApiVersion(object.apiVersion), kind: object.kind, namespace, name };
}

/** The key by which the client finds the object. */
export function keyOf(ref: ObjectRef): ObjectKey {
  return ref.namespace === '' ? { name: ref.name } : { name: ref.name, namespace: ref.namespace };
}

/** `namespace_name_group_kind`, as inventories write it (fluxcd/cli-utils pkg/object, ObjMetadata.String). */
export function formatId(ref: Omit<ObjectRef, 'version'>): string {
  const colons = ref.group === rbacGroup && colonKinds.has(ref.kind);
  return `${ref.namespace}_${colons ? ref.name.replaceAll(':', '__') : ref.name}_${ref.group}_${ref.kind}`;
}

/**
 * The object that an inventory id names (fluxcd/cli-utils pkg/object, ParseObjMetadata): the namespace ends at the
 * first underscore, group and kind begin at the last two. Throws SyntaxError on anything else.
 */
export function parseId(id: string, version: string): ObjectRef {
  const parts = id.split('_');
  const [namespace, ...rest] = parts;
  const kind = rest.pop();
  const group = rest.pop();
  if (namespace === undefined || kind === undefined || group === undefined || rest.length === 0) {
    throw new SyntaxError(`unable to parse stored object metadata: ${id}`);
  }
  return { group, version, kind, namespace, name: rest.join('_').replaceAll('__', ':') };
}

/** How messages and change logs call an object: `Deployment/apps/web`, `Namespace/apps`. */
export function subjectOf(ref: Omit<ObjectRef, 'group' | 'version'>): string {
  return ref.namespace === '' ? `${ref.kind}/${ref.name}` : `${ref.kind}/${ref.namespace}/${ref.name}`;
}

/** The `apiVersion` of a group and version. */
export function apiVersionOf(gv: Pick<GroupVersionKind, 'group' | 'version'>): string {
  return gv.group === '' ? gv.version : `${gv.group}/${gv.version}`;
}

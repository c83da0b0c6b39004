import type { KubeObject } from '../kube/object.ts';
import { refOf, splitApiVersion } from './object-ref.ts';
import { compareRefs } from './sort.ts';

/** Which part of an apply an object belongs to, in the order in which they run. */
export type StageName = 'definitions' | 'classes' | 'custom' | 'rest';

export interface Stage {
  readonly name: StageName;
  readonly objects: readonly KubeObject[];
  /** Whether the next stage needs this one's objects to be ready. */
  readonly awaited: boolean;
}

const order: readonly StageName[] = ['definitions', 'classes', 'custom', 'rest'];

/**
 * The stages of an apply, each sorted, empty ones left out (fluxcd/pkg ssa/manager_apply.go, ApplyAllStaged): CRDs,
 * Namespaces and ClusterRoles; kinds that end in `Class`; `customStageKinds` (`group/Kind`, or `Kind` for the core
 * group); everything else. The first two are waited for.
 */
export function stages(
  objects: readonly KubeObject[],
  { customStageKinds = [] }: { readonly customStageKinds?: readonly string[] } = {},
): Stage[] {
  const custom = new Set(customStageKinds);
  const grouped = Map.groupBy(objects, (object) => stageOf(object, custom));
  return order.flatMap((name) => {
    const members = grouped.get(name);
    if (members === undefined) return [];
    const keyed = members.map((object) => ({ object, ref: refOf(object) })).sort((a, b) => compareRefs(a.ref, b.ref));
    return [
      { name, objects: keyed.map(({ object }) => object), awaited: name === 'definitions' || name === 'classes' },
    ];
  });
}

function stageOf(object: KubeObject, custom: ReadonlySet<string>): StageName {
  const { group, version } = splitApiVersion(object.apiVersion);
  if (isDefinition(group, version, object.kind)) return 'definitions';
  if (object.kind.endsWith('Class')) return 'classes';
  return custom.has(group === '' ? object.kind : `${group}/${object.kind}`) ? 'custom' : 'rest';
}

/** fluxcd/pkg ssa/utils/is.go, IsClusterDefinition; it compares kinds without case. */
function isDefinition(group: string, version: string, kind: string): boolean {
  switch (kind.toLowerCase()) {
    case 'customresourcedefinition':
      return group === 'apiextensions.k8s.io';
    case 'clusterrole':
      return group === 'rbac.authorization.k8s.io';
    case 'namespace':
      return group === '' && version === 'v1';
    default:
      return false;
  }
}

/** Whether the object is a CustomResourceDefinition (fluxcd/pkg ssa/utils/is.go, IsCRD). */
export function isCrd(object: KubeObject): boolean {
  const { group } = splitApiVersion(object.apiVersion);
  return group === 'apiextensions.k8s.io' && object.kind.toLowerCase() === 'customresourcedefinition';
}

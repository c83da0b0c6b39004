import type { ObjectRef } from './object-ref.ts';

/** Kinds that others need, in the order in which they are applied (fluxcd/pkg ssa/sort.go, ReconcileOrder.First). */
const first: readonly string[] = [
  'CustomResourceDefinition',
  'Namespace',
  'ClusterRole',
  'ClusterClass',
  'RuntimeClass',
  'PriorityClass',
  'StorageClass',
  'VolumeSnapshotClass',
  'IngressClass',
  'GatewayClass',
  'ClusterRoleBinding',
  'ResourceQuota',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'Service',
  'LimitRange',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];

/** Kinds that come when all else is there (ReconcileOrder.Last). */
const last: readonly string[] = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

const ranks: ReadonlyMap<string, number> = new Map([
  ...first.map((kind, index): [string, number] => [kind, index - first.length]),
  ...last.map((kind, index): [string, number] => [kind, index + 1]),
]);

/** When a kind has its turn: lower ones first; kinds without a place of their own have 0. */
export function kindRank(kind: string): number {
  return ranks.get(kind) ?? 0;
}

/** The order of applying: kind rank, then group, kind, namespace, name (fluxcd/pkg ssa/sort.go, less). */
export function compareRefs(a: ObjectRef, b: ObjectRef): number {
  return (
    kindRank(a.kind) - kindRank(b.kind) ||
    compareText(a.group, b.group) ||
    compareText(a.kind, b.kind) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.name, b.name)
  );
}

/** Runs of items of equal rank, from items that are sorted: within a run, order does not matter. */
export function byRank<T>(items: readonly T[], kindOf: (item: T) => string): T[][] {
  const runs: T[][] = [];
  let rank: number | undefined;
  for (const item of items) {
    const own = kindRank(kindOf(item));
    if (own !== rank) runs.push([]);
    rank = own;
    runs.at(-1)?.push(item);
  }
  return runs;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

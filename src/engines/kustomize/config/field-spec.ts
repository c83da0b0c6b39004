import { BuildError } from '../build-error.ts';
import { splitPath } from '../paths/split.ts';
import { type Gvk, gvkText, isSelected } from '../resource/res-id.ts';

/** Where in objects of some kinds a transformer works; empty parts of the kind match any. */
export interface FieldSpec extends Gvk {
  /** `a/b/c`; lists are passed through, `c[]` says that `c` is one; `\/` is a slash in a name. */
  readonly path: string;
  /** Missing fields on the way are made. */
  readonly create: boolean;
}

/** A field spec with the parts that are given; the others are empty. */
export function fieldSpec(path: string, parts: Partial<FieldSpec> = {}): FieldSpec {
  return { group: '', version: '', kind: '', create: false, ...parts, path };
}

const splitCache = new Map<string, readonly string[]>();

/** The parts of a spec's path. */
export function specParts(path: string): readonly string[] {
  let parts = splitCache.get(path);
  if (parts === undefined) {
    parts = splitPath(path, '/');
    if (splitCache.size > 5000) splitCache.clear();
    splitCache.set(path, parts);
  }
  return parts;
}

/** Adds specs that are not there yet. Throws {@link BuildError} when one differs only in `create`. */
export function mergeSpecs(specs: readonly FieldSpec[], incoming: readonly FieldSpec[]): readonly FieldSpec[] {
  if (incoming.length === 0) return specs;
  const merged = [...specs];
  for (const spec of incoming) {
    const same = merged.find((known) => known.path === spec.path && isSelected(known, spec));
    if (same === undefined) merged.push(spec);
    else if (same.create !== spec.create) {
      throw new BuildError(`conflicting fieldspecs: ${spec.path} of ${gvkText(spec)} with create ${spec.create}`);
    }
  }
  return merged;
}

const first = [
  'Namespace',
  'ResourceQuota',
  'StorageClass',
  'CustomResourceDefinition',
  'ServiceAccount',
  'PodSecurityPolicy',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Service',
  'LimitRange',
  'PriorityClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];
const last = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

/** The kinds that the legacy order puts before all others. */
export const legacyFirst: readonly string[] = first;
/** The kinds that the legacy order puts behind all others. */
export const legacyLast: readonly string[] = last;

/** Places of kinds: negative for the first ones, positive for the last ones; others are 0. */
export function kindRanks(before: readonly string[], after: readonly string[]): ReadonlyMap<string, number> {
  return new Map([
    ...before.map((kind, i) => [kind, i - before.length] as const),
    ...after.map((kind, i) => [kind, i + 1] as const),
  ]);
}

const ranks = kindRanks(first, last);

/** The order in which specs are applied: by kind, then by group, version and kind. */
export function compareGvk(a: Gvk, b: Gvk): number {
  const byRank = (ranks.get(a.kind) ?? 0) - (ranks.get(b.kind) ?? 0);
  if (byRank !== 0) return byRank;
  const [x, y] = [sortText(a), sortText(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function sortText({ group, version, kind }: Gvk): string {
  return `${group || '~G'}_${version || '~V'}_${kind || '~K'}`;
}

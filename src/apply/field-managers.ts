import type { KubeObject, ManagedFieldsEntry } from '../kube/object.ts';
import { leafPaths, unionFields } from './fields-v1.ts';

/** A writer whose fields become ours. Names are matched as prefixes: `kubectl` is also `kubectl-client-side-apply`. */
export interface FieldManager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
}

export interface JsonPatchOperation {
  readonly op: 'remove' | 'replace' | 'add' | 'test';
  readonly path: string;
  readonly value?: unknown;
}

/** Annotations of kubectl and of Flux 1 that are taken off (kustomize-controller, apply, ApplyCleanupOptions). */
const staleAnnotations: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'kustomize.toolkit.fluxcd.io/checksum',
  'fluxcd.io/sync-checksum',
];
const staleLabels: readonly string[] = ['fluxcd.io/sync-gc-mark'];

/** Annotations and labels of former tools, which are taken off. */
export const STALE_KEYS: readonly string[] = [...staleAnnotations, ...staleLabels];

/** Whose fields are taken over: kubectl's, what was there before the first apply, our own old writes, and `others`. */
export function managersToReplace(own: string, others: readonly string[] = []): readonly FieldManager[] {
  return [
    { name: 'kubectl', operation: 'Apply' },
    { name: 'kubectl', operation: 'Update' },
    { name: 'before-first-apply', operation: 'Update' },
    { name: own, operation: 'Update' },
    ...others.flatMap((name): FieldManager[] => [
      { name, operation: 'Apply' },
      { name, operation: 'Update' },
    ]),
  ];
}

/**
 * The JSON patch that makes the live object ours before it is applied: annotations and labels of former tools go, and
 * the fields of the `replaced` managers become fields of `own`, so that the apply which follows removes what is not
 * in the source (fluxcd/pkg ssa/patch.go). Empty when there is nothing to do. It is bound to the resource version:
 * the API server answers 409 when the object has changed meanwhile.
 */
export function cleanupPatch(
  desired: KubeObject,
  live: KubeObject,
  own: string,
  replaced: readonly FieldManager[],
): JsonPatchOperation[] {
  const { managedFields = [], resourceVersion } = live.metadata;
  const operations: JsonPatchOperation[] = [
    ...removals('annotations', desired, live, staleAnnotations),
    ...removals('labels', desired, live, staleLabels),
  ];
  const entries = takeOver(managedFields, own, replaced);
  if (entries !== undefined) operations.push({ op: 'replace', path: '/metadata/managedFields', value: entries });
  return operations.length === 0 ? [] : bound(operations, resourceVersion);
}

/**
 * The JSON patch that makes the fields of other managers (by the beginnings of their names) fields that `own` applies
 * (fluxcd/pkg ssa/patch.go, PatchReplaceFieldsManagers). Empty when they have none; bound to the resource version.
 */
export function takeOverPatch(live: KubeObject, own: string, managers: readonly string[]): JsonPatchOperation[] {
  const { managedFields = [], resourceVersion } = live.metadata;
  const replaced = managers.flatMap((name): FieldManager[] => [
    { name, operation: 'Apply' },
    { name, operation: 'Update' },
  ]);
  const value = takeOver(managedFields, own, replaced);
  if (value === undefined) return [];
  return bound([{ op: 'replace', path: '/metadata/managedFields', value }], resourceVersion);
}

/**
 * The JSON patch that makes what was written as `own` by other means than server-side apply applied fields of `own`
 * (client-go util/csaupgrade, UpgradeManagedFieldsPatch). Empty when there are none; bound to the resource version.
 */
export function appliedPatch(live: KubeObject, own: string): JsonPatchOperation[] {
  const { managedFields = [], resourceVersion } = live.metadata;
  const ours = managedFields.filter(({ manager }) => manager === own);
  const entries = takeOver(ours, own, [{ name: own, operation: 'Update' }]);
  if (entries === undefined) return [];
  const value = [...managedFields.filter(({ manager }) => manager !== own), ...entries];
  return bound([{ op: 'replace', path: '/metadata/managedFields', value }], resourceVersion);
}

/**
 * The JSON patch that says of every writer's fields that they were written by the version the object is applied with
 * (fluxcd/pkg ssa/patch.go, PatchMigrateToVersion). Empty when they say so already.
 */
export function migrationPatch(live: KubeObject, apiVersion: string): JsonPatchOperation[] {
  const { managedFields = [], resourceVersion } = live.metadata;
  if (managedFields.every((entry) => entry.apiVersion === apiVersion)) return [];
  const entries = managedFields.map((entry) => ({ ...entry, apiVersion }));
  return bound([{ op: 'replace', path: '/metadata/managedFields', value: entries }], resourceVersion);
}

function bound(operations: readonly JsonPatchOperation[], resourceVersion: string | undefined): JsonPatchOperation[] {
  if (resourceVersion === undefined) return [...operations];
  return [...operations, { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion }];
}

/** Of keys that are there and that the source does not want: taking those off would never end. */
function removals(
  field: 'annotations' | 'labels',
  desired: KubeObject,
  live: KubeObject,
  keys: readonly string[],
): JsonPatchOperation[] {
  const [wanted, found] = [desired.metadata[field] ?? {}, live.metadata[field] ?? {}];
  return keys
    .filter((key) => Object.hasOwn(found, key) && !Object.hasOwn(wanted, key))
    .map((key) => ({ op: 'remove', path: `/metadata/${field}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}` }));
}

/** The entries with those of `replaced` merged into ours, which comes last; undefined when there are none of them. */
function takeOver(
  entries: readonly ManagedFieldsEntry[],
  own: string,
  replaced: readonly FieldManager[],
): readonly ManagedFieldsEntry[] | undefined {
  let ours = entries.findLast(({ manager, operation }) => manager === own && operation === 'Apply');
  const others = entries.filter((entry) => entry !== ours);
  const taken = others.filter((entry) => isTakenOver(entry, replaced));
  if (taken.length === 0) return undefined;
  for (const entry of taken) {
    ours =
      ours === undefined
        ? { ...entry, manager: own, operation: 'Apply' }
        : { ...ours, fieldsV1: unionFields(ours.fieldsV1, entry.fieldsV1) };
  }
  return [...others.filter((entry) => !taken.includes(entry)), ...(ours === undefined ? [] : [ours])];
}

/** Annotations by which kubectl asks for something once: a restart, a reconcile. */
const requests: ReadonlySet<string> = new Set([
  'f:spec f:template f:metadata f:annotations f:kubectl.kubernetes.io/restartedAt',
  'f:metadata f:annotations f:reconcile.fluxcd.io/requestedAt',
  'f:metadata f:annotations f:reconcile.fluxcd.io/forceAt',
  'f:metadata f:annotations f:reconcile.fluxcd.io/resetAt',
]);

/**
 * Whether the fields of an entry become ours. Differs from Flux (docs/adr/0020): what kubectl has only asked for
 * stays, so that `kubectl rollout restart` is not undone, which would be a second restart.
 */
export function isTakenOver(entry: ManagedFieldsEntry, replaced: readonly FieldManager[]): boolean {
  if (!replaced.some((manager) => matchesManager(entry, manager))) return false;
  const isKubectl = (entry.manager ?? '').startsWith('kubectl');
  const paths = isKubectl ? leafPaths(entry.fieldsV1) : [];
  return paths.length === 0 || paths.some((path) => !requests.has(path.join(' ')));
}

/** Whether an entry is one of that manager's (fluxcd/pkg ssa/patch.go, matchFieldManager). */
function matchesManager(entry: ManagedFieldsEntry, { name, operation }: FieldManager): boolean {
  return entry.operation === operation && !entry.subresource && (entry.manager ?? '').startsWith(name);
}

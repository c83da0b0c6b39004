import { type Entry, toRef, union } from '../../../apply/inventory.ts';
import { keyOf } from '../../../apply/object-ref.ts';
import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import { KUSTOMIZE_GROUP, ownerOf } from '../../../crds/meta/names.ts';
import type { Client } from '../../../kube/client.ts';
import { isNoMatch, isNotFound } from '../../../kube/errors.ts';
import { mapLimited, withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { ActionError } from '../actions/action-error.ts';
import type { ChartInput, RenderWhat } from '../actions/chart-input.ts';
import { buildEach, entriesOf } from '../actions/objects.ts';
import { manifestText } from '../actions/release-manifest.ts';
import { type Claim, objectConflict, releaseClaims } from './conflicts.ts';

export interface ConflictOptions {
  /** The cluster that the release goes to, as the account that it is applied with. */
  readonly client: Client;
  readonly signal: AbortSignal;
  /** All HelmReleases that the controller sees. */
  others(): readonly HelmRelease[];
}

const requestMs = 30_000;
const concurrency = 6;

/**
 * Throws an ActionError that names every object of these that is another HelmRelease's or a Kustomization's, with both
 * owners. The labels of the objects tell what is a Kustomization's: they are read, one request for each.
 */
export async function refuseConflicts(
  object: HelmRelease,
  entries: readonly Entry[],
  options: ConflictOptions,
): Promise<void> {
  const distinct = union(entries);
  const claims = [
    ...releaseClaims(object, distinct, options.others()),
    ...(await kustomizationClaims(distinct, options)),
  ];
  const conflict = objectConflict(object, claims);
  if (conflict !== undefined) throw new ActionError(conflict);
}

/**
 * The same for what a chart becomes, before its definitions are written. What cannot be rendered yet is left to the
 * action, which tells why, and looks again; kinds that are not served have no objects.
 */
export async function refuseChartConflicts(
  object: HelmRelease,
  { chart, what, namespace }: { readonly chart: ChartInput; readonly what: RenderWhat; readonly namespace: string },
  options: ConflictOptions,
): Promise<void> {
  const { client, signal } = options;
  let entries: readonly Entry[];
  try {
    const { manifests } = await chart.render(what, signal);
    entries = entriesOf((await buildEach(manifestText(manifests), { client, namespace, signal })).items);
  } catch {
    signal.throwIfAborted();
    return;
  }
  await refuseConflicts(object, entries, options);
}

async function kustomizationClaims(entries: readonly Entry[], options: ConflictOptions): Promise<readonly Claim[]> {
  const claims = await mapLimited(entries, concurrency, (entry) => kustomizationClaim(entry, options));
  return claims.filter((claim) => claim !== undefined);
}

/** Fails when it cannot look: who asks for the search wants no object taken over unseen. */
async function kustomizationClaim(entry: Entry, { client, signal }: ConflictOptions): Promise<Claim | undefined> {
  const ref = toRef(entry);
  const call = { signal: withDeadline(signal, requestMs) };
  try {
    const type = await client.discovery.resourceFor(ref, call);
    const { metadata } = await client.getMetadata(type, keyOf(ref), call);
    const owner = ownerOf(KUSTOMIZE_GROUP, metadata.labels);
    return owner === undefined ? undefined : { entry, owner: `Kustomization ${owner.namespace}/${owner.name}` };
  } catch (error) {
    signal.throwIfAborted();
    if (isNotFound(error) || isNoMatch(error)) return undefined;
    throw new ActionError(`cannot look for other owners of ${entry.id}: ${errorMessage(error)}`, { cause: error });
  }
}

import type { Manifest } from '../../../engines/helm/release/manifests.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { mapLimited } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { isRecord } from '../../../lib/json.ts';
import { parseYaml } from '../../../yaml/parse.ts';
import type { StorageEntry } from '../storage/release-secret.ts';
import { StorageError } from '../storage/storage-error.ts';
import { ActionError } from './action-error.ts';
import type { ActionContext, WaitOptions } from './context.ts';
import { type DeleteOne, deleteObjects, type Propagation } from './delete-objects.ts';
import { formerObjects } from './former-objects.ts';
import { runHooks } from './hooks.ts';
import type { ReleaseObject } from './objects.ts';
import { Recorder } from './recorder.ts';
import { documentsToDelete } from './release-manifest.ts';
import { KEEP, look, ownershipProblem, RESOURCE_POLICY } from './release-objects.ts';
import { supersedeDeployed } from './rollback.ts';
import { waitGone } from './wait.ts';
import { joined } from './write-objects.ts';

export interface UninstallOptions {
  readonly wait: Pick<WaitOptions, 'timeoutMs' | 'strategy'>;
  readonly keepHistory: boolean;
  readonly disableHooks: boolean;
  readonly deletionPropagation: 'background' | 'foreground' | 'orphan';
}

/** A release that is no more. */
export interface Uninstalled {
  readonly record: ReleaseRecord;
  /** What was left in the cluster, and why, as Helm says it; empty for nothing. */
  readonly kept: string;
}

const propagations: Readonly<Record<UninstallOptions['deletionPropagation'], Propagation>> = {
  background: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
};
const lookConcurrency = 6;

/**
 * Uninstalls a release (pkg/action/uninstall.go). Objects that are not its own any more stay. Throws
 * {@link ActionError}, with `notFound` where there is no such release, or the reason of the context's signal.
 */
export async function uninstall(context: ActionContext, options: UninstallOptions): Promise<Uninstalled> {
  const { release, signal } = context;
  const { entries, last } = await stored(context);
  if (last.info.status === 'uninstalled') {
    if (options.keepHistory)
      throw new ActionError(`the release named ${JSON.stringify(release.name)} is already deleted`);
    await purge(entries, context).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new ActionError(`uninstall: Failed to purge the release: ${errorMessage(error)}`, { cause: error });
    });
    return { record: last, kept: '' };
  }
  const recorder = new Recorder(last, context);
  recorder.set({
    status: 'uninstalling',
    deleted: recorder.now(),
    description: 'Deletion in progress (or silently failed)',
  });
  const hooks = { timeoutMs: options.wait.timeoutMs, serverSide: true };
  if (!options.disableHooks) {
    await runHooks('pre-delete', recorder, hooks, context).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new ActionError(errorMessage(error), { record: recorder.record, cause: error });
    });
  }
  await recorder.tryUpdate();
  const { kept, going } = await deleteRelease(recorder, options, context);
  const errors: Error[] = [];
  await collecting(errors, context, async () => {
    if (options.wait.strategy !== 'hookOnly') await waitGone(going, options.wait.timeoutMs, context);
  });
  if (!options.disableHooks) {
    await collecting(errors, context, () => runHooks('post-delete', recorder, hooks, context));
  }
  recorder.set({ status: 'uninstalled', description: 'Uninstallation complete' });
  if (options.keepHistory) {
    await recorder.tryUpdate();
    await supersedeDeployed(recorder.record, context);
  } else {
    await collecting(errors, context, () => purge(entries, context), 'uninstall: Failed to purge the release: ');
  }
  const { record } = recorder;
  if (errors.length === 0) return { record, kept };
  const text = errors.map(errorMessage).join('; ');
  const [cause] = errors;
  throw new ActionError(`uninstallation completed with ${errors.length} error(s): ${text}`, { record, cause });
}

interface Stored {
  /** Newest first. */
  readonly entries: readonly StorageEntry[];
  readonly last: ReleaseRecord;
}

async function stored({ storage, release: { name }, signal }: ActionContext): Promise<Stored> {
  const failure = (error: Error): ActionError => {
    const notFound = error instanceof StorageError && error.code === 'missing';
    return new ActionError(`uninstall: Release not loaded: ${name}: ${error.message}`, { notFound, cause: error });
  };
  try {
    const entries = await storage.entries(name, signal);
    for (const entry of entries) {
      try {
        return { entries, last: await storage.load(entry, signal) };
      } catch (error) {
        if (!(error instanceof StorageError) || error.code === 'refused') throw error;
      }
    }
    throw failure(new StorageError('missing', 'release: not found'));
  } catch (error) {
    if (error instanceof StorageError) throw failure(error);
    throw error;
  }
}

async function purge(entries: readonly StorageEntry[], { storage, signal }: ActionContext): Promise<void> {
  // The newest goes last: what is killed in between is still known to be uninstalling.
  for (const { name, version } of entries.toReversed()) await storage.delete(name, version, signal);
}

async function collecting(
  errors: Error[],
  { signal }: ActionContext,
  run: () => Promise<void>,
  prefix = '',
): Promise<void> {
  try {
    await run();
  } catch (error) {
    signal.throwIfAborted();
    errors.push(new ActionError(`${prefix}${errorMessage(error)}`, { cause: error }));
  }
}

/** Deletes what is the release's own (deleteRelease). Throws {@link ActionError}. */
async function deleteRelease(
  recorder: Recorder,
  { deletionPropagation }: UninstallOptions,
  context: ActionContext,
): Promise<{ readonly kept: string; readonly going: readonly ReleaseObject[] }> {
  const { record } = recorder;
  try {
    const { documents, keep } = parted(documentsToDelete(record.manifest));
    const items = await formerObjects(documents.map(({ content }) => content).join('\n---\n'), context);
    const { owned, notes } = await triage(items, record, context);
    const { going, errors } = await deleteInOrder(owned, propagations[deletionPropagation], context);
    if (errors.length > 0) throw joined(errors, '; ');
    return { kept: [...keptNote(keep), ...notes].join('\n'), going };
  } catch (error) {
    context.signal.throwIfAborted();
    context.log.add('uninstall: Failed to delete release', { error: errorMessage(error) });
    throw new ActionError(`failed to delete release: ${record.name}`, { record, cause: error });
  }
}

interface Parted {
  readonly documents: readonly Manifest[];
  readonly keep: readonly { readonly kind: string; readonly name: string }[];
}

/** What stays because it says so itself (pkg/action/resource_policy.go), and the rest. */
function parted(documents: readonly Manifest[]): Parted {
  const keep: { kind: string; name: string }[] = [];
  const rest = documents.filter(({ kind, content }) => {
    const { name, policy } = headOf(content);
    if (policy.trim().toLowerCase() !== KEEP) return true;
    keep.push({ kind, name });
    return false;
  });
  return { documents: rest, keep };
}

function headOf(content: string): { readonly name: string; readonly policy: string } {
  const document = parseYaml(content);
  const metadata = isRecord(document) && isRecord(document['metadata']) ? document['metadata'] : {};
  const { name, annotations } = metadata;
  const policy = isRecord(annotations) ? annotations[RESOURCE_POLICY] : undefined;
  return { name: String(name ?? ''), policy: typeof policy === 'string' ? policy : '' };
}

function keptNote(keep: Parted['keep']): readonly string[] {
  if (keep.length === 0) return [];
  const lines = keep.map(({ kind, name }) => `[${kind}] ${name}\n`).join('');
  return [`These resources were kept due to the resource policy:\n${lines}`];
}

/** What is the release's own, and what Helm says of the rest (verifyOwnershipBeforeDelete). */
async function triage(
  items: readonly ReleaseObject[],
  record: ReleaseRecord,
  context: ActionContext,
): Promise<{ readonly owned: readonly DeleteOne[]; readonly notes: readonly string[] }> {
  const unowned: string[] = [];
  const unverifiable: string[] = [];
  const owned = await mapLimited(items, lookConcurrency, async (item): Promise<DeleteOne | undefined> => {
    const known = knownUid(item, context);
    if (known !== undefined) return { item, uid: known };
    const { kind, name, namespace } = item.ref;
    const live = await look(item, context).catch((error: unknown) => {
      context.signal.throwIfAborted();
      unverifiable.push(`[${kind}] ${name}: ${errorMessage(error)}\n`);
      return undefined;
    });
    if (live === undefined) return undefined;
    if (ownershipProblem(live, record) === undefined) return { item, uid: live.metadata.uid };
    unowned.push(`[${kind}] ${name}\n`);
    const about = { kind, name, namespace, release: record.name };
    context.log.add('warning: skipping delete of resource not owned by this release', about);
    return undefined;
  });
  const notes = [
    ['not owned by this release', unowned] as const,
    ['their ownership could not be verified', unverifiable] as const,
  ].flatMap(([what, lines]) => {
    const why = what.startsWith('not') ? `they are ${what}` : what;
    return lines.length === 0
      ? []
      : [`${lines.length} resource(s) were not deleted because ${why}:\n${lines.join('')}`];
  });
  return { owned: owned.filter((one) => one !== undefined), notes };
}

/** What the ledger has as it was left is the release's own. */
function knownUid({ type, key }: ReleaseObject, { session }: ActionContext): string | undefined {
  if (session?.isAsLeft(type, key) !== true) return undefined;
  const seen = session.look(type, key);
  return typeof seen === 'object' && seen.uid !== '' ? seen.uid : undefined;
}

/** Kind by kind: what guards others goes first. */
async function deleteInOrder(
  owned: readonly DeleteOne[],
  propagation: Propagation,
  context: ActionContext,
): Promise<{ readonly going: readonly ReleaseObject[]; readonly errors: readonly Error[] }> {
  const going: ReleaseObject[] = [];
  const errors: Error[] = [];
  const runs = [...Map.groupBy(owned, ({ item }) => item.ref.kind).values()].flatMap(aggregatesFirst);
  for (const batch of runs) {
    const deleted = await deleteObjects(batch, propagation, context);
    going.push(...deleted.going);
    errors.push(...deleted.errors);
  }
  return { going, errors };
}

/**
 * Roles that are put together from others go before those: each of the others that goes has Kubernetes write them anew,
 * whether they are still there or not.
 */
function aggregatesFirst(batch: readonly DeleteOne[]): readonly (readonly DeleteOne[])[] {
  const { true: aggregates = [], false: others = [] } = Object.groupBy(batch, ({ item: { object } }) =>
    object.kind === 'ClusterRole' && object['aggregationRule'] !== undefined ? 'true' : 'false',
  );
  return [aggregates, others];
}

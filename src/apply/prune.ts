import { type Owner, ownerOf } from '../crds/meta/names.ts';
import type { Client } from '../kube/client.ts';
import { isConflict, isForbidden, isNoMatch, isNotFound } from '../kube/errors.ts';
import type { ResourceType } from '../kube/object.ts';
import { mapLimited, withDeadline } from '../lib/async.ts';
import { errorMessage } from '../lib/errors.ts';
import { type Change, change } from './change-set.ts';
import { type Entry, sortEntries, toRef } from './inventory.ts';
import type { LedgerSession } from './ledger/session.ts';
import { ownerText, type Sighting } from './ledger/sighting.ts';
import type { ObjectPolicy } from './metadata.ts';
import { keyOf, type ObjectRef, subjectOf } from './object-ref.ts';
import { requestMs } from './plan.ts';
import { servedInstead } from './served-instead.ts';
import { byRank } from './sort.ts';

export interface PruneContext {
  readonly client: Client;
  readonly ownerGroup: string;
  readonly policy: ObjectPolicy;
  readonly concurrency: number;
  /** What is known of the owner's objects. */
  readonly session?: LedgerSession;
}

export interface PruneOptions {
  /** Only objects whose labels name this owner are deleted. */
  readonly owner: Owner;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** Objects that are never deleted, by uid: what was just applied may be served under two names. */
  readonly keepUids?: ReadonlySet<string>;
  /** Delete nothing, only tell: what would be deleted is `deleted`, what is gone or going already `unchanged`. */
  readonly dryRun?: boolean;
  readonly signal: AbortSignal;
}

export interface PruneFailure {
  readonly entry: Entry;
  readonly error: unknown;
  /** What was being done with it: what may not even be read is out of reach. */
  readonly step: 'query' | 'delete';
  /** Upstream's text. */
  readonly message: string;
}

export interface PruneResult {
  /** What was deleted (or was gone already) and skipped, in order. */
  readonly changes: readonly Change[];
  /** What is still there, or may be: these entries have to stay in the inventory. */
  readonly failed: readonly PruneFailure[];
}

/** How often an object that changes under our eyes is looked at again before it is left for the next attempt. */
const maxLooks = 5;

/**
 * Deletes the objects of inventory entries, in the reverse of the order in which they were applied
 * (fluxcd/pkg ssa/manager_delete.go, DeleteAll). An object is deleted only when its labels, read just before or shown by
 * a watch, name `owner` and nothing on it says that it stays; the request is bound to the object as it was seen, so that
 * one which is changed, taken over or re-created in between is looked at again. A failure concerns its own object only.
 */
export async function prune(
  context: PruneContext,
  entries: readonly Entry[],
  options: PruneOptions,
): Promise<PruneResult> {
  const changes: Change[] = [];
  const failed: PruneFailure[] = [];
  const sorted = sortEntries(entries).reverse();
  for (const run of byRank(sorted, (entry) => entry.id.slice(entry.id.lastIndexOf('_') + 1))) {
    const results = await mapLimited(run, context.concurrency, (entry) => pruneEntry(context, entry, options));
    for (const result of results) {
      if ('error' in result) failed.push(result);
      else changes.push(result);
    }
  }
  return { changes, failed };
}

/** The sentence for everything that could not be deleted (fluxcd/pkg ssa/manager_delete.go, DeleteAll). */
export function pruneFailureMessage(failed: readonly PruneFailure[]): string {
  return `delete failed, errors: ${failed.map(({ message }) => `${message};`).join('')}`;
}

async function pruneEntry(context: PruneContext, entry: Entry, options: PruneOptions): Promise<Change | PruneFailure> {
  options.signal.throwIfAborted();
  let step: PruneFailure['step'] = 'query';
  let subject = entry.id;
  try {
    const ref = toRef(entry);
    subject = subjectOf(ref);
    const type = await typeOf(ref, context.client, options.signal);
    if (type === 'gone') return change(ref, goneAs(options));
    const onStep = (next: PruneFailure['step']): void => {
      step = next;
    };
    return await pruneObject(type, ref, context, { ...options, onStep });
  } catch (error) {
    options.signal.throwIfAborted();
    return { entry, error, step, message: `${subject} ${step} failed: ${errorMessage(error)}` };
  }
}

async function pruneObject(
  type: ResourceType,
  ref: ObjectRef,
  context: PruneContext,
  options: PruneOptions & { readonly onStep: (step: PruneFailure['step']) => void },
): Promise<Change> {
  const { client, session } = context;
  const { propagationPolicy = 'Background', signal } = options;
  for (let look = 1; ; look++) {
    options.onStep('query');
    const known = look === 1 ? session?.look(type, keyOf(ref)) : undefined;
    const found = typeof known === 'object' ? known : await read(type, ref, context, signal);
    const action = foregone(found, options);
    if (found === undefined || action !== undefined) return change(ref, action ?? goneAs(options));
    options.onStep('delete');
    try {
      const call = { propagationPolicy, preconditions: exactly(found), signal: withDeadline(signal, requestMs) };
      await client.delete(type, keyOf(ref), call);
      session?.drop(type, keyOf(ref));
      return change(ref, 'deleted');
    } catch (error) {
      signal.throwIfAborted();
      if (isNotFound(error)) return change(ref, 'deleted');
      // Whether it may be seen still is another question than whether it may be deleted.
      if (typeof known === 'object' && isForbidden(error)) continue;
      if (!isConflict(error) || look >= maxLooks) throw error;
    }
  }
}

/** What becomes of an object without a request; undefined when it is to be deleted. */
function foregone(found: Found | undefined, options: PruneOptions): 'unchanged' | 'skipped' | 'deleted' | undefined {
  if (found === undefined) return goneAs(options);
  const { owner, keepUids, dryRun = false } = options;
  const isOurs = found.owner === ownerText(owner) && !found.kept;
  if (!isOurs || (found.uid !== '' && keepUids?.has(found.uid))) return 'skipped';
  // It is on its way out: asking again changes nothing.
  if (found.terminating) return goneAs(options);
  return dryRun ? 'deleted' : undefined;
}

/** What a prune has to know of an object. */
type Found = Pick<Sighting, 'uid' | 'resourceVersion' | 'owner' | 'kept' | 'terminating'>;

/** Binds a deletion to the object as it was seen. */
function exactly({ uid, resourceVersion }: Found): { readonly uid?: string; readonly resourceVersion?: string } {
  return { ...(uid === '' ? {} : { uid }), ...(resourceVersion === '' ? {} : { resourceVersion }) };
}

function goneAs({ dryRun = false }: PruneOptions): 'unchanged' | 'deleted' {
  return dryRun ? 'unchanged' : 'deleted';
}

async function read(
  type: ResourceType,
  ref: ObjectRef,
  { client, ownerGroup, policy }: PruneContext,
  signal: AbortSignal,
): Promise<Found | undefined> {
  try {
    const object = await client.getMetadata(type, keyOf(ref), { signal: withDeadline(signal, requestMs) });
    const { uid = '', resourceVersion = '', labels, deletionTimestamp } = object.metadata;
    const owner = ownerOf(ownerGroup, labels);
    return {
      uid,
      resourceVersion,
      owner: owner === undefined ? '' : ownerText(owner),
      kept: policy.kept(object),
      terminating: deletionTimestamp !== undefined,
    };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function typeOf(ref: ObjectRef, client: Client, signal: AbortSignal): Promise<ResourceType | 'gone'> {
  try {
    return await client.discovery.resourceFor(ref, { signal: withDeadline(signal, requestMs) });
  } catch (error) {
    if (!isNoMatch(error)) throw error;
    const instead = await servedInstead(ref, client, withDeadline(signal, requestMs));
    if (instead === undefined) throw error;
    return instead;
  }
}

import type { Client } from '../kube/client.ts';
import { ApiError, isConflict, isNotFound } from '../kube/errors.ts';
import type { KubeObject, ManagedFieldsEntry, ResourceType } from '../kube/object.ts';
import { withDeadline } from '../lib/async.ts';
import { dryRunError, stepError } from './apply-error.ts';
import type { Action } from './change-set.ts';
import { hasDrifted } from './drift.ts';
import { type IgnoredPaths, withoutIgnored, yieldIgnored } from './drift-ignore.ts';
import type { JsonPatchOperation } from './field-managers.ts';
import { isImmutableError, isRefusedAsNew } from './immutable.ts';
import type { ObjectPolicy } from './metadata.ts';
import { isBuiltIn } from './normalize.ts';
import { keyOf, type ObjectRef, refOf } from './object-ref.ts';
import type { ResolveType } from './resolve-type.ts';
import { type Rival, rivalsOf } from './rivals.ts';
import { withoutUndeclared } from './unknown-fields.ts';

/** What is to be done with one object, as its dry run has shown. */
export interface Plan {
  readonly ref: ObjectRef;
  readonly action: Extract<Action, 'created' | 'configured' | 'unchanged' | 'skipped'>;
  /** What is sent; absent for objects that are skipped or known to be unchanged. */
  readonly write?: {
    readonly object: KubeObject;
    readonly type: ResourceType;
    /** The live object, whose managedFields are put in order first. */
    readonly tidy?: KubeObject;
    /** The live object has to go first: an immutable field changes. */
    readonly recreate?: KubeObject;
  };
  /** The object as it is (unchanged) or would be. */
  readonly live?: KubeObject;
  /** Whose changes are undone. */
  readonly rivals?: readonly Rival[];
}

export interface PlanContext {
  readonly client: Client;
  readonly fieldManager: string;
  readonly policy: ObjectPolicy;
  /** What puts a live object's managedFields in order before `object` is applied to it; each sees the last's result. */
  readonly tidyings: readonly Tidying[];
  readonly resolveType: ResolveType;
  readonly force: boolean;
  readonly signal: AbortSignal;
  /** Fields that are not corrected. */
  readonly ignored: IgnoredPaths;
  /** Whether an entry of managedFields becomes ours when the object is tidied. */
  readonly isReplaced: (entry: ManagedFieldsEntry) => boolean;
}

/** A JSON patch for the live object, made just before `object` is applied to it; empty when nothing is to be done. */
export interface Tidying {
  /** For messages: `failed to migrate API version`. */
  readonly failure: string;
  patch(object: KubeObject, live: KubeObject): readonly JsonPatchOperation[];
}

/** The time one request may take. */
export const requestMs = 60_000;
/** Rounds of dropping undeclared fields: the API server names those of one level at a time. */
const maxUndeclaredRounds = 20;
const conflictRetries = 3;
/** How often an object that changes between dry run and read is compared again. */
const maxLooks = 3;

/**
 * Finds out by dry run what applying an object would do. One request for an object that does not exist (201), two
 * for one that does, one when `differs` tells by the answer that it changes (of an object of which nothing but its
 * content is in question). Throws ApplyError (upstream's texts), and ends with the reason of the signal when that is
 * aborted.
 */
export async function planObject(
  desired: KubeObject,
  context: PlanContext,
  differs: (result: KubeObject) => boolean = () => false,
): Promise<Plan> {
  const { policy, signal } = context;
  const ref = refOf(desired);
  const type = await resolved(desired, context);
  if (type.namespaced && ref.namespace === '') {
    // What the API server answers to a PATCH without a namespace; the client would not even send it.
    throw dryRunError(desired, new ApiError({ status: 404, reason: 'NotFound', message: missingNamespace }));
  }
  const attempt = await dryRun(desired, type, context).catch((error: unknown) => {
    signal.throwIfAborted();
    return { error };
  });
  if ('error' in attempt) return planRefused(desired, type, attempt.error, context);
  const { object, result, created } = attempt;
  const shown = refOf(result);
  if (created) return { ref: shown, action: 'created', live: result, write: { object, type } };
  if (policy.ifNotPresent(desired)) return { ref: shown, action: 'skipped', live: result };
  if (differs(result)) return { ref: shown, action: 'configured', live: result, write: { object, type } };
  return planExisting({ desired, object, result, type, look: 1 }, context);
}

const missingNamespace = 'the server could not find the requested resource';

interface Existing {
  readonly desired: KubeObject;
  /** What the API server accepts of it. */
  readonly object: KubeObject;
  readonly result: KubeObject;
  readonly type: ResourceType;
  /** How often dry run and live object have been compared. */
  readonly look: number;
}

async function planExisting(existing: Existing, context: PlanContext): Promise<Plan> {
  const { desired, object, result, type, look } = existing;
  const { policy, fieldManager, tidyings, ignored, isReplaced } = context;
  const ref = refOf(result);
  const live = await readLive(type, ref, context).catch((error: unknown) => {
    context.signal.throwIfAborted();
    // Not applied unseen: the live object may say that it must not be touched.
    throw stepError('dry-run', result, 'query failed', error);
  });
  if (live === 'absent') return { ref, action: 'created', live: result, write: { object, type } };
  // Without the right to read, only applying can tell: upstream does the same.
  if (live === 'forbidden') return { ref, action: 'configured', live: result, write: { object, type } };
  if (policy.excluded(live)) return { ref, action: 'skipped', live };
  const untidy = tidyings.some((tidying) => tidying.patch(desired, live).length > 0);
  const paths = ignored(result);
  if (!untidy && !hasDrifted(withoutIgnored(live, paths), withoutIgnored(result, paths))) {
    return { ref, action: 'unchanged', live };
  }
  if (live.metadata.resourceVersion !== result.metadata.resourceVersion && look < maxLooks) {
    // A controller has written in between: what differs may be its work.
    const again = await dryRun(desired, type, context).catch((error: unknown) => {
      context.signal.throwIfAborted();
      throw dryRunError(desired, error);
    });
    return planExisting({ ...existing, object: again.object, result: again.result, look: look + 1 }, context);
  }
  const isMerged = policy.merged(desired) || policy.merged(live);
  const isOurs = (entry: ManagedFieldsEntry): boolean =>
    entry.manager === fieldManager || (!isMerged && isReplaced(entry));
  const sent = paths.length === 0 ? object : yieldIgnored({ object, live, result, isOurs }, paths);
  const write = { object: sent, type, ...(untidy ? { tidy: live } : {}) };
  return { ref, action: 'configured', live: result, write, rivals: rivalsOf(live, result, fieldManager) };
}

/** After a refused dry run: the live object may say that it is not to be applied, or it may have to be re-created. */
async function planRefused(
  desired: KubeObject,
  type: ResourceType,
  error: unknown,
  context: PlanContext,
): Promise<Plan> {
  const { policy, force } = context;
  const failure = dryRunError(desired, error);
  if (!(error instanceof ApiError) || error.status >= 502 || error.isTooManyRequests || error.isUnauthorized)
    throw failure;
  const live = await readLive(type, refOf(desired), context).catch(() => 'forbidden' as const);
  context.signal.throwIfAborted();
  if (typeof live === 'string') throw failure;
  const ref = refOf(live);
  if (policy.excluded(live) || policy.ifNotPresent(desired)) return { ref, action: 'skipped', live };
  const mayForce = force || policy.forced(desired) || policy.forced(live);
  if (!mayForce || !isImmutableError(error)) throw failure;
  const asNew = await refusalAsNew(desired, type, context);
  if (isRefusedAsNew(error, asNew)) throw failure;
  return { ref, action: 'created', live, write: { object: desired, type, recreate: live } };
}

/**
 * What the API server says to the object under another name, that is, as a new one; undefined when it is content.
 * Differs from Flux (docs/adr/0010), which deletes the live object at once and may find afterwards that the new one is
 * not accepted.
 */
async function refusalAsNew(desired: KubeObject, type: ResourceType, context: PlanContext): Promise<unknown> {
  const name = `${desired.metadata.name.slice(0, 40)}-as-new`;
  const stranger = { ...desired, metadata: { ...desired.metadata, name } };
  return dryRun(stranger, type, context).then(
    () => undefined,
    (error: unknown) => error,
  );
}

interface DryRun {
  readonly object: KubeObject;
  readonly result: KubeObject;
  readonly created: boolean;
}

/**
 * A dry-run apply. Of kinds of Kubernetes' own, fields that their schema does not declare are dropped, as Flux's
 * trip through Go types drops them; conflicts are tried again.
 */
async function dryRun(desired: KubeObject, type: ResourceType, context: PlanContext): Promise<DryRun> {
  const { client, fieldManager, signal } = context;
  let object = desired;
  let conflicts = 0;
  for (let round = 0; ; round++) {
    try {
      const options = { fieldManager, force: true, dryRun: true, signal: withDeadline(signal, requestMs) };
      const { object: result, created } = await client.apply(type, object, options);
      return { object, result, created };
    } catch (error) {
      const declared = isBuiltIn(object) && round < maxUndeclaredRounds ? withoutUndeclared(object, error) : undefined;
      if (declared !== undefined) object = declared;
      else if (!isConflict(error) || ++conflicts > conflictRetries) throw error;
    }
  }
}

async function readLive(
  type: ResourceType,
  ref: ObjectRef,
  { client, signal }: PlanContext,
): Promise<KubeObject | 'absent' | 'forbidden'> {
  try {
    return await client.get(type, keyOf(ref), { signal: withDeadline(signal, requestMs) });
  } catch (error) {
    signal.throwIfAborted();
    if (isNotFound(error)) return 'absent';
    if (error instanceof ApiError && error.isForbidden) return 'forbidden';
    throw error;
  }
}

async function resolved(desired: KubeObject, { resolveType, signal }: PlanContext): Promise<ResourceType> {
  try {
    return await resolveType(refOf(desired), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw dryRunError(desired, error);
  }
}

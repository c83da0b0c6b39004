import { textFor } from '../../../apply/apply-error.ts';
import { appliedPatch } from '../../../apply/field-managers.ts';
import { HELM_FIELD_MANAGER } from '../../../crds/meta/names.ts';
import type { Applied, Client } from '../../../kube/client.ts';
import { ApiError, isConflict } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { sleep, withDeadline } from '../../../lib/async.ts';
import type { Clock } from '../../../lib/clock.ts';
import { gvkText, type ReleaseObject } from './objects.ts';

/** The time one request may take. */
export const requestMs = 60_000;
const conflictRetries = 5;
const conflictPauseMs = 20;

/** An object that could not be written. The message is Helm's. */
export class WriteError extends Error {
  override readonly name = 'WriteError';
}

export interface WriteContext {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface ServerSideOptions {
  /** Take fields over from others. */
  readonly force: boolean;
  /** What was written as us by other means becomes applied, so that what left the chart leaves the object. */
  readonly upgradesManager: boolean;
}

/** Applies an object (pkg/kube/client.go, patchResourceServerSide). Throws {@link WriteError}. */
export async function applyServerSide(
  item: ReleaseObject,
  { force, upgradesManager }: ServerSideOptions,
  context: WriteContext,
): Promise<Applied<KubeObject>> {
  const applied = await apply(item, force, context);
  if (!upgradesManager || applied.created) return applied;
  const upgraded = await upgradeManager(item, applied.object, context);
  // What only the old writes had is ours to leave out now.
  return upgraded ? apply(item, force, context) : applied;
}

async function apply(
  { object, type, key }: ReleaseObject,
  force: boolean,
  { client, clock, signal }: WriteContext,
): Promise<Applied<KubeObject>> {
  for (let attempt = 1; ; attempt++) {
    try {
      const call = { signal: withDeadline(signal, requestMs), fieldValidation: 'Strict' } as const;
      return await client.apply(type, object, { ...call, fieldManager: HELM_FIELD_MANAGER, force });
    } catch (error) {
      signal.throwIfAborted();
      if (isQuotaConflict(error) && attempt <= conflictRetries) {
        await sleep(clock, conflictPauseMs * attempt, signal);
        continue;
      }
      const what = isConflict(error)
        ? 'conflict occurred while applying object'
        : 'server-side apply failed for object';
      const subject = `${key.namespace ?? ''}/${key.name} ${gvkText(type)}`;
      throw writeError(object, `${what} ${subject}`, error);
    }
  }
}

/** Several objects that count against one quota at the same time (pkg/kube/client.go, isResourceQuotaConflict). */
function isQuotaConflict(error: unknown): boolean {
  return (
    isConflict(error) &&
    error.message.includes('Operation cannot be fulfilled on resourcequotas') &&
    error.message.includes('the object has been modified')
  );
}

/** True when there was something to be put in order (pkg/kube/client.go, upgradeClientSideFieldManager). */
async function upgradeManager(
  { object, type, key }: ReleaseObject,
  first: KubeObject,
  { client, signal }: WriteContext,
): Promise<boolean> {
  let live = first;
  for (let attempt = 1; ; attempt++) {
    const body = appliedPatch(live, HELM_FIELD_MANAGER);
    if (body.length === 0) return attempt > 1;
    const call = { signal: withDeadline(signal, requestMs), fieldManager: HELM_FIELD_MANAGER };
    try {
      await client.patch(type, key, { type: 'json', body }, call);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (!isConflict(error) || attempt > conflictRetries) {
        const subject = `${key.namespace ?? ''}/${key.name} ${gvkText(type)}`;
        throw writeError(object, `failed to patch object to upgrade CSA field manager ${subject}`, error);
      }
      live = await client.get(type, key, call);
    }
  }
}

/** Creates an object by an ordinary write (pkg/kube/client.go, createResource). Throws {@link WriteError}. */
export async function createObject(
  { object, type }: ReleaseObject,
  { client, clock, signal }: WriteContext,
): Promise<KubeObject> {
  for (let attempt = 1; ; attempt++) {
    try {
      const call = { signal: withDeadline(signal, requestMs), fieldManager: HELM_FIELD_MANAGER };
      return await client.create(type, object, call);
    } catch (error) {
      signal.throwIfAborted();
      if (!isConflict(error) || error.isAlreadyExists || attempt > conflictRetries) throw writeError(object, '', error);
      await sleep(clock, conflictPauseMs * attempt, signal);
    }
  }
}

/** An error about an object, without the values of Secrets, which the API server may quote. */
export function writeError(object: KubeObject, what: string, error: unknown): WriteError {
  const text = textFor(object, error);
  const cause = object.kind === 'Secret' && error instanceof ApiError ? undefined : error;
  return new WriteError(what === '' ? text : `${what}: ${text}`, cause === undefined ? undefined : { cause });
}

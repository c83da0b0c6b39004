import type { Client } from '../kube/client.ts';
import { isConflict, isNotFound } from '../kube/errors.ts';
import type { KubeObject, ResourceType } from '../kube/object.ts';
import { sleep, withDeadline } from '../lib/async.ts';
import type { Clock } from '../lib/clock.ts';
import { stepError } from './apply-error.ts';
import { type Change, change } from './change-set.ts';
import { keyOf, refOf } from './object-ref.ts';
import { type Plan, requestMs, type Tidying } from './plan.ts';

export interface ExecuteContext {
  readonly client: Client;
  readonly fieldManager: string;
  readonly tidyings: readonly Tidying[];
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** How long a deleted object may take to disappear. */
  readonly goneWithinMs: number;
}

type Write = NonNullable<Plan['write']>;

const conflictRetries = 5;
const gonePauseMs = { first: 50, most: 2_000 };

/** Does what a plan says. Throws ApplyError (upstream's texts), or the reason of the signal when that is aborted. */
export async function execute(plan: Plan, context: ExecuteContext): Promise<Change> {
  const { ref, action, live, write, rivals = [] } = plan;
  if (write === undefined) return change(ref, action, live);
  if (write.recreate !== undefined) await remove(write, write.recreate, context);
  if (write.tidy !== undefined) await tidy(write, write.tidy, context);
  const { object, created } = await apply(write, context);
  const made = change(refOf(object), created ? 'created' : 'configured', object);
  return rivals.length === 0 ? made : { ...made, rivals };
}

async function apply(
  { object, type }: Write,
  { client, fieldManager, signal }: ExecuteContext,
): ReturnType<Client['apply']> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.apply(type, object, { fieldManager, force: true, signal: withDeadline(signal, requestMs) });
    } catch (error) {
      signal.throwIfAborted();
      if (!isConflict(error) || attempt > conflictRetries) throw stepError('apply', object, 'apply failed', error);
    }
  }
}

/** Puts the live object's metadata in order. Whoever changes it meanwhile makes us look again. */
async function tidy({ object, type }: Write, found: KubeObject, context: ExecuteContext): Promise<void> {
  const { client, fieldManager, signal, tidyings } = context;
  const key = keyOf(refOf(found));
  let live = found;
  for (const tidying of tidyings) {
    for (let attempt = 1; ; attempt++) {
      const body = tidying.patch(object, live);
      if (body.length === 0) break;
      try {
        const options = { fieldManager, signal: withDeadline(signal, requestMs) };
        live = await client.patch(type, key, { type: 'json', body }, options);
        break;
      } catch (error) {
        signal.throwIfAborted();
        if (isNotFound(error)) return;
        if (!isConflict(error) || attempt > conflictRetries) throw stepError('cleanup', live, tidying.failure, error);
        live = await reread(type, live, context);
      }
    }
  }
}

async function reread(type: ResourceType, live: KubeObject, { client, signal }: ExecuteContext): Promise<KubeObject> {
  try {
    return await client.get(type, keyOf(refOf(live)), { signal: withDeadline(signal, requestMs) });
  } catch (error) {
    signal.throwIfAborted();
    throw stepError('cleanup', live, 'metadata.managedFields cleanup failed', error);
  }
}

/** Deletes exactly the object that was seen, and waits until it is gone: its finalizers may take their time. */
async function remove({ object, type }: Write, live: KubeObject, context: ExecuteContext): Promise<void> {
  const { client, signal } = context;
  const key = keyOf(refOf(live));
  const { uid } = live.metadata;
  try {
    await client.delete(type, key, {
      propagationPolicy: 'Background',
      ...(uid === undefined ? {} : { preconditions: { uid } }),
      signal: withDeadline(signal, requestMs),
    });
  } catch (error) {
    signal.throwIfAborted();
    // A conflict here means another uid: the object that was seen is gone already.
    if (!isNotFound(error) && !isConflict(error)) {
      throw stepError('delete', object, 'immutable field detected, failed to delete object', error);
    }
  }
  try {
    await untilGone(type, live, context);
  } catch (error) {
    signal.throwIfAborted();
    throw stepError('delete', object, 'immutable field detected, failed to wait for object to be deleted', error);
  }
}

async function untilGone(type: ResourceType, live: KubeObject, context: ExecuteContext): Promise<void> {
  const { client, clock, goneWithinMs } = context;
  const signal = withDeadline(context.signal, goneWithinMs);
  for (let pauseMs = gonePauseMs.first; ; pauseMs = Math.min(pauseMs * 2, gonePauseMs.most)) {
    try {
      const found = await client.getMetadata(type, keyOf(refOf(live)), { signal });
      if (found.metadata.uid !== live.metadata.uid) return;
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    await sleep(clock, pauseMs, signal);
  }
}

import { desiredDigest } from '../../../apply/fingerprint.ts';
import type { Place } from '../../../apply/ledger/session.ts';
import { isNotFound } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { mapLimited, withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { traceCreation, traceFailure, traceWritten } from './action-trace.ts';
import type { ActionContext } from './context.ts';
import type { ReleaseObject } from './objects.ts';
import { type UpdateMethod, updateObject } from './update-object.ts';
import { applyServerSide, createObject, requestMs, WriteError } from './write-object.ts';

/** How the objects of a release are written. */
export interface WriteMethod extends UpdateMethod {
  readonly serverSide: boolean;
  /** Fields of others are taken over by server-side apply. */
  readonly force: boolean;
  readonly upgradesManager: boolean;
}

/** An object that is as it shall be. */
export interface WrittenObject {
  readonly item: ReleaseObject;
  readonly created: boolean;
  /** As the API server answered; absent for what is known to be so without asking. */
  readonly live?: KubeObject;
}

/** What became of the objects of a release, as far as that went. */
export interface WrittenObjects {
  readonly written: readonly WrittenObject[];
  /** In the order of the objects. */
  readonly failures: readonly { readonly item: ReleaseObject; readonly error: Error }[];
}

/** Requests of one release at a time. */
const concurrency = 6;

/** By which manner the ledger knows what was written. */
export const MANNER = 'helm';

/**
 * Writes objects, kind by kind in the order in which they come, those of one kind side by side (pkg/kube/client.go,
 * perform). What the ledger knows to be so is left out. With `stops`, a kind of which an object could not be created
 * is the last one. Throws the reason of the signal, and what is about no single object.
 */
export async function writeObjects(
  items: readonly ReleaseObject[],
  method: WriteMethod,
  context: ActionContext,
  { stops = false }: { readonly stops?: boolean } = {},
): Promise<WrittenObjects> {
  context.session?.watch(placesOf(items));
  const written: WrittenObject[] = [];
  const failures: { item: ReleaseObject; error: Error }[] = [];
  for (const batch of batches(items)) {
    const results = await mapLimited(batch, concurrency, async (item) => {
      context.signal.throwIfAborted();
      return writeOne(item, method, context).catch((error: unknown) => {
        if (error instanceof WriteError) return { item, error };
        throw error;
      });
    });
    for (const result of results) {
      if ('error' in result) failures.push(result);
      else written.push(result);
    }
    if (stops && failures.length > 0) break;
  }
  context.signal.throwIfAborted();
  return { written, failures };
}

async function writeOne(item: ReleaseObject, method: WriteMethod, context: ActionContext): Promise<WrittenObject> {
  const { session } = context;
  const { object, type, key } = item;
  const digest = desiredDigest(object, MANNER);
  if (!method.replaces && session?.recall(type, key, digest) === 'unchanged') return { item, created: false };
  const made = method.serverSide
    ? await applyServerSide(item, method, context)
    : await updateObject(item, method, context);
  session?.record(type, made.object, digest, true);
  return { item, created: made.created, live: made.object };
}

/** Runs of one kind. */
function batches(items: readonly ReleaseObject[]): ReleaseObject[][] {
  const runs: ReleaseObject[][] = [];
  let kind: string | undefined;
  for (const item of items) {
    if (item.ref.kind !== kind) runs.push([]);
    kind = item.ref.kind;
    runs.at(-1)?.push(item);
  }
  return runs;
}

/** Where objects are, each kind and namespace once. */
export function placesOf(items: readonly ReleaseObject[]): readonly Place[] {
  const places = new Map<string, Place>();
  for (const { type, key } of items) {
    const { namespace } = key;
    places.set(`${type.group}/${type.plural}/${namespace ?? ''}`, {
      type,
      ...(namespace === undefined ? {} : { namespace }),
    });
  }
  return [...places.values()];
}

/** Creates objects that are not there, all of them, whatever becomes of the others. Throws WriteError with all errors. */
export async function createObjects(
  items: readonly ReleaseObject[],
  serverSide: boolean,
  context: ActionContext,
): Promise<readonly WrittenObject[]> {
  const errors: Error[] = [];
  traceCreation(items.length, { serverSide }, context);
  const written = await mapLimited(items, concurrency, async (item): Promise<WrittenObject | undefined> => {
    try {
      if (!serverSide) return { item, created: true, live: await createObject(item, context) };
      const made = await applyServerSide(item, { force: false, upgradesManager: false }, context);
      return { item, created: made.created, live: made.object };
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
      errors.push(error);
      traceFailure(item, true, context);
      return undefined;
    }
  });
  traceWritten(
    written.filter((one) => one !== undefined),
    context,
  );
  const [first] = errors;
  if (first !== undefined) throw joined(errors, '\n');
  return written.filter((one) => one !== undefined);
}

/** Several errors in one. */
export function joined(errors: readonly Error[], separator: string): Error {
  const [first] = errors;
  if (first !== undefined && errors.length === 1) return first;
  return new WriteError(errors.map(errorMessage).join(separator), { cause: first });
}

/** Whether the object is in the cluster. Throws what the API server answers otherwise. */
export async function exists({ type, key }: ReleaseObject, { client, signal }: ActionContext): Promise<boolean> {
  try {
    await client.getMetadata(type, key, { signal: withDeadline(signal, requestMs) });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (isNotFound(error)) return false;
    throw error;
  }
}

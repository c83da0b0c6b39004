import type { Client } from '../kube/client.ts';
import { ApiError, isConflict, isNotFound } from '../kube/errors.ts';
import type { KubeObject, ObjectKey, ResourceType } from '../kube/object.ts';
import { withDeadline } from '../lib/async.ts';
import { isRecord, jsonEqual } from '../lib/json.ts';

const writeTimeoutMs = 30_000;
const maxConflicts = 5;

export interface StatusWriteOptions {
  readonly fieldManager: string;
  readonly signal?: AbortSignal;
  /**
   * Refuse the write when the status is no longer what `object` carries: what is written was computed from it, and
   * another writer (a former leader) knew more. A change of anything but the status does not count.
   */
  readonly guarded?: boolean;
}

/** Another writer changed the status since it was read; the attempt must begin again with what is there now. */
export class StaleStatusError extends Error {
  override readonly name = 'StaleStatusError';
}

/**
 * The RFC 7386 merge patch that turns `from` into `to`; undefined when they are equal. Arrays are replaced whole; an
 * undefined member is an absent one.
 */
export function mergePatch(from: unknown, to: unknown): Readonly<Record<string, unknown>> | undefined {
  const before = isRecord(from) ? from : {};
  const after = isRecord(to) ? to : {};
  const patch: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(after)) {
    if (value === undefined || jsonEqual(before[field], value)) continue;
    patch[field] = isRecord(value) && isRecord(before[field]) ? mergePatch(before[field], value) : value;
  }
  for (const field of Object.keys(before)) if (after[field] === undefined) patch[field] = null;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/**
 * Writes `status` to the status subresource as the smallest merge patch, and gives the object as it is then. No
 * request when nothing changes. Throws {@link StaleStatusError} as described at `guarded`, and ApiError (NotFound
 * when the object is gone).
 */
export async function writeStatus<T extends KubeObject>(
  client: Client,
  type: ResourceType,
  object: T,
  status: Readonly<Record<string, unknown>>,
  options: StatusWriteOptions,
): Promise<T> {
  const base = object['status'];
  const patch = mergePatch(base, status);
  if (patch === undefined) return object;
  const { fieldManager, signal, guarded = false } = options;
  const key = keyOf(object);
  let resourceVersion = object.metadata.resourceVersion;
  for (let conflicts = 0; ; conflicts += 1) {
    const metadata = guarded ? { metadata: { resourceVersion, uid: object.metadata.uid } } : {};
    try {
      const body = { ...metadata, status: patch };
      return await client.patch<T>(
        type,
        key,
        { type: 'merge', body },
        {
          fieldManager,
          subresource: 'status',
          signal: withDeadline(signal, writeTimeoutMs),
        },
      );
    } catch (error) {
      if (!isConflict(error) || conflicts >= maxConflicts) throw error;
      const live = await client.get<T>(type, key, { signal: withDeadline(signal, writeTimeoutMs) });
      if (live.metadata.uid !== object.metadata.uid) throw notFound(type, key);
      if (guarded && !jsonEqual(live['status'], base)) {
        throw new StaleStatusError(`the status of ${key.namespace}/${key.name} was changed by another writer`, {
          cause: error,
        });
      }
      resourceVersion = live.metadata.resourceVersion;
    }
  }
}

/** Adds a finalizer and gives the object as it is then; no request when it is there. */
export function addFinalizer<T extends KubeObject>(
  client: Client,
  type: ResourceType,
  object: T,
  finalizer: string,
  options: StatusWriteOptions,
): Promise<T> {
  return patchFinalizers(client, type, object, options, (finalizers) =>
    finalizers.includes(finalizer) ? undefined : [...finalizers, finalizer],
  );
}

/** Removes a finalizer; no request when it is not there, no error when the object is gone. */
export async function removeFinalizer<T extends KubeObject>(
  client: Client,
  type: ResourceType,
  object: T,
  finalizer: string,
  options: StatusWriteOptions,
): Promise<void> {
  try {
    await patchFinalizers(client, type, object, options, (finalizers) =>
      finalizers.includes(finalizer) ? finalizers.filter((other) => other !== finalizer) : undefined,
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** A list of finalizers is replaced whole: the resource version makes sure that nobody else's is lost. */
async function patchFinalizers<T extends KubeObject>(
  client: Client,
  type: ResourceType,
  object: T,
  { fieldManager, signal }: StatusWriteOptions,
  change: (finalizers: readonly string[]) => readonly string[] | undefined,
): Promise<T> {
  const key = keyOf(object);
  let current = object;
  for (let conflicts = 0; ; conflicts += 1) {
    const finalizers = change(current.metadata.finalizers ?? []);
    if (finalizers === undefined) return current;
    const { resourceVersion } = current.metadata;
    const body = { metadata: { finalizers: finalizers.length === 0 ? null : finalizers, resourceVersion } };
    try {
      const options = { fieldManager, signal: withDeadline(signal, writeTimeoutMs) };
      return await client.patch<T>(type, key, { type: 'merge', body }, options);
    } catch (error) {
      if (!isConflict(error) || conflicts >= maxConflicts) throw error;
      current = await client.get<T>(type, key, { signal: withDeadline(signal, writeTimeoutMs) });
      if (current.metadata.uid !== object.metadata.uid) throw notFound(type, key);
    }
  }
}

function keyOf({ metadata: { name, namespace } }: KubeObject): ObjectKey {
  return namespace === undefined ? { name } : { name, namespace };
}

function notFound({ plural, group }: ResourceType, { name }: ObjectKey): ApiError {
  const message = `${plural}.${group} "${name}" not found`;
  return new ApiError({ status: 404, reason: 'NotFound', message });
}

import type { DeleteOptions } from '../../../kube/client.ts';
import { isNotFound } from '../../../kube/errors.ts';
import { mapLimited, withDeadline } from '../../../lib/async.ts';
import type { ActionContext } from './context.ts';
import type { ReleaseObject } from './objects.ts';
import { requestMs, writeError } from './write-object.ts';

export interface DeleteOne {
  readonly item: ReleaseObject;
  /** Only the object of this uid. */
  readonly uid?: string | undefined;
}

export interface Deleted {
  /** Objects that end by and by. */
  readonly going: readonly ReleaseObject[];
  readonly errors: readonly Error[];
}

const concurrency = 6;

/** How dependents are dealt with. */
export type Propagation = NonNullable<DeleteOptions['propagationPolicy']>;

/** Deletes objects, as many of them as can be (pkg/kube/client.go, Delete). What is not there is deleted. */
export async function deleteObjects(
  objects: readonly DeleteOne[],
  propagationPolicy: Propagation,
  context: ActionContext,
): Promise<Deleted> {
  const { client, session, signal } = context;
  const going: ReleaseObject[] = [];
  const errors: Error[] = [];
  await mapLimited(objects, concurrency, async ({ item, uid }) => {
    const { type, key, object } = item;
    const { name, namespace, kind } = item.ref;
    context.log.add('starting delete resource', { kind, name, namespace });
    const preconditions = uid === undefined ? {} : { preconditions: { uid } };
    try {
      const options = { propagationPolicy, ...preconditions, signal: withDeadline(signal, requestMs) };
      if (!(await client.delete(type, key, options))) going.push(item);
      session?.drop(type, key);
    } catch (error) {
      signal.throwIfAborted();
      if (!isNotFound(error)) errors.push(writeError(object, '', error));
    }
  });
  return { going, errors };
}

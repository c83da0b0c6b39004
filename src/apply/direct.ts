import { ApiError } from '../kube/errors.ts';
import type { KubeObject, ResourceType } from '../kube/object.ts';
import { withDeadline } from '../lib/async.ts';
import { stepError } from './apply-error.ts';
import type { ExecuteContext } from './execute.ts';
import { requestMs } from './plan.ts';

/**
 * What became of a write without a dry run: done; `other`: the object is not what it was taken for, and nothing has
 * happened; `refused`: the API server does not accept it.
 */
export type DirectAnswer =
  | { readonly action: 'created' | 'configured' | 'unchanged'; readonly live: KubeObject }
  | 'other'
  | 'refused';

/** No object has it: etcd gives the first one to itself. */
const versionOfNone = '1';

/**
 * Creates an object by server-side apply, and only if there is none of its name: the API server compares the resource
 * version of an object that is there, and overlooks it when there is none (k8s.io/apiserver registry/generic, Update).
 */
export async function createOnly(
  object: KubeObject,
  type: ResourceType,
  context: ExecuteContext,
): Promise<DirectAnswer> {
  // Not forced, for servers that overlook the version.
  const answer = await send(object, type, { resourceVersion: versionOfNone, force: false }, context);
  if (typeof answer === 'string') return answer;
  return answer.created ? { action: 'created', live: answer.object } : 'other';
}

/** Applies an object to exactly the live one that is known. */
export async function updateAsLeft(
  object: KubeObject,
  type: ResourceType,
  resourceVersion: string,
  context: ExecuteContext,
): Promise<DirectAnswer> {
  const answer = await send(object, type, { resourceVersion, force: true }, context);
  if (typeof answer === 'string') return answer;
  const live = answer.object;
  const same = live.metadata.resourceVersion === resourceVersion;
  return { action: answer.created ? 'created' : same ? 'unchanged' : 'configured', live };
}

async function send(
  object: KubeObject,
  type: ResourceType,
  { resourceVersion, force }: { readonly resourceVersion: string; readonly force: boolean },
  { client, fieldManager, signal }: ExecuteContext,
): Promise<{ readonly object: KubeObject; readonly created: boolean } | 'other' | 'refused'> {
  const bound = { ...object, metadata: { ...object.metadata, resourceVersion } };
  try {
    return await client.apply(type, bound, { fieldManager, force, signal: withDeadline(signal, requestMs) });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError && error.isConflict) return 'other';
    if (isRefusal(error)) return 'refused';
    throw stepError('apply', object, 'apply failed', error);
  }
}

/** Whether the API server has looked at the object and does not take it. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.isUnauthorized || error.isTooManyRequests) return false;
  return error.status === 500 || (error.status >= 400 && error.status < 500);
}

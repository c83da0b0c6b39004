import { isBuiltIn } from '../../../apply/normalize.ts';
import { HELM_FIELD_MANAGER } from '../../../crds/meta/names.ts';
import { builtinSchema } from '../../../engines/kustomize/openapi/builtin-schema.ts';
import { isConflict, isNotFound } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { objectPath, withQuery } from '../../../kube/resource-path.ts';
import { withDeadline } from '../../../lib/async.ts';
import { parseJson } from '../../../lib/json.ts';
import type { ReleaseObject } from './objects.ts';
import { mergePatchOf, threeWayMerge } from './three-way-merge.ts';
import { createObject, requestMs, type WriteContext, writeError } from './write-object.ts';

/** How objects are updated without server-side apply. */
export interface UpdateMethod {
  /** The live object is replaced by what the chart says. */
  readonly replaces: boolean;
  /** What others changed of custom resources is corrected too; else only what changed in the chart is sent. */
  readonly correctsCustom: boolean;
  /** The object as the last release had it. */
  readonly originalOf: (item: ReleaseObject) => KubeObject | undefined;
}

const conflictRetries = 5;

/** Makes an object what the chart says, by ordinary writes (pkg/kube/client.go, update). Throws WriteError. */
export async function updateObject(
  item: ReleaseObject,
  method: UpdateMethod,
  context: WriteContext,
): Promise<{ readonly object: KubeObject; readonly created: boolean }> {
  const live = await liveObject(item, context);
  if (live === undefined) return { object: await createObject(item, context), created: true };
  const object = method.replaces ? await replace(item, live, context) : await patch(item, live, method, context);
  return { object, created: false };
}

/** The object in the cluster. Throws WriteError. */
async function liveObject(
  { object, type, key }: ReleaseObject,
  { client, signal }: WriteContext,
): Promise<KubeObject | undefined> {
  try {
    return await client.get(type, key, { signal: withDeadline(signal, requestMs) });
  } catch (error) {
    signal.throwIfAborted();
    if (isNotFound(error)) return undefined;
    throw writeError(object, 'could not get information about the resource', error);
  }
}

/** pkg/kube/client.go, patchResourceClientSide. */
async function patch(
  item: ReleaseObject,
  first: KubeObject,
  method: UpdateMethod,
  context: WriteContext,
): Promise<KubeObject> {
  const { client, signal } = context;
  const { object, type, key } = item;
  let live = first;
  for (let attempt = 1; ; attempt++) {
    const body = patchOf(item, live, method);
    if (body === undefined) return live;
    try {
      const call = { signal: withDeadline(signal, requestMs), fieldManager: HELM_FIELD_MANAGER };
      return await client.patch(type, key, { type: 'merge', body }, call);
    } catch (error) {
      signal.throwIfAborted();
      const again = isConflict(error) && attempt <= conflictRetries ? await liveObject(item, context) : undefined;
      if (again === undefined) {
        throw writeError(object, `cannot patch ${JSON.stringify(key.name)} with kind ${type.kind}`, error);
      }
      live = again;
    }
  }
}

/** The merge patch to be sent; bound to the live object where that decided what it says. */
function patchOf(item: ReleaseObject, live: KubeObject, method: UpdateMethod): unknown {
  const { object } = item;
  const original = method.originalOf(item) ?? live;
  const builtIn = isBuiltIn(object) || isRbac(object);
  if (!builtIn && !method.correctsCustom) return mergePatchOf(original, object);
  const schema = builtIn ? builtinSchema().kind(object.apiVersion, object.kind) : undefined;
  const change = mergePatchOf(live, threeWayMerge(original, object, live, schema));
  if (change === undefined) return undefined;
  const { metadata } = change as { readonly metadata?: object };
  return { ...(change as object), metadata: { ...metadata, resourceVersion: live.metadata.resourceVersion } };
}

function isRbac({ apiVersion }: KubeObject): boolean {
  return apiVersion.startsWith('rbac.authorization.k8s.io/');
}

/** pkg/kube/client.go, replaceResource. */
async function replace(
  { object, type, key }: ReleaseObject,
  live: KubeObject,
  { client, signal }: WriteContext,
): Promise<KubeObject> {
  const { resourceVersion } = live.metadata;
  const body = JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion } });
  const path = withQuery(objectPath(type, key), { fieldManager: HELM_FIELD_MANAGER, fieldValidation: 'Strict' });
  try {
    const answer = await client.raw('PUT', path, { body, signal: withDeadline(signal, requestMs) });
    return parseJson(answer.body) as KubeObject;
  } catch (error) {
    signal.throwIfAborted();
    throw writeError(object, 'failed to replace object', error);
  }
}

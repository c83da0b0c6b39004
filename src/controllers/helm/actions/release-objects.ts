import { isNotFound } from '../../../kube/errors.ts';
import type { PartialObject } from '../../../kube/object.ts';
import { mapLimited, withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { traceCreation, traceFailure, traceUpdate, traceWritten } from './action-trace.ts';
import type { ActionContext } from './context.ts';
import { deleteObjects } from './delete-objects.ts';
import { MANAGED_BY, RELEASE_NAME, RELEASE_NAMESPACE, type ReleaseName, type ReleaseObject } from './objects.ts';
import { requestMs, WriteError } from './write-object.ts';
import {
  exists,
  joined,
  type WriteMethod,
  type WrittenObject,
  type WrittenObjects,
  writeObjects,
} from './write-objects.ts';

/** An update of a release's objects that failed. */
export class UpdateError extends Error {
  override readonly name = 'UpdateError';
  /** What it has created before. */
  readonly created: readonly ReleaseObject[];

  constructor(cause: Error, created: readonly ReleaseObject[]) {
    super(cause.message, { cause });
    this.created = created;
  }
}

const concurrency = 6;

/** Kept when it leaves the chart, or the release is uninstalled (pkg/kube/resource_policy.go). */
export const RESOURCE_POLICY = 'helm.sh/resource-policy';
export const KEEP = 'keep';

/**
 * Writes the objects of a first installation, all of them, whatever becomes of the others. Throws WriteError with Helm's
 * words: they differ with whether some of the objects were there before.
 */
export async function installObjects(
  targets: readonly ReleaseObject[],
  method: WriteMethod,
  context: ActionContext,
): Promise<readonly WrittenObject[]> {
  const { written, failures } = await writeObjects(targets, method, context);
  const isAdoption = written.some(({ created }) => !created) || (await anyExists(failures, context));
  if (isAdoption) traceUpdate(targets.length, method, context);
  else traceCreation(targets.length, method, context);
  traceWritten(written, context);
  if (failures.length === 0) return written;
  if (isAdoption) throw await updateFailure(failures, context);
  for (const { item } of failures) traceFailure(item, true, context);
  throw joined(
    failures.map(({ error }) => error),
    '\n',
  );
}

/**
 * Makes the objects of a release what another revision of it says: creates, updates, and deletes what left (pkg/kube/
 * client.go, Update). Throws {@link UpdateError}.
 */
export async function updateObjects(
  originals: readonly ReleaseObject[],
  targets: readonly ReleaseObject[],
  method: WriteMethod,
  context: ActionContext,
): Promise<readonly WrittenObject[]> {
  traceUpdate(targets.length, method, context);
  const { written, failures } = await writeObjects(targets, method, context, { stops: true });
  traceWritten(written, context);
  const created = written.filter((one) => one.created).map(({ item }) => item);
  if (failures.length > 0) throw new UpdateError(await updateFailure(failures, context), created);
  const wanted = new Set(targets.map(identity));
  const errors = await deleteLeft(
    originals.filter((item) => !wanted.has(identity(item))),
    context,
  );
  if (errors.length > 0) throw new UpdateError(joined(errors, ' && '), created);
  return written;
}

/** Versions do not matter: an object is the same by each of them. */
export function identity({ ref }: ReleaseObject): string {
  return `${ref.group}/${ref.kind}/${ref.namespace}/${ref.name}`;
}

type Failures = WrittenObjects['failures'];

async function anyExists(failures: Failures, context: ActionContext): Promise<boolean> {
  for (const { item } of failures) if (await exists(item, context).catch(() => false)) return true;
  return false;
}

/** What could not be created ends an update; what could not be updated is told together. */
async function updateFailure(failures: Failures, context: ActionContext): Promise<Error> {
  for (const { item, error } of failures) {
    const isThere = await exists(item, context).catch(() => true);
    context.signal.throwIfAborted();
    traceFailure(item, !isThere, context);
    if (!isThere) return new WriteError(`failed to create resource: ${error.message}`, { cause: error });
  }
  return joined(
    failures.map(({ error }) => error),
    ' && ',
  );
}

async function deleteLeft(items: readonly ReleaseObject[], context: ActionContext): Promise<readonly Error[]> {
  const failures = await mapLimited(items, concurrency, async (item): Promise<Error | undefined> => {
    // What cannot be looked at stays, as with Helm.
    const live = await look(item, context).catch(() => undefined);
    context.signal.throwIfAborted();
    if (live === undefined || live.metadata.annotations?.[RESOURCE_POLICY] === KEEP) return undefined;
    const { errors } = await deleteObjects([{ item, uid: live.metadata.uid }], 'Background', context);
    const [error] = errors;
    if (error === undefined) return undefined;
    const { namespace, name, kind } = item.ref;
    const subject = `namespace=${namespace}, name=${name}, kind=${kind}`;
    return new WriteError(`failed to delete resource ${subject}: ${errorMessage(error)}`, { cause: error });
  });
  return failures.filter((error) => error !== undefined);
}

/** The metadata of an object; undefined when it is not there. Throws what the API server answers otherwise. */
export async function look(
  { type, key }: ReleaseObject,
  { client, signal }: ActionContext,
): Promise<PartialObject | undefined> {
  try {
    return await client.getMetadata(type, key, { signal: withDeadline(signal, requestMs) });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Refuses objects that are there and belong to somebody else (pkg/action/validate.go, existingResourceConflict). Throws
 * {@link WriteError}.
 */
export async function refuseForeign(
  items: readonly ReleaseObject[],
  release: ReleaseName,
  context: ActionContext,
): Promise<void> {
  await mapLimited(items, concurrency, async (item) => {
    const subject = `${item.ref.kind} ${JSON.stringify(item.ref.name)} in namespace ${JSON.stringify(item.ref.namespace)}`;
    const live = await look(item, context).catch((error: unknown) => {
      context.signal.throwIfAborted();
      throw new WriteError(`could not get information about the resource ${subject}: ${errorMessage(error)}`, {
        cause: error,
      });
    });
    const problem = live === undefined ? undefined : ownershipProblem(live, release);
    if (problem === undefined) return;
    throw new WriteError(`${subject} exists and cannot be imported into the current release: ${problem}`);
  });
}

/** Why a live object is not the release's; undefined when it is (pkg/action/validate.go, checkOwnership). */
export function ownershipProblem({ metadata }: PartialObject, { name, namespace }: ReleaseName): string | undefined {
  const { labels = {}, annotations = {} } = metadata;
  const problems = [
    required('label', labels, MANAGED_BY, 'Helm'),
    required('annotation', annotations, RELEASE_NAME, name),
    required('annotation', annotations, RELEASE_NAMESPACE, namespace),
  ].filter((problem) => problem !== undefined);
  return problems.length === 0 ? undefined : `invalid ownership metadata; ${problems.join('; ')}`;
}

function required(
  what: string,
  texts: Readonly<Record<string, string>>,
  key: string,
  value: string,
): string | undefined {
  const found = texts[key];
  if (found === value) return undefined;
  const [quotedKey, quoted] = [JSON.stringify(key), JSON.stringify(value)];
  return found === undefined
    ? `${what} validation error: missing key ${quotedKey}: must be set to ${quoted}`
    : `${what} validation error: key ${quotedKey} must equal ${quoted}: current value is ${JSON.stringify(found)}`;
}

/** Server-side apply as Flux does it: fields of others are taken over. */
export function serverSideMethod(upgradesManager: boolean): WriteMethod {
  return {
    serverSide: true,
    force: true,
    upgradesManager,
    replaces: false,
    correctsCustom: false,
    originalOf: () => undefined,
  };
}

/** Ordinary writes, which know what the last revision said. */
export function clientSideMethod(
  originals: readonly ReleaseObject[],
  { replaces = false, correctsCustom = false }: { readonly replaces?: boolean; readonly correctsCustom?: boolean } = {},
): WriteMethod {
  const byIdentity = new Map(originals.map((item) => [identity(item), item.object]));
  return {
    serverSide: false,
    force: false,
    upgradesManager: false,
    replaces,
    correctsCustom,
    originalOf: (item) => byIdentity.get(identity(item)),
  };
}

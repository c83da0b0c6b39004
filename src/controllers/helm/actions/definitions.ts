import { setTimeout as sleep } from 'node:timers/promises';
import { withMetadata } from '../../../apply/metadata.ts';
import { isCrd } from '../../../apply/stage.ts';
import { HELM_FIELD_MANAGER, HELM_GROUP, ownerLabels } from '../../../crds/meta/names.ts';
import { fromBytes } from '../../../engines/gotemplate/value/go-text.ts';
import { ApiError, isConflict, isNoMatch } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { ActionError } from './action-error.ts';
import type { ChartInput } from './chart-input.ts';
import type { ActionContext } from './context.ts';
import { BuildError, buildObjects, type ReleaseObject } from './objects.ts';
import { clientSideMethod, serverSideMethod } from './release-objects.ts';
import { waitReady } from './wait.ts';
import { createObject, requestMs, WriteError, writeError } from './write-object.ts';
import { joined, type WrittenObject, writeObjects } from './write-objects.ts';

/** What becomes of the files in a chart's `crds` (helm-controller api/v2, CRDsPolicy). */
export type DefinitionsPolicy = 'Skip' | 'Create' | 'CreateReplace';

const readyWithinMs = 60_000;
const servedLooks = 50;
const servedPauseMs = 100;

/** What is looked at of a CustomResourceDefinition, which the API server has taken. */
interface DefinitionSpec {
  readonly group: string;
  readonly names: { readonly kind: string };
  readonly versions: readonly { readonly name: string; readonly served: boolean }[];
}

/** No object has it: an apply that is bound to it creates, or finds that there is one. */
const versionOfNone = '1';

/**
 * Applies the definitions of a chart, and waits until they are served (helm-controller internal/action/crds.go). True
 * when something was written. Throws {@link ActionError}. Differs from Flux (docs/adr/0030) in that `Create` never
 * touches definitions that are there, as documented.
 */
export async function applyDefinitions(
  chart: ChartInput,
  { policy, serverSide }: { readonly policy: DefinitionsPolicy; readonly serverSide: boolean },
  { session: _objectsOfTheRelease, ...context }: ActionContext,
): Promise<boolean> {
  if (!chart.hasDefinitions) return false;
  if (policy === 'Skip') {
    context.log.add(`skipping CustomResourceDefinition apply: policy is set to ${policy}`);
    return false;
  }
  try {
    const items = await definitionsOf(chart, context);
    const written =
      policy === 'Create' ? await create(items, serverSide, context) : await replace(items, serverSide, context);
    if (written.length === 0) return false;
    await ready(written, context);
    for (const { item } of written) await served(item.object, context);
    return true;
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof ActionError) throw error;
    throw new ActionError(`failed to apply CustomResourceDefinitions: ${errorMessage(error)}`, { cause: error });
  }
}

async function definitionsOf(chart: ChartInput, context: ActionContext): Promise<readonly ReleaseObject[]> {
  const { client, signal, release, owner, log } = context;
  const labels = ownerLabels(HELM_GROUP, owner);
  const items: ReleaseObject[] = [];
  for (const { path, content } of await chart.definitions(signal)) {
    try {
      const built = await buildObjects(fromBytes(content), { client, signal, namespace: release.namespace });
      items.push(...built.filter(({ object }) => isCrd(object)));
      const others = built.filter(({ object }) => !isCrd(object)).map(({ ref }) => `${ref.kind}/${ref.name}`);
      if (others.length > 0)
        log.add("warning: ignoring non-CRD resources found in the chart's crds/ directory", { path, others });
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      throw new BuildError(`failed to parse CustomResourceDefinitions from ${path}: ${error.message}`, {
        cause: error,
      });
    }
  }
  return items.map((item) => ({ ...item, object: withMetadata(item.object, labels) }));
}

async function create(
  items: readonly ReleaseObject[],
  serverSide: boolean,
  context: ActionContext,
): Promise<readonly WrittenObject[]> {
  const written: WrittenObject[] = [];
  for (const item of items) {
    const live = await (serverSide ? applyNew(item, context) : createNew(item, context)).catch((error: unknown) => {
      context.signal.throwIfAborted();
      const what = `failed to create CustomResourceDefinition ${item.ref.name}`;
      throw new WriteError(`${what}: ${errorMessage(error)}`, { cause: error });
    });
    if (live === undefined) context.log.add(`CustomResourceDefinition ${item.ref.name} is already present. Skipping.`);
    else written.push({ item, created: true, live });
  }
  return written;
}

/** Creates a definition by server-side apply; undefined when there is one. */
async function applyNew(
  { object, type }: ReleaseObject,
  { client, signal }: ActionContext,
): Promise<KubeObject | undefined> {
  const bound = { ...object, metadata: { ...object.metadata, resourceVersion: versionOfNone } };
  try {
    const call = { fieldManager: HELM_FIELD_MANAGER, signal: withDeadline(signal, requestMs) };
    return (await client.apply(type, bound, { ...call, fieldValidation: 'Strict', force: false })).object;
  } catch (error) {
    signal.throwIfAborted();
    if (isConflict(error)) return undefined;
    throw writeError(object, '', error);
  }
}

async function createNew(item: ReleaseObject, context: ActionContext): Promise<KubeObject | undefined> {
  try {
    return await createObject(item, context);
  } catch (error) {
    if (error instanceof WriteError && error.cause instanceof ApiError && error.cause.isAlreadyExists) return undefined;
    throw error;
  }
}

async function replace(
  items: readonly ReleaseObject[],
  serverSide: boolean,
  context: ActionContext,
): Promise<readonly WrittenObject[]> {
  const method = serverSide ? serverSideMethod(false) : clientSideMethod([], { replaces: true });
  const { written, failures } = await writeObjects(items, method, context);
  if (failures.length === 0) return written;
  const error = joined(
    failures.map((failure) => failure.error),
    ' && ',
  );
  throw new WriteError(`failed to update CustomResourceDefinition(s): ${error.message}`, { cause: error });
}

/**
 * Waits until discovery tells of a definition's kind, which may be a moment after it was established. One that stays
 * away is for those to tell who need it.
 */
async function served(definition: KubeObject, { client, signal }: ActionContext): Promise<void> {
  const { group, names, versions } = definition['spec'] as DefinitionSpec;
  const version = versions.find((one) => one.served)?.name;
  for (let looks = 0; looks < servedLooks; looks++) {
    client.discovery.invalidate(group);
    if (version === undefined) return;
    try {
      await client.discovery.resourceFor(
        { group, version, kind: names.kind },
        { signal: withDeadline(signal, requestMs) },
      );
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!isNoMatch(error)) throw error;
    }
    await sleep(servedPauseMs, undefined, { signal });
  }
}

async function ready(written: readonly WrittenObject[], context: ActionContext): Promise<void> {
  try {
    await waitReady(written, { timeoutMs: readyWithinMs, strategy: 'watcher', forJobs: false }, context);
  } catch (error) {
    context.signal.throwIfAborted();
    throw new WriteError(`failed to wait for CustomResourceDefinition(s): ${errorMessage(error)}`, { cause: error });
  }
}

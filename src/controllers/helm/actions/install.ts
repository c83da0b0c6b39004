import { HELM_FIELD_MANAGER } from '../../../crds/meta/names.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { ApiError } from '../../../kube/errors.ts';
import type { ResourceType } from '../../../kube/object.ts';
import { withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { StorageError } from '../storage/storage-error.ts';
import { ActionError } from './action-error.ts';
import type { ChartInput } from './chart-input.ts';
import type { ActionContext, WaitOptions } from './context.ts';
import { applyDefinitions, type DefinitionsPolicy } from './definitions.ts';
import { completeLedger } from './drift-ledger.ts';
import { hookRecord, runHooks } from './hooks.ts';
import { BuildError, buildObjects, entriesOf, ownedBy, type ReleaseObject } from './objects.ts';
import { Recorder, withStatus } from './recorder.ts';
import { manifestText } from './release-manifest.ts';
import { clientSideMethod, installObjects, refuseForeign, serverSideMethod } from './release-objects.ts';
import { waitReady } from './wait.ts';
import { requestMs } from './write-object.ts';

export interface InstallOptions {
  readonly chart: ChartInput;
  readonly wait: WaitOptions;
  readonly crds: DefinitionsPolicy;
  readonly createNamespace: boolean;
  readonly serverSideApply: boolean;
  readonly takeOwnership: boolean;
  readonly disableHooks: boolean;
  readonly disableSchemaValidation: boolean;
  /** An uninstalled or failed release of the name is followed. */
  readonly replace: boolean;
}

/**
 * Installs a release (pkg/action/install.go, helm-controller internal/action/install.go). The record is stored before
 * the first object is written. Throws {@link ActionError}, with the record once that is stored, or the reason of the
 * context's signal.
 */
export async function install(context: ActionContext, options: InstallOptions): Promise<ReleaseRecord> {
  const { chart, crds, serverSideApply } = options;
  const hasNewDefinitions = await applyDefinitions(chart, { policy: crds, serverSide: serverSideApply }, context);
  const last = await reusable(context, options.replace);
  const { recorder, targets } = await prepare(context, options, { hasNewDefinitions, last });
  await context.beforeObjects?.(entriesOf(targets));
  if (options.createNamespace) await createNamespace(context, serverSideApply);
  await supersede(last, context);
  await recorder.create().catch((error: unknown) => {
    context.signal.throwIfAborted();
    throw new ActionError(errorMessage(error), { record: recorder.record, cause: error });
  });
  try {
    await perform(recorder, targets, context, options);
  } catch (error) {
    context.signal.throwIfAborted();
    await recorder.fail(`Release ${JSON.stringify(context.release.name)} failed: ${errorMessage(error)}`);
    throw new ActionError(errorMessage(error), { record: recorder.record, cause: error });
  }
  recorder.set({ status: 'deployed', description: 'Install complete' });
  await recorder.tryUpdate();
  return recorder.record;
}

/** The last release of the name, which may be followed (availableName). */
async function reusable(context: ActionContext, replace: boolean): Promise<ReleaseRecord | undefined> {
  const { storage, release, signal } = context;
  const [newest] = await storage.entries(release.name, signal).catch(storageFailure);
  if (newest === undefined) return undefined;
  const last = await storage.load(newest, signal).catch((error: unknown) => {
    if (error instanceof StorageError && error.code === 'corrupt') return undefined;
    return storageFailure(error);
  });
  // Helm overlooks what it cannot read.
  if (last === undefined) return undefined;
  const { status } = last.info;
  if (replace && (status === 'uninstalled' || status === 'failed')) return last;
  throw new ActionError('release name check failed: cannot reuse a name that is still in use');
}

function storageFailure(error: unknown): never {
  if (error instanceof StorageError) throw new ActionError(error.message, { cause: error });
  throw error;
}

interface Prepared {
  readonly recorder: Recorder;
  readonly targets: readonly ReleaseObject[];
}

async function prepare(
  context: ActionContext,
  { chart, takeOwnership, serverSideApply, disableSchemaValidation }: InstallOptions,
  { hasNewDefinitions, last }: { readonly hasNewDefinitions: boolean; readonly last: ReleaseRecord | undefined },
): Promise<Prepared> {
  const { client, signal, release } = context;
  const what = { revision: 1, isUpgrade: false, skipSchemaValidation: disableSchemaValidation };
  const rendered = await chart.render({ ...what, fresh: hasNewDefinitions }, signal);
  const manifest = manifestText(rendered.manifests);
  const built = await buildObjects(manifest, { client, signal, namespace: release.namespace }).catch(
    (error: unknown) => {
      if (!(error instanceof BuildError)) throw error;
      const message = `unable to build kubernetes objects from release manifest: ${error.message}`;
      throw new ActionError(message, { cause: error });
    },
  );
  if (!takeOwnership) await refuseForeign(built, release, context).catch(continuing('install', context));
  const now = new Date(context.clock.now()).toISOString();
  const record: ReleaseRecord = {
    ...release,
    version: (last?.version ?? 0) + 1,
    info: {
      firstDeployed: now,
      lastDeployed: now,
      description: 'Initial install underway',
      status: 'pending-install',
      notes: rendered.notes,
    },
    chart: rendered.chart,
    config: chart.values,
    manifest,
    hooks: rendered.hooks.map(hookRecord),
    applyMethod: serverSideApply ? 'ssa' : 'csa',
  };
  return { recorder: new Recorder(record, context), targets: ownedBy(built, release) };
}

/** Says what cannot go on because of an object that belongs to somebody else. */
export function continuing(what: 'install' | 'update', { signal }: ActionContext): (error: unknown) => never {
  return (error) => {
    signal.throwIfAborted();
    throw new ActionError(`unable to continue with ${what}: ${errorMessage(error)}`, { cause: error });
  };
}

const namespaceType: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};

async function createNamespace({ client, signal, release }: ActionContext, serverSide: boolean): Promise<void> {
  const { namespace: name } = release;
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { name } } };
  const call = { fieldManager: HELM_FIELD_MANAGER, signal: withDeadline(signal, requestMs) };
  try {
    if (serverSide) await client.apply(namespaceType, object, { ...call, force: false });
    else await client.create(namespaceType, object, call);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError && error.isAlreadyExists) return;
    const what = serverSide ? `server-side apply failed for object /${name} /v1, Kind=Namespace: ` : '';
    throw new ActionError(`${what}${errorMessage(error)}`, { cause: error });
  }
}

/** An uninstalled release that is followed is superseded; a failed one stays failed (replaceRelease). */
async function supersede(last: ReleaseRecord | undefined, context: ActionContext): Promise<void> {
  if (last === undefined || last.info.status === 'failed') return;
  const record = withStatus(last, 'superseded');
  const recorder = new Recorder(record, context);
  recorder.set({ description: 'superseded by new release' });
  await recorder.update().catch((error: unknown) => {
    context.signal.throwIfAborted();
    throw new ActionError(errorMessage(error), { cause: error });
  });
}

async function perform(
  recorder: Recorder,
  targets: readonly ReleaseObject[],
  context: ActionContext,
  { wait, serverSideApply, takeOwnership, disableHooks }: InstallOptions,
): Promise<void> {
  const hooks = { timeoutMs: wait.timeoutMs, serverSide: serverSideApply };
  const run = async (event: 'pre-install' | 'post-install'): Promise<void> => {
    if (disableHooks) return;
    await runHooks(event, recorder, hooks, context).catch((error: unknown) => {
      context.signal.throwIfAborted();
      throw new ActionError(`failed ${event}: ${errorMessage(error)}`, { cause: error });
    });
  };
  await run('pre-install');
  const method = serverSideApply
    ? serverSideMethod(true)
    : clientSideMethod(targets, { correctsCustom: takeOwnership });
  const written = await installObjects(targets, method, context);
  await waitReady(written, wait, context);
  await run('post-install');
  completeLedger(recorder.record, context);
}

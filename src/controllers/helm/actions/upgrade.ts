import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { StorageEntry } from '../storage/release-secret.ts';
import { StorageError } from '../storage/storage-error.ts';
import { ActionError } from './action-error.ts';
import { traceUpgradeFailure } from './action-trace.ts';
import type { ChartInput } from './chart-input.ts';
import type { ActionContext, ServerSideApplyMode, WaitOptions } from './context.ts';
import { applyDefinitions, type DefinitionsPolicy } from './definitions.ts';
import { deleteCreated } from './delete-created.ts';
import { completeLedger } from './drift-ledger.ts';
import { formerObjects } from './former-objects.ts';
import { hookRecord, runHooks } from './hooks.ts';
import { continuing } from './install.ts';
import { makeRoom } from './max-history.ts';
import { BuildError, buildObjects, entriesOf, ownedBy, type ReleaseObject } from './objects.ts';
import { isPending, Recorder, withStatus } from './recorder.ts';
import { manifestText } from './release-manifest.ts';
import {
  clientSideMethod,
  identity,
  refuseForeign,
  serverSideMethod,
  UpdateError,
  updateObjects,
} from './release-objects.ts';
import { reusedValues } from './reused-values.ts';
import { waitReady } from './wait.ts';
import { joined } from './write-objects.ts';

export interface UpgradeOptions {
  readonly chart: ChartInput;
  readonly wait: WaitOptions;
  readonly crds: DefinitionsPolicy;
  readonly serverSideApply: ServerSideApplyMode;
  /** Objects are replaced; only without server-side apply. */
  readonly force: boolean;
  /** The values of the last release stay, below those that are given. */
  readonly preserveValues: boolean;
  /** How many revisions are kept; all when 0. */
  readonly maxHistory: number;
  readonly takeOwnership: boolean;
  readonly disableHooks: boolean;
  readonly disableSchemaValidation: boolean;
  /** What an upgrade that fails has created is deleted again. */
  readonly cleanupOnFail: boolean;
}

/** What an upgrade begins with. */
interface Base {
  /** The newest revision. */
  readonly last: ReleaseRecord;
  readonly lastEntry: StorageEntry;
  /** The revision that is in the cluster: the one deployed, or the last. */
  readonly current: ReleaseRecord;
  readonly serverSide: boolean;
}

/**
 * Upgrades a release (pkg/action/upgrade.go, helm-controller internal/action/upgrade.go). The new record is stored before
 * the first object is written. Throws {@link ActionError}, with the record once that is stored, or the reason of the
 * context's signal.
 */
export async function upgrade(context: ActionContext, options: UpgradeOptions): Promise<ReleaseRecord> {
  const { chart, crds, serverSideApply, maxHistory } = options;
  const { name } = context.release;
  context.log.add('preparing upgrade', { name });
  const base = await baseOf(context, serverSideApply);
  const hasNewDefinitions = await applyDefinitions(chart, { policy: crds, serverSide: base.serverSide }, context);
  const { recorder, originals, targets } = await prepare(context, options, base, hasNewDefinitions);
  const method = { previous_release_apply_method: base.last.applyMethod ?? '', server_side_apply: base.serverSide };
  context.log.add('determined release apply method', method);
  context.log.add('performing update', { name });
  await context.beforeObjects?.(entriesOf([...originals, ...targets]));
  const labels = await context.storage.labels(base.lastEntry, context.signal);
  try {
    context.log.add('creating upgraded release', { name });
    await makeRoom(context, maxHistory);
    await recorder.create(labels);
  } catch (error) {
    context.signal.throwIfAborted();
    throw new ActionError(errorMessage(error), { cause: error });
  }
  try {
    await perform(recorder, { originals, targets }, base, context, options);
  } catch (error) {
    context.signal.throwIfAborted();
    throw await failed(recorder, error, context, options);
  }
  await new Recorder(withStatus(base.current, 'superseded'), context).tryUpdate();
  recorder.set({ status: 'deployed', description: 'Upgrade complete' });
  try {
    await recorder.update();
  } catch (error) {
    context.signal.throwIfAborted();
    throw new ActionError(errorMessage(error), { record: recorder.record, cause: error });
  }
  return recorder.record;
}

async function baseOf(context: ActionContext, mode: ServerSideApplyMode): Promise<Base> {
  const { storage, release, signal } = context;
  const none = (): ActionError =>
    new ActionError(`${JSON.stringify(release.name)} has no deployed releases`, { notFound: true });
  try {
    const entries = await storage.entries(release.name, signal);
    const readable = await newestReadable(entries, context);
    if (readable === undefined) throw none();
    const { record: last, entry: lastEntry } = readable;
    const { status } = last.info;
    if (isPending(status)) {
      throw new ActionError('another operation (install/upgrade/rollback) is in progress');
    }
    const serverSide = mode === 'auto' ? last.applyMethod === 'ssa' : mode === 'enabled';
    const deployed = status === 'deployed' ? last : await deployedOf(entries, context);
    if (deployed === undefined && status !== 'failed' && status !== 'superseded') throw none();
    return { last, lastEntry, current: deployed ?? last, serverSide };
  } catch (error) {
    if (error instanceof StorageError) throw new ActionError(error.message, { cause: error });
    throw error;
  }
}

/** Helm overlooks what it cannot read. */
async function newestReadable(
  entries: readonly StorageEntry[],
  { storage, signal }: ActionContext,
): Promise<{ readonly record: ReleaseRecord; readonly entry: StorageEntry } | undefined> {
  for (const entry of entries) {
    try {
      return { record: await storage.load(entry, signal), entry };
    } catch (error) {
      if (!(error instanceof StorageError) || error.code === 'refused') throw error;
    }
  }
  return undefined;
}

/** The newest revision that is deployed, which labels tell. */
export async function deployedOf(
  entries: readonly StorageEntry[],
  context: ActionContext,
): Promise<ReleaseRecord | undefined> {
  const found = await newestReadable(
    entries.filter(({ status }) => status === 'deployed'),
    context,
  );
  return found?.record;
}

interface Prepared {
  readonly recorder: Recorder;
  readonly originals: readonly ReleaseObject[];
  readonly targets: readonly ReleaseObject[];
}

async function prepare(
  context: ActionContext,
  options: UpgradeOptions,
  { last, current, serverSide }: Base,
  hasNewDefinitions: boolean,
): Promise<Prepared> {
  const { chart, disableSchemaValidation, preserveValues, takeOwnership } = options;
  const { signal, release } = context;
  const revision = last.version + 1;
  const reused = preserveValues ? reusedValues(current, chart.values) : undefined;
  const kept = preserveValues ? "reusing the old release's values" : "resetting values to the chart's original version";
  context.log.add(kept);
  const what = { revision, isUpgrade: true, skipSchemaValidation: disableSchemaValidation, ...reused };
  const rendered = await chart.render({ ...what, fresh: hasNewDefinitions }, signal);
  const manifest = manifestText(rendered.manifests);
  const originals = await build(current.manifest, 'current', context);
  const targets = await build(manifest, 'new', context);
  if (!takeOwnership) {
    const known = new Set(originals.map(identity));
    const added = targets.filter((item) => !known.has(identity(item)));
    await refuseForeign(added, release, context).catch(continuing('update', context));
  }
  const record: ReleaseRecord = {
    ...release,
    namespace: current.namespace,
    version: revision,
    info: {
      ...(current.info.firstDeployed === undefined ? {} : { firstDeployed: current.info.firstDeployed }),
      lastDeployed: new Date(context.clock.now()).toISOString(),
      description: 'Preparing upgrade',
      status: 'pending-upgrade',
      notes: rendered.notes,
    },
    chart: rendered.chart,
    config: reused?.values ?? chart.values,
    manifest,
    hooks: rendered.hooks.map(hookRecord),
    applyMethod: serverSide ? 'ssa' : 'csa',
  };
  return { recorder: new Recorder(record, context), originals, targets: ownedBy(targets, record) };
}

/** The objects of a release's manifest, as it is in the cluster or is to be. Throws {@link ActionError}. */
export async function build(
  manifest: string,
  which: 'current' | 'new',
  context: ActionContext,
): Promise<readonly ReleaseObject[]> {
  const { client, signal, release } = context;
  try {
    if (which === 'current') return await formerObjects(manifest, context);
    return await buildObjects(manifest, { client, signal, namespace: release.namespace });
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    const message = `unable to build kubernetes objects from ${which} release manifest: ${error.message}`;
    throw new ActionError(message, { cause: error });
  }
}

async function perform(
  recorder: Recorder,
  { originals, targets }: Pick<Prepared, 'originals' | 'targets'>,
  { current, serverSide }: Base,
  context: ActionContext,
  { wait, force, disableHooks }: UpgradeOptions,
): Promise<void> {
  const hooks = { timeoutMs: wait.timeoutMs, serverSide };
  const run = async (event: 'pre-upgrade' | 'post-upgrade'): Promise<void> => {
    if (disableHooks) return;
    await runHooks(event, recorder, hooks, context).catch((error: unknown) => {
      context.signal.throwIfAborted();
      throw new ActionError(`${event} hooks failed: ${errorMessage(error)}`, { cause: error });
    });
  };
  await run('pre-upgrade');
  const method = serverSide
    ? serverSideMethod(current.applyMethod !== 'ssa')
    : clientSideMethod(originals, { replaces: force });
  const written = await updateObjects(originals, targets, method, context);
  const created = written.filter((one) => one.created).map(({ item }) => item);
  try {
    await waitReady(written, wait, context);
    await run('post-upgrade');
  } catch (error) {
    context.signal.throwIfAborted();
    throw new UpdateError(error instanceof Error ? error : new Error(errorMessage(error)), created);
  }
  completeLedger(recorder.record, context);
}

/** Records that the upgrade failed, and deletes what it created where that is asked for (failRelease). */
async function failed(
  recorder: Recorder,
  error: unknown,
  context: ActionContext,
  { cleanupOnFail }: UpgradeOptions,
): Promise<ActionError> {
  const message = errorMessage(error);
  traceUpgradeFailure(context);
  await recorder.fail(`Upgrade ${JSON.stringify(context.release.name)} failed: ${message}`);
  const { record } = recorder;
  const errors = cleanupOnFail ? await deleteCreated(error, context) : [];
  if (errors.length === 0) return new ActionError(message, { record, cause: error });
  const left = `unable to cleanup resources: ${joined(errors, ', ').message}`;
  const what = 'an error occurred while cleaning up resources. original upgrade error';
  return new ActionError(`${what}: ${message}: ${left}`, { record, cause: error });
}

import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { StorageEntry } from '../storage/release-secret.ts';
import { StorageError } from '../storage/storage-error.ts';
import { ActionError } from './action-error.ts';
import type { ActionContext, ServerSideApplyMode, WaitOptions } from './context.ts';
import { deleteCreated } from './delete-created.ts';
import { completeLedger } from './drift-ledger.ts';
import { runHooks } from './hooks.ts';
import { makeRoom } from './max-history.ts';
import { entriesOf, ownedBy } from './objects.ts';
import { Recorder, withStatus } from './recorder.ts';
import { clientSideMethod, serverSideMethod, updateObjects } from './release-objects.ts';
import { build } from './upgrade.ts';
import { waitReady } from './wait.ts';
import { joined, type WrittenObject } from './write-objects.ts';

export interface RollbackOptions {
  /** The revision to go back to. */
  readonly version: number;
  readonly wait: WaitOptions;
  readonly serverSideApply: ServerSideApplyMode;
  /** Objects are replaced; only without server-side apply. */
  readonly force: boolean;
  readonly maxHistory: number;
  readonly disableHooks: boolean;
  readonly cleanupOnFail: boolean;
}

interface Base {
  readonly current: ReleaseRecord;
  readonly previous: ReleaseRecord;
  readonly previousEntry: StorageEntry;
}

/**
 * Makes a release what an earlier revision was, as a new revision (pkg/action/rollback.go). Throws {@link ActionError},
 * with the record once that is stored, or the reason of the context's signal.
 */
export async function rollback(context: ActionContext, options: RollbackOptions): Promise<ReleaseRecord> {
  const base = await baseOf(context, options.version);
  const { serverSideApply } = options;
  const serverSide = serverSideApply === 'auto' ? base.previous.applyMethod === 'ssa' : serverSideApply === 'enabled';
  const recorder = new Recorder(newRecord(base, options.version, serverSide, context), context);
  try {
    const labels = await context.storage.labels(base.previousEntry, context.signal);
    await makeRoom(context, options.maxHistory);
    await recorder.create(labels);
    await perform(recorder, base, serverSide, context, options);
    await supersedeDeployed(recorder.record, context);
    recorder.set({ status: 'deployed' });
    await recorder.update();
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof ActionError) throw error;
    throw new ActionError(errorMessage(error), { record: recorder.record, cause: error });
  }
  return recorder.record;
}

async function baseOf({ storage, release, signal }: ActionContext, version: number): Promise<Base> {
  try {
    const entries = await storage.entries(release.name, signal);
    const [newest] = entries;
    if (newest === undefined) throw new ActionError('release: not found', { notFound: true });
    const current = await storage.load(newest, signal);
    const previousEntry = entries.find((entry) => entry.version === version);
    if (previousEntry === undefined) throw new ActionError(`release has no ${version} version`);
    return { current, previousEntry, previous: await storage.load(previousEntry, signal) };
  } catch (error) {
    if (error instanceof StorageError) throw new ActionError(error.message, { cause: error });
    throw error;
  }
}

function newRecord(
  { current, previous }: Base,
  version: number,
  serverSide: boolean,
  { clock }: ActionContext,
): ReleaseRecord {
  return {
    ...previous,
    name: current.name,
    namespace: current.namespace,
    version: current.version + 1,
    info: {
      ...(current.info.firstDeployed === undefined ? {} : { firstDeployed: current.info.firstDeployed }),
      lastDeployed: new Date(clock.now()).toISOString(),
      description: `Rollback to ${version}`,
      status: 'pending-rollback',
      rollbackRevision: version,
      notes: previous.info.notes,
    },
    applyMethod: serverSide ? 'ssa' : 'csa',
  };
}

async function perform(
  recorder: Recorder,
  { current }: Base,
  serverSide: boolean,
  context: ActionContext,
  options: RollbackOptions,
): Promise<void> {
  const { wait, force, disableHooks } = options;
  const originals = await build(current.manifest, 'current', context);
  const targets = ownedBy(await build(recorder.record.manifest, 'new', context), recorder.record);
  await context.beforeObjects?.(entriesOf([...originals, ...targets]));
  const hooks = { timeoutMs: wait.timeoutMs, serverSide };
  if (!disableHooks) await runHooks('pre-rollback', recorder, hooks, context);
  const method = serverSide ? serverSideMethod(true) : clientSideMethod(originals, { replaces: force });
  let written: readonly WrittenObject[];
  try {
    written = await updateObjects(originals, targets, method, context);
  } catch (error) {
    context.signal.throwIfAborted();
    throw await updateFailed(recorder, current, error, context, options);
  }
  try {
    await waitReady(written, wait, context);
  } catch (error) {
    context.signal.throwIfAborted();
    const { name } = recorder.record;
    await recorder.fail(`Release ${JSON.stringify(name)} failed: ${errorMessage(error)}`);
    throw new ActionError(`release ${name} failed: ${errorMessage(error)}`, { record: recorder.record, cause: error });
  }
  if (!disableHooks) await runHooks('post-rollback', recorder, hooks, context);
  completeLedger(recorder.record, context);
}

async function updateFailed(
  recorder: Recorder,
  current: ReleaseRecord,
  error: unknown,
  context: ActionContext,
  { cleanupOnFail }: RollbackOptions,
): Promise<ActionError> {
  const message = errorMessage(error);
  await new Recorder(withStatus(current, 'superseded'), context).tryUpdate();
  await recorder.fail(`Rollback ${JSON.stringify(recorder.record.name)} failed: ${message}`);
  const { record } = recorder;
  const errors = cleanupOnFail ? await deleteCreated(error, context) : [];
  if (errors.length === 0) return new ActionError(message, { record, cause: error });
  const what = 'an error occurred while cleaning up resources. original rollback error';
  return new ActionError(`${what}: unable to cleanup resources: ${joined(errors, ', ').message}`, {
    record,
    cause: error,
  });
}

/** Every other revision that counts as deployed is superseded. */
export async function supersedeDeployed(but: ReleaseRecord, context: ActionContext): Promise<void> {
  const { storage, signal } = context;
  for (const entry of await storage.entries(but.name, signal)) {
    if (entry.status !== 'deployed' || entry.version === but.version) continue;
    const record = await storage.load(entry, signal);
    await new Recorder(withStatus(record, 'superseded'), context).tryUpdate();
  }
}

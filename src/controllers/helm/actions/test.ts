import type { HookRecord, ReleaseRecord } from '../../../engines/helm/release/record.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { StorageError } from '../storage/storage-error.ts';
import { ActionError } from './action-error.ts';
import type { ActionContext, WaitOptions } from './context.ts';
import { executeHooks } from './hooks.ts';
import { Recorder } from './recorder.ts';

/** Which test hooks take part, by name. */
export interface TestFilter {
  readonly name: string;
  readonly exclude?: boolean;
}

export interface TestOptions {
  /** For each hook. */
  readonly wait: Pick<WaitOptions, 'timeoutMs'>;
  readonly filters: readonly TestFilter[];
}

/**
 * Runs the test hooks of the last revision, and stores what became of them (pkg/action/release_testing.go). Throws
 * {@link ActionError} with the record when a test failed, or the reason of the context's signal.
 */
export async function test(context: ActionContext, { wait, filters }: TestOptions): Promise<ReleaseRecord> {
  const { storage, release, signal } = context;
  const last = await storage.last(release.name, signal).catch((error: unknown) => {
    if (error instanceof StorageError) throw new ActionError(error.message, { cause: error });
    throw error;
  });
  if (last === undefined) throw new ActionError('release: not found', { notFound: true });
  const recorder = new Recorder(last, context);
  const options = { timeoutMs: wait.timeoutMs, serverSide: last.applyMethod === 'ssa', chosen: chosenBy(filters) };
  const { cleanup, error } = await executeHooks('test', recorder, options, context);
  try {
    await recorder.update();
  } catch (cause) {
    signal.throwIfAborted();
    if (error === undefined) throw new ActionError(errorMessage(cause), { record: recorder.record, cause });
  } finally {
    await cleanup().catch((cause: unknown) => {
      signal.throwIfAborted();
      context.log.add('error cleaning up after the tests', { error: errorMessage(cause) });
    });
  }
  if (error !== undefined) throw new ActionError(error.message, { record: recorder.record, cause: error });
  return recorder.record;
}

function chosenBy(filters: readonly TestFilter[]): (hook: HookRecord) => boolean {
  const excluded = new Set(filters.filter(({ exclude }) => exclude === true).map(({ name }) => name));
  const included = new Set(filters.filter(({ exclude }) => exclude !== true).map(({ name }) => name));
  return ({ name }) => !excluded.has(name) && (included.size === 0 || included.has(name));
}

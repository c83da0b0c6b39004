import { hooksOf } from '../../../engines/helm/release/hook-order.ts';
import type { Hook, HookEvent } from '../../../engines/helm/release/manifests.ts';
import type { HookRecord } from '../../../engines/helm/release/record.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { ActionContext } from './context.ts';
import { deleteObjects } from './delete-objects.ts';
import { logHook } from './hook-logs.ts';
import { BuildError, buildObjects, type ReleaseObject } from './objects.ts';
import type { Recorder } from './recorder.ts';
import { waitGone, waitHooks } from './wait.ts';
import { createObjects, joined } from './write-objects.ts';

/** A hook that did not do what it is for. The message is Helm's. */
export class HookError extends Error {
  override readonly name = 'HookError';
}

/** A hook as a new release remembers it. */
export function hookRecord(hook: Hook): HookRecord {
  const { name, kind, path, content, events, weight, deletePolicies, outputLogPolicies } = hook;
  return {
    name,
    kind,
    path,
    manifest: content,
    events,
    weight,
    deletePolicies,
    outputLogPolicies,
    lastRun: { phase: '' },
  };
}

export interface HookOptions {
  readonly timeoutMs: number;
  readonly serverSide: boolean;
  /** Which hooks of the event take part; all when absent. */
  readonly chosen?: (hook: HookRecord) => boolean;
}

/** Hooks that have run, and wait for being cleaned up. */
export type Cleanup = () => Promise<void>;

/** Runs the hooks of an event, and cleans up after them. Throws what a hook failed of. */
export async function runHooks(
  event: HookEvent,
  recorder: Recorder,
  options: HookOptions,
  context: ActionContext,
): Promise<void> {
  const { cleanup, error } = await executeHooks(event, recorder, options, context);
  await cleanup();
  if (error !== undefined) throw error;
}

interface PlacedHook extends HookRecord {
  readonly index: number;
}

/**
 * Runs the hooks of an event one after the other, as far as they succeed (pkg/action/hooks.go,
 * execHookWithDelayedShutdown). Each is recorded as running before it begins. Throws only what ends the action.
 */
export async function executeHooks(
  event: HookEvent,
  recorder: Recorder,
  options: HookOptions,
  context: ActionContext,
): Promise<{ readonly cleanup: Cleanup; readonly error?: Error }> {
  const placed = recorder.record.hooks.map((hook, index): PlacedHook => ({ ...hook, index }));
  const chosen = options.chosen ?? (() => true);
  const hooks = hooksOf(placed.filter(chosen), event).map(withPolicy);
  const runs = new HookRuns(recorder, options, context);
  for (const [position, hook] of hooks.entries()) {
    const failure = await runs.run(event, hook);
    if (failure === undefined) continue;
    const { error, hasRun } = failure;
    if (!hasRun) return { cleanup: async () => undefined, error };
    return { error, cleanup: () => runs.cleanFailed(hook, hooks.slice(0, position)) };
  }
  return { cleanup: () => runs.cleanSucceeded(hooks) };
}

/** Without a policy of its own a hook is deleted before it is created again. */
function withPolicy(hook: PlacedHook): PlacedHook {
  return hook.deletePolicies.length > 0 ? hook : { ...hook, deletePolicies: ['before-hook-creation'] };
}

class HookRuns {
  readonly #recorder: Recorder;
  readonly #options: HookOptions;
  readonly #context: ActionContext;

  constructor(recorder: Recorder, options: HookOptions, context: ActionContext) {
    this.#recorder = recorder;
    this.#options = options;
    this.#context = context;
  }

  async run(
    event: HookEvent,
    { index, ...hook }: PlacedHook,
  ): Promise<{ readonly error: Error; readonly hasRun: boolean } | undefined> {
    const { signal } = this.#context;
    const recorder = this.#recorder;
    recorder.setHook(index, { deletePolicies: hook.deletePolicies });
    try {
      await this.#delete(hook, 'before-hook-creation');
      const items = await this.#build(hook, `unable to build kubernetes object for ${event} hook ${hook.path}`);
      const startedAt = recorder.now();
      recorder.setHook(index, { lastRun: { startedAt, phase: 'Running' } });
      await recorder.tryUpdate();
      const ended = (phase: 'Succeeded' | 'Failed'): void =>
        recorder.setHook(index, { lastRun: { startedAt, completedAt: recorder.now(), phase } });
      try {
        await createObjects(items, this.#options.serverSide, this.#context);
      } catch (error) {
        signal.throwIfAborted();
        ended('Failed');
        throw new HookError(`warning: Hook ${event} ${hook.path} failed: ${errorMessage(error)}`, { cause: error });
      }
      try {
        await waitHooks(items, this.#options.timeoutMs, this.#context);
      } catch (error) {
        signal.throwIfAborted();
        ended('Failed');
        await logHook(hook, 'hook-failed', this.#context);
        return { error: error instanceof Error ? error : new HookError(errorMessage(error)), hasRun: true };
      }
      ended('Succeeded');
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      return { error: error instanceof Error ? error : new HookError(errorMessage(error)), hasRun: false };
    }
  }

  /** What is left of a run that failed. Failures of it are logged: what the hook failed of matters more. */
  async cleanFailed(hook: HookRecord, before: readonly HookRecord[]): Promise<void> {
    await this.#tryDelete([hook], 'hook-failed');
    await this.#tryDelete(before, 'hook-succeeded');
  }

  async #tryDelete(hooks: readonly HookRecord[], policy: string): Promise<void> {
    try {
      for (const hook of hooks) await this.#delete(hook, policy);
    } catch (error) {
      this.#context.signal.throwIfAborted();
      this.#context.log.add('error deleting the hook resource on hook failure', { error: errorMessage(error) });
    }
  }

  /** Throws {@link HookError}. */
  async cleanSucceeded(hooks: readonly HookRecord[]): Promise<void> {
    for (const hook of hooks.toReversed()) {
      await logHook(hook, 'hook-succeeded', this.#context);
      await this.#delete(hook, 'hook-succeeded');
    }
  }

  /** Deletes what a hook has made, where its policies say so. Never definitions: all objects of the kind would go. */
  async #delete(hook: HookRecord, policy: string): Promise<void> {
    if (hook.kind === 'CustomResourceDefinition' || !hook.deletePolicies.includes(policy)) return;
    const items = await this.#build(hook, `unable to build kubernetes object for deleting hook ${hook.path}`);
    const { going, errors } = await deleteObjects(
      items.map((item) => ({ item })),
      'Background',
      this.#context,
    );
    if (errors.length > 0) throw joined(errors, '; ');
    await waitGone(going, this.#options.timeoutMs, this.#context);
  }

  async #build(hook: HookRecord, what: string): Promise<readonly ReleaseObject[]> {
    const { client, signal, release } = this.#context;
    try {
      return await buildObjects(hook.manifest, { client, signal, namespace: release.namespace });
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      throw new HookError(`${what}: ${error.message}`, { cause: error });
    }
  }
}

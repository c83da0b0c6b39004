import type { Client } from '../kube/client.ts';
import { isConflict, isNotFound } from '../kube/errors.ts';
import type { KubeObject, ObjectKey, ResourceType } from '../kube/object.ts';
import { withDeadline } from '../lib/async.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { Attempt, type AttemptContext, type Unwritten } from './attempt.ts';
import { type ReconcileContext, ReportedError } from './controller.ts';
import type { EventSink } from './events.ts';
import { Fault } from './fault.ts';
import type { RuntimeMetrics } from './metrics.ts';
import type { Outcome } from './outcome.ts';
import { type ObjectCache, OwnWrites } from './own-writes.ts';
import type { KindPolicy } from './policies.ts';
import type { Result } from './result.ts';
import { type Settled, settle } from './settle.ts';
import { settleUntouched, statusOf } from './status.ts';
import { addFinalizer, removeFinalizer, StaleStatusError } from './status-writer.ts';
import { keyText } from './work-queue.ts';

/** What a kind adds to the loop that all kinds share. */
export interface ReconciledKind<T extends KubeObject> {
  readonly type: ResourceType;
  readonly policy: KindPolicy;
  /** Makes the cluster what the object says. Throws Fault when it knows why it cannot. */
  pipeline(object: T, context: AttemptContext): Promise<Outcome>;
  /**
   * Cleans up after an object that is being deleted (suspended or not). When it resolves, the finalizer is removed;
   * with a Result it stays, and finalize is called again then. What it throws is retried with backoff.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a finalizer that has nothing to say returns nothing
  finalize(object: T, context: AttemptContext): Promise<Result | void>;
  suspended(object: T): boolean;
  /** Objects of the kind that are records for others to read: they get neither finalizer nor status. */
  readonly records?: {
    includes(object: T): boolean;
    /** The object was reconciled before: what was made for it is removed, and then finalizer and status. */
    clean(object: T, context: AttemptContext): Promise<void>;
  };
  /** The object is gone: drop what is remembered of it. */
  forget?(key: ObjectKey): void;
}

export interface ReconcileLoopOptions<T extends KubeObject> {
  readonly client: Client;
  readonly cache: ObjectCache<T>;
  readonly events: EventSink;
  readonly metrics: RuntimeMetrics;
  /** `--requeue-dependency`. */
  readonly dependencyIntervalMs: number;
  /** `--interval-jitter-percentage` applied; default none. */
  jitter?(ms: number): number;
  readonly clock?: Clock;
  readonly progressDelayMs?: number;
}

/** How long the last write of an attempt may take, also when the process is stopping. */
const lastWriteMs = 10_000;

/**
 * The reconcile of a kind: key -> object -> gone? deleting? finalizer, suspended? -> pipeline -> settle -> status,
 * events, metrics, requeue. Give its `reconcile` to a Controller.
 *
 * The order of the first questions is Flux's (Reconcile in each of its controllers): deletion goes before suspension,
 * and a suspended object has its finalizer too.
 */
export class ReconcileLoop<T extends KubeObject> {
  readonly #kind: ReconciledKind<T>;
  readonly #options: ReconcileLoopOptions<T>;
  readonly #writes: OwnWrites<T>;
  readonly #clock: Clock;
  /** Attempts whose last status is not written yet. */
  readonly #lingering = new Map<string, Attempt<T>>();

  constructor(kind: ReconciledKind<T>, options: ReconcileLoopOptions<T>) {
    this.#kind = kind;
    this.#options = options;
    this.#writes = new OwnWrites(options.cache);
    this.#clock = options.clock ?? systemClock;
  }

  readonly reconcile = async (key: ObjectKey, context: ReconcileContext): Promise<Result> => {
    try {
      return await this.#reconcile(key, context);
    } catch (error) {
      // Someone else was faster, or the object went: look again, nothing to tell.
      if (isConflict(error) || error instanceof StaleStatusError) {
        context.log.debug({ error }, 'Object changed meanwhile, looking again');
        throw new ReportedError(error);
      }
      if (!isNotFound(error) || (await this.#exists(key, context.signal))) throw error;
      this.#forget(key);
      return {};
    }
  };

  async #reconcile(key: ObjectKey, context: ReconcileContext): Promise<Result> {
    const before = await this.#previous(key);
    const object = this.#writes.get(key);
    if (object === undefined) {
      this.#forget(key);
      return {};
    }
    if (this.#kind.records?.includes(object)) return this.#keepRecord(object, context);
    if (object.metadata.deletionTimestamp !== undefined) return this.#finalize(object, context);
    const held = await this.#withFinalizer(object, context);
    if (this.#kind.suspended(held)) return this.#suspended(held, context);
    const startedAt = this.#clock.now();
    try {
      return await this.#attempt(held, context, startedAt, before?.unwrittenFor(held));
    } finally {
      this.#options.metrics.recordDuration(this.#kind.type.kind, held, (this.#clock.now() - startedAt) / 1000);
    }
  }

  async #attempt(object: T, context: ReconcileContext, startedAt: number, unwritten?: Unwritten): Promise<Result> {
    const attempt = this.#begin(object, context, unwritten);
    let end: { outcome: Outcome } | { thrown: unknown };
    try {
      end = { outcome: await this.#kind.pipeline(object, attempt) };
    } catch (thrown) {
      attempt.stop();
      if (isConflict(thrown) || thrown instanceof StaleStatusError) throw thrown;
      end = { thrown };
    }
    const settled = settle(this.#kind.policy, {
      object,
      written: statusOf(attempt.object),
      draft: attempt.status,
      end,
      stopping: context.signal.aborted && 'thrown' in end,
      startedAt,
      now: this.#clock.now(),
      dependencyIntervalMs: this.#options.dependencyIntervalMs,
      eventMetadata: attempt.eventMetadata,
      ...(this.#options.jitter === undefined ? {} : { jitter: this.#options.jitter }),
    });
    if (settled.linger) {
      attempt.linger(settled.status);
      this.#lingering.set(keyText(object.metadata), attempt);
    } else {
      await attempt.end(settled.status, withDeadline(undefined, lastWriteMs));
    }
    this.#tell(attempt, settled, context);
    return requeue(settled, end);
  }

  #tell(attempt: Attempt<T>, { events, log, bug, stalled }: Settled, context: ReconcileContext): void {
    const { metrics } = this.#options;
    const controller = this.#kind.type.kind.toLowerCase();
    for (const event of events) attempt.event(event);
    if (stalled) metrics.reconcileStalled(controller);
    if (bug !== undefined) metrics.reconcilePanicked(controller);
    const fields = attempt.eventMetadata;
    if (log.level === 'info') context.log.info({ ...fields }, log.message);
    else if (bug === undefined) context.log.error({ error: log.error, ...fields }, log.message);
    else context.log.error({ error: log.error, stacktrace: bug.stack, ...fields }, log.message);
  }

  async #withFinalizer(object: T, { signal }: ReconcileContext): Promise<T> {
    const { type, policy } = this.#kind;
    const { fieldManager, finalizer } = policy;
    const held = await addFinalizer(this.#options.client, type, object, finalizer, { fieldManager, signal });
    if (held !== object) this.#writes.record(held);
    return held;
  }

  async #suspended(object: T, context: ReconcileContext): Promise<Result> {
    context.log.info('Reconciliation is suspended for this object');
    await this.#untouched(this.#begin(object, context), object, context);
    return {};
  }

  /** A suspended one is left as it is until it is deleted (source-controller, migrationToStatic). */
  async #keepRecord(object: T, context: ReconcileContext): Promise<Result> {
    const { type, policy, records, suspended } = this.#kind;
    const { fieldManager, finalizer } = policy;
    const wasReconciled =
      object.metadata.finalizers?.includes(finalizer) === true || Object.keys(statusOf(object)).length > 0;
    const isDeleted = object.metadata.deletionTimestamp !== undefined;
    if (!wasReconciled || (suspended(object) && !isDeleted)) return {};
    const attempt = this.#begin(object, context);
    try {
      await records?.clean(object, attempt);
    } finally {
      attempt.stop();
    }
    await attempt.end({}, context.signal);
    await removeFinalizer(this.#options.client, type, attempt.object, finalizer, {
      fieldManager,
      signal: withDeadline(undefined, lastWriteMs),
    });
    return {};
  }

  /** Ends an attempt that reconciled nothing: the object is suspended, or could not be deleted. */
  #untouched(attempt: Attempt<T>, object: T, { signal }: ReconcileContext): Promise<void> {
    return attempt.end(settleUntouched(this.#kind.policy, object, this.#clock.now()), signal);
  }

  async #finalize(object: T, context: ReconcileContext): Promise<Result> {
    const { type, policy } = this.#kind;
    if (!object.metadata.finalizers?.includes(policy.finalizer)) return {};
    const attempt = this.#begin(object, context);
    try {
      const result = await this.#kind.finalize(object, attempt);
      if (result !== undefined) return result;
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      const { reason, message, options } = thrown;
      if (options.event !== false) attempt.event({ severity: 'error', reason, message: options.event ?? message });
      context.log.error({ error: thrown }, 'Finalization failed');
      const drafts = this.#kind.policy.draftsReady === true;
      await this.#untouched(attempt, drafts ? { ...object, status: attempt.status } : object, context);
      if (options.retryAfterMs !== undefined) return { requeueAfterMs: options.retryAfterMs };
      throw new ReportedError(thrown);
    } finally {
      attempt.stop();
    }
    const { fieldManager, finalizer } = policy;
    await removeFinalizer(this.#options.client, type, attempt.object, finalizer, {
      fieldManager,
      signal: withDeadline(undefined, lastWriteMs),
    });
    this.#forget(object.metadata);
    return {};
  }

  /** Stops writing what is left of. A shutdown loses it, and nothing with it: the next process begins anew. */
  close(): void {
    for (const attempt of this.#lingering.values()) attempt.stop();
    this.#lingering.clear();
  }

  async #previous(key: ObjectKey): Promise<Attempt<T> | undefined> {
    const text = keyText(key);
    const attempt = this.#lingering.get(text);
    this.#lingering.delete(text);
    await attempt?.endLingering();
    return attempt;
  }

  #begin(object: T, { signal, log }: ReconcileContext, unwritten?: Unwritten): Attempt<T> {
    const { client, events, progressDelayMs } = this.#options;
    return new Attempt(object, {
      client,
      type: this.#kind.type,
      policy: this.#kind.policy,
      writes: this.#writes,
      events,
      log,
      signal,
      clock: this.#clock,
      ...(progressDelayMs === undefined ? {} : { progressDelayMs }),
      ...(unwritten === undefined ? {} : { unwritten }),
    });
  }

  async #exists(key: ObjectKey, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.client.getMetadata(this.#kind.type, key, { signal: withDeadline(signal, lastWriteMs) });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  #forget(key: ObjectKey): void {
    this.#writes.forget(key);
    this.#options.metrics.forgetObject(this.#kind.type.kind, key.name, key.namespace);
    this.#kind.forget?.(key);
  }
}

function requeue({ requeue: when }: Settled, end: { outcome: Outcome } | { thrown: unknown }): Result {
  if (when === 'backoff') throw new ReportedError('thrown' in end ? end.thrown : undefined);
  return when === 'none' ? {} : { requeueAfterMs: when.afterMs };
}

import { randomUUID } from 'node:crypto';
import PQueue from 'p-queue';
import type { ObjectKey } from '../kube/object.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { isApiTrouble } from './api-trouble.ts';
import type { Logger } from './logging.ts';
import type { RuntimeMetrics } from './metrics.ts';
import type { Result } from './result.ts';
import { WorkQueue } from './work-queue.ts';

/** What a reconcile gets beside its key. */
export interface ReconcileContext {
  /** Aborted when the process may not wait for this reconcile any longer. */
  readonly signal: AbortSignal;
  /** Has the fields controller, controllerGroup, controllerKind, the object, and a reconcileID of its own. */
  readonly log: Logger;
}

export interface ControllerOptions {
  /** As metrics and logs name it: the kind in lower case, for example `kustomization`. */
  readonly name: string;
  readonly group: string;
  readonly kind: string;
  /** How many keys run at once. */
  readonly concurrency: number;
  readonly minRetryDelayMs: number;
  readonly maxRetryDelayMs: number;
  /** How long running reconciles may go on after the controller was told to stop; default 10 s. */
  readonly gracefulShutdownMs?: number;
  reconcile(key: ObjectKey, context: ReconcileContext): Promise<Result>;
  readonly metrics: RuntimeMetrics;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** An error that has been told where users look; the controller only has to try again. */
export class ReportedError extends Error {
  override readonly name = 'ReportedError';

  constructor(cause: unknown) {
    super('already reported', { cause });
  }
}

/** The process cannot go on (lease lost): nothing that runs may be waited for. */
export class FatalError extends Error {
  override readonly name = 'FatalError';
}

/**
 * Runs a reconcile for each key of its queue, at most `concurrency` at once, never the same key twice at a time.
 * A reconcile that throws is retried with per-key backoff; what it threw is logged with its stack, and counted.
 */
export class Controller {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly #options: ControllerOptions;
  readonly #workers: PQueue;
  /** Aborts what is running. */
  readonly #deadline = new AbortController();

  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#workers = new PQueue({ concurrency: options.concurrency, autoStart: false });
    this.queue = new WorkQueue({
      minRetryDelayMs: options.minRetryDelayMs,
      maxRetryDelayMs: options.maxRetryDelayMs,
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      observer: options.metrics.queueObserver(options.name),
      dispatch: (key, priority) => void this.#workers.add(() => this.#run(key), { priority }),
    });
    options.metrics.trackController(options.name, options.concurrency, this.queue);
  }

  /**
   * Works until `signal` is aborted and everything that was running has ended: by itself within the grace period,
   * else because its own signal was aborted. After a {@link FatalError} there is no grace.
   */
  async start(signal: AbortSignal): Promise<void> {
    const { log, name, concurrency, group, kind } = this.#options;
    log.info(
      { controller: name, controllerGroup: group, controllerKind: kind, 'worker count': concurrency },
      'Starting workers',
    );
    this.#workers.start();
    await aborted(signal);
    this.queue.close();
    this.#workers.clear();
    await this.#drain(signal.reason);
    log.info({ controller: name }, 'All workers finished');
  }

  /** Resolves when nothing runs any more. */
  async #drain(reason: unknown): Promise<void> {
    const { clock = systemClock, gracefulShutdownMs = 10_000 } = this.#options;
    if (reason instanceof FatalError) this.#deadline.abort(reason);
    const timer = clock.setTimeout(() => this.#deadline.abort(reason), gracefulShutdownMs);
    await this.#workers.onIdle();
    timer.cancel();
  }

  async #run(key: ObjectKey): Promise<void> {
    if (!this.queue.begin(key)) return;
    const { metrics, name, reconcile } = this.#options;
    const log = this.#loggerFor(key);
    const done = metrics.reconcileStarted(name);
    try {
      const { requeueAfterMs } = await reconcile(key, { signal: this.#deadline.signal, log });
      this.#requeue(key, requeueAfterMs);
      done(requeueAfterMs === undefined ? 'success' : requeueAfterMs === 0 ? 'requeue' : 'requeue_after');
    } catch (error) {
      done('error');
      if (!(error instanceof ReportedError)) {
        const bug = !isApiTrouble(error);
        if (bug) metrics.reconcilePanicked(name);
        log.error({ error, ...(bug && error instanceof Error ? { stacktrace: error.stack } : {}) }, 'Reconciler error');
      }
      this.queue.addRateLimited(key);
    } finally {
      this.queue.end(key);
    }
  }

  /** At once means after the backoff (controller-runtime's Requeue), so that no key can keep a worker to itself. */
  #requeue(key: ObjectKey, afterMs: number | undefined): void {
    if (afterMs === 0) {
      this.queue.addRateLimited(key);
      return;
    }
    this.queue.forget(key);
    if (afterMs !== undefined) this.queue.addAfter(key, afterMs);
  }

  #loggerFor({ name, namespace }: ObjectKey): Logger {
    const { log, name: controller, group, kind } = this.#options;
    return log.child({
      controller,
      controllerGroup: group,
      controllerKind: kind,
      [kind]: { name, namespace },
      namespace,
      name,
      reconcileID: randomUUID(),
    });
  }
}

/** Resolves when `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

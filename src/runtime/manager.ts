import { type Clock, systemClock } from '../lib/clock.ts';
import { aborted, FatalError } from './controller.ts';
import { serveHealth } from './health.ts';
import { type RunningServer, serveHttp } from './http-server.ts';
import type { LeaderElector } from './lease.ts';
import type { Logger } from './logging.ts';
import type { RuntimeMetrics } from './metrics.ts';

/** Something that works until its signal is aborted. A controller is one. */
export interface Runnable {
  /** Resolves when it has ended because of `signal`; rejecting, or ending before, ends the process. */
  start(signal: AbortSignal): Promise<void>;
  /** Works also while another process has the lease. */
  readonly needsLease?: false;
  /** Ends after all others, when their last events are delivered: it may be what takes them. */
  readonly endsLast?: true;
}

/** A cache that must be filled before the controllers start. An informer is one. */
export interface Cache {
  readonly type: { readonly kind: string; readonly group: string };
  readonly synced: Promise<void>;
  readonly isSynced: boolean;
  start(signal: AbortSignal): void;
}

export interface ManagerOptions {
  /** `--metrics-addr` and `--health-addr`. */
  readonly metricsAddr: string;
  readonly healthAddr: string;
  /** Absent: no leader election. */
  readonly elector?: Pick<LeaderElector, 'acquire' | 'hold' | 'release'>;
  /** How long the first lists may take; default two minutes. */
  readonly syncTimeoutMs?: number;
  /** How long the last events may take; default five seconds. */
  readonly flushTimeoutMs?: number;
  readonly log: Logger;
  readonly metrics: Pick<RuntimeMetrics, 'expose'>;
  /** Flushed at the end, after everything that records events. */
  readonly events?: { settle?(signal: AbortSignal): Promise<void>; flush(signal: AbortSignal): Promise<void> };
  readonly clock?: Clock;
}

const defaultFlushTimeoutMs = 5000;

/**
 * Starts and stops what a process consists of. Order: metrics and health servers, what needs no lease,
 * the lease, caches, then controllers. When told to stop: controllers take no more keys and end what runs; then events are flushed, the
 * lease is given back, and the servers close. What ends last does so when the events of all others are delivered.
 */
export class Manager {
  readonly #options: ManagerOptions;
  readonly #runnables: Runnable[] = [];
  readonly #caches: Cache[] = [];
  /** Those of {@link #caches} that need no lease. */
  readonly #standby: Cache[] = [];
  #waitingFor: 'start' | 'lease' | 'caches' | undefined = 'start';
  #metricsServer: RunningServer | undefined;
  #healthServer: RunningServer | undefined;

  constructor(options: ManagerOptions) {
    this.#options = options;
  }

  add(runnable: Runnable): void {
    this.#runnables.push(runnable);
  }

  addCache(cache: Cache): void {
    this.#caches.push(cache);
  }

  /** Adds a cache that is filled also while another process has the lease. */
  addStandbyCache(cache: Cache): void {
    this.#caches.push(cache);
    this.#standby.push(cache);
  }

  /** Where metrics and health are served, once started. */
  get addresses(): { readonly metrics: string | undefined; readonly health: string | undefined } {
    return { metrics: this.#metricsServer?.address, health: this.#healthServer?.address };
  }

  /**
   * Runs until `signal` is aborted. Throws {@link FatalError} (port taken, lease lost, caches not filled) or what a
   * runnable threw, after everything else was stopped.
   */
  async start(signal: AbortSignal): Promise<void> {
    const { log, elector } = this.#options;
    const stop = new AbortController();
    const last = new AbortController();
    const failures: unknown[] = [];
    const fail = (error: unknown): void => {
      failures.push(error);
      stop.abort(error);
    };
    const running: Running = { most: { until: stop.signal, ended: [] }, last: { until: last.signal, ended: [] }, fail };
    const forward = (): void => stop.abort(signal.reason);
    signal.addEventListener('abort', forward, { once: true });
    if (signal.aborted) forward();
    const hold = new AbortController();
    let holding: Promise<void> | undefined;
    try {
      await this.#serve();
      for (const cache of this.#standby) cache.start(stop.signal);
      run(
        this.#runnables.filter((runnable) => runnable.needsLease === false),
        running,
      );
      if (elector !== undefined) {
        this.#waitingFor = 'lease';
        if (await elector.acquire(stop.signal)) holding = elector.hold(hold.signal).catch(fail);
      }
      if (!stop.signal.aborted) await this.#work(running);
      await aborted(stop.signal);
    } catch (error) {
      fail(error);
    }
    if (failures.length > 0) log.error({ error: failures[0] }, 'Stopping because a part of the process failed');
    else log.info('Stopping');
    await Promise.all(running.most.ended);
    hold.abort();
    await holding;
    await this.#endLast(running.last, last);
    await this.#options.events?.flush(AbortSignal.timeout(this.#options.flushTimeoutMs ?? defaultFlushTimeoutMs));
    if (holding !== undefined && !(failures[0] instanceof FatalError)) await elector?.release();
    await this.#metricsServer?.close();
    await this.#healthServer?.close();
    signal.removeEventListener('abort', forward);
    if (failures.length > 0) throw failures[0];
    log.info('Stopped');
  }

  async #serve(): Promise<void> {
    const { metricsAddr, healthAddr, metrics, log } = this.#options;
    this.#metricsServer = await serveHttp(metricsAddr, 'metrics', {
      '/metrics': async () => ({ status: 200, ...(await metrics.expose()) }),
    });
    this.#healthServer = await serveHealth(healthAddr, () => this.#notReady());
    const { metrics: metricsAt, health: healthAt } = this.addresses;
    log.info({ metrics: metricsAt, health: healthAt }, 'Serving metrics and health');
  }

  async #endLast({ ended }: Party, last: AbortController): Promise<void> {
    const { events, flushTimeoutMs = defaultFlushTimeoutMs } = this.#options;
    if (ended.length > 0) await events?.settle?.(AbortSignal.timeout(flushTimeoutMs));
    last.abort();
    await Promise.all(ended);
  }

  async #work(running: Running): Promise<void> {
    const signal = running.most.until;
    this.#waitingFor = 'caches';
    for (const cache of this.#caches) if (!this.#standby.includes(cache)) cache.start(signal);
    await this.#synced(signal);
    if (signal.aborted) return;
    this.#waitingFor = undefined;
    run(
      this.#runnables.filter((runnable) => runnable.needsLease !== false),
      running,
    );
  }

  async #synced(signal: AbortSignal): Promise<void> {
    const { syncTimeoutMs = 120_000, clock = systemClock } = this.#options;
    const timeout = Promise.withResolvers<void>();
    const timer = clock.setTimeout(() => timeout.reject(new FatalError(this.#missing())), syncTimeoutMs);
    try {
      await Promise.race([Promise.all(this.#caches.map(({ synced }) => synced)), timeout.promise, aborted(signal)]);
    } finally {
      timer.cancel();
    }
  }

  #missing(): string {
    const kinds = this.#unsynced(this.#caches);
    return `the API server gave no list of ${kinds.join(', ')}: are the CRDs installed, and may this account list and watch them?`;
  }

  #unsynced(caches: readonly Cache[]): readonly string[] {
    const waiting = caches.filter(({ isSynced }) => !isSynced);
    return waiting.map(({ type: { kind, group } }) => (group === '' ? kind : `${kind}.${group}`));
  }

  /** A replica that waits for the lease is ready, its Deployment complete, when it can serve what needs no lease. */
  #notReady(): string | undefined {
    if (this.#waitingFor === 'start') return 'starting';
    if (this.#waitingFor === undefined) return undefined;
    const missing = this.#unsynced(this.#waitingFor === 'caches' ? this.#caches : this.#standby);
    return this.#waitingFor === 'caches' || missing.length > 0 ? `waiting for ${missing.join(', ')}` : undefined;
  }
}

/** What is stopped together. */
interface Party {
  readonly until: AbortSignal;
  readonly ended: Promise<void>[];
}

/** What runs. */
interface Running {
  readonly most: Party;
  /** See {@link Runnable.endsLast}. */
  readonly last: Party;
  readonly fail: (error: unknown) => void;
}

function run(runnables: readonly Runnable[], { most, last, fail }: Running): void {
  for (const runnable of runnables) {
    const { until, ended } = runnable.endsLast === true ? last : most;
    const end = runnable.start(until).then(() => {
      if (!until.aborted) throw new FatalError('a part of the process ended by itself');
    });
    ended.push(end.catch(fail));
  }
}

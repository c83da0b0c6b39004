import { Worker } from 'node:worker_threads';
import { type Clock, systemClock, type Timer } from '../../../lib/clock.ts';
import { formatDuration } from '../../../lib/duration.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { BuildAnswer, BuildRequest } from './build-request.ts';

export interface BuildThreadOptions {
  readonly clock?: Clock;
  /** How long an idle thread is kept; it holds tens of megabytes. */
  readonly idleMs?: number;
  readonly maxMemoryMb?: number;
}

export interface BuildLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

const defaultIdleMs = 20_000;
const defaultMaxMemoryMb = 768;

/** Of the same kind as this file, which is compiled or not. */
const script = new URL(`./thread-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/**
 * A thread for builds that would hold up everybody else: begun when it is needed, ended when it is idle. One build at a
 * time. A build that takes too long, or more memory than it may have, ends its thread, and nothing else.
 */
export class BuildThread {
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #maxMemoryMb: number;
  #worker: Worker | undefined;
  #idle: Timer | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor({
    clock = systemClock,
    idleMs = defaultIdleMs,
    maxMemoryMb = defaultMaxMemoryMb,
  }: BuildThreadOptions = {}) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#maxMemoryMb = maxMemoryMb;
  }

  /** Whether there is a thread at this moment. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Builds, after those that came before. Throws the reason of the signal. */
  build(request: BuildRequest, limits: BuildLimits): Promise<BuildAnswer> {
    const made = this.#last.then(() => this.#run(request, limits));
    this.#last = made.catch(() => undefined);
    return made;
  }

  /** Ends the thread, whatever it does. */
  async close(): Promise<void> {
    this.#idle?.cancel();
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #run(request: BuildRequest, { signal, timeoutMs }: BuildLimits): Promise<BuildAnswer> {
    signal.throwIfAborted();
    this.#idle?.cancel();
    const worker = this.#worker ?? this.#start();
    const { promise, resolve, reject } = Promise.withResolvers<BuildAnswer>();
    const failed = (failed: string): void => {
      this.#drop(worker);
      resolve({ failed });
    };
    const aborted = (): void => {
      this.#drop(worker);
      reject(signal.reason);
    };
    const died = (error: unknown): void => failed(`kustomize build failed: ${this.#whyDied(error)}`);
    const exited = (code: number): void => failed(`kustomize build failed: its thread ended with code ${code}`);
    const timer = this.#clock.setTimeout(
      () => failed(`kustomize build failed: it takes longer than ${formatDuration(timeoutMs)}`),
      timeoutMs,
    );
    worker.once('message', resolve).once('error', died).once('exit', exited);
    signal.addEventListener('abort', aborted, { once: true });
    try {
      worker.postMessage(request);
      return await promise;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', aborted);
      worker.off('message', resolve).off('error', died).off('exit', exited);
      if (this.#worker !== undefined) this.#idle = this.#clock.setTimeout(() => void this.close(), this.#idleMs);
    }
  }

  #start(): Worker {
    const worker = new Worker(script, {
      name: 'build',
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: this.#maxMemoryMb },
    });
    // It dies between builds at most when the machine has no memory left: the next build begins another one.
    worker.on('error', () => this.#drop(worker));
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #drop(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined;
    void worker.terminate();
  }

  #whyDied(error: unknown): string {
    const isMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    return isMemory ? `it needs more than ${this.#maxMemoryMb} MiB of memory` : errorMessage(error);
  }
}

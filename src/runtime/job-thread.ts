import { type Transferable, Worker } from 'node:worker_threads';
import { type Clock, systemClock, type Timer } from '../lib/clock.ts';
import { formatDuration } from '../lib/duration.ts';
import { errorMessage } from '../lib/errors.ts';

export interface JobThreadOptions {
  readonly clock?: Clock;
  /** How long an idle thread is kept; it holds tens of megabytes. */
  readonly idleMs?: number;
  readonly maxMemoryMb?: number;
}

/** What runs in the thread: it answers every message with one message, in order. */
export interface JobScript {
  readonly url: URL;
  /** As profilers show it. */
  readonly name: string;
  /** How deep it may call; what a thread has by default is 4. */
  readonly stackMb?: number;
}

export interface JobLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** A job took more than it may have, and its thread is gone. */
export class JobThreadError extends Error {}

const defaultIdleMs = 20_000;
const defaultMaxMemoryMb = 768;

/** The script of this name beside a module: compiled or not as that is. */
export function threadScript(name: string, beside: string): URL {
  return new URL(`./${name}${beside.endsWith('.ts') ? '.ts' : '.js'}`, beside);
}

/**
 * A thread for work that would hold up everybody else: begun when it is needed, ended when it is idle. One job at a
 * time. A job that takes too long, or more memory than it may have, ends its thread, and nothing else.
 */
export class JobThread<Request, Answer> {
  readonly #script: JobScript;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #maxMemoryMb: number;
  #worker: Worker | undefined;
  #idle: Timer | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    script: JobScript,
    { clock = systemClock, idleMs = defaultIdleMs, maxMemoryMb = defaultMaxMemoryMb }: JobThreadOptions = {},
  ) {
    this.#script = script;
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#maxMemoryMb = maxMemoryMb;
  }

  /** Whether there is a thread at this moment. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Does a job, after those that came before. Throws {@link JobThreadError}, and the reason of the signal. */
  run(request: Request, limits: JobLimits, transfer: readonly Transferable[] = []): Promise<Answer> {
    const made = this.#last.then(() => this.#run(request, limits, transfer));
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

  async #run(request: Request, { signal, timeoutMs }: JobLimits, transfer: readonly Transferable[]): Promise<Answer> {
    signal.throwIfAborted();
    this.#idle?.cancel();
    const worker = this.#worker ?? this.#start();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const failed = (error: unknown): void => {
      this.#drop(worker);
      reject(error);
    };
    const aborted = (): void => failed(signal.reason);
    const died = (error: unknown): void => failed(new JobThreadError(this.#whyDied(error), { cause: error }));
    const exited = (code: number): void => failed(new JobThreadError(`its thread ended with code ${code}`));
    const timer = this.#clock.setTimeout(
      () => failed(new JobThreadError(`it takes longer than ${formatDuration(timeoutMs)}`)),
      timeoutMs,
    );
    worker.once('message', resolve).once('error', died).once('exit', exited);
    signal.addEventListener('abort', aborted, { once: true });
    try {
      worker.postMessage(request, transfer);
      return await promise;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', aborted);
      worker.off('message', resolve).off('error', died).off('exit', exited);
      if (this.#worker !== undefined) this.#idle = this.#clock.setTimeout(() => void this.close(), this.#idleMs);
    }
  }

  #start(): Worker {
    const { url, name, stackMb } = this.#script;
    const limits = {
      maxOldGenerationSizeMb: this.#maxMemoryMb,
      ...(stackMb === undefined ? {} : { stackSizeMb: stackMb }),
    };
    const worker = new Worker(url, { name, env: {}, resourceLimits: limits });
    // It dies between jobs at most when the machine has no memory left: the next job begins another one.
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

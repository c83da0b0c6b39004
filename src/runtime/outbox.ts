import { type Clock, systemClock } from '../lib/clock.ts';
import { aborted } from './controller.ts';

export interface OutboxOptions<T> {
  /** More than this wait in vain: they are dropped. */
  readonly capacity: number;
  /** How many are delivered at once. */
  readonly workers: number;
  readonly maxTries: number;
  /** The pause before try number `tries + 1`. */
  delayMs(tries: number): number;
  /** Delivers one item. What it throws is tried again; a refusal is not. */
  deliver(item: T, signal: AbortSignal): Promise<'delivered' | Refusal>;
  /** An item was given up. */
  dropped(item: T, error: Error): void;
  readonly clock?: Clock;
}

/** The receiver does not want the item, now or later. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** A bounded queue of things to be sent, with retries, that never makes its user wait. */
export class Outbox<T> {
  readonly #options: OutboxOptions<T>;
  readonly #clock: Clock;
  readonly #items: T[] = [];
  readonly #abort = new AbortController();
  #busy = 0;
  #closed = false;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(options: OutboxOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Queues an item; drops it when the queue is full or closed. */
  put(item: T): void {
    if (this.#closed || this.#items.length >= this.#options.capacity) {
      this.#options.dropped(item, new Error(this.#closed ? 'shutting down' : 'too many are waiting'));
      return;
    }
    this.#items.push(item);
    if (this.#busy < this.#options.workers) void this.#work();
  }

  /** Resolves when the queue is empty, or `signal` is aborted. It stays open. */
  async settle(signal: AbortSignal): Promise<void> {
    if (this.#busy === 0) return;
    this.#idle ??= Promise.withResolvers<void>();
    await Promise.race([this.#idle.promise, aborted(signal)]);
  }

  /** Closes the queue, and resolves when it is empty; what is left when `signal` is aborted is dropped. */
  async flush(signal: AbortSignal): Promise<void> {
    this.#closed = true;
    if (this.#busy === 0) return;
    this.#idle ??= Promise.withResolvers<void>();
    const giveUp = (): void => this.#abort.abort(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    await this.#idle.promise;
    signal.removeEventListener('abort', giveUp);
  }

  async #work(): Promise<void> {
    this.#busy += 1;
    for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) await this.#send(item);
    this.#busy -= 1;
    if (this.#busy > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  async #send(item: T): Promise<void> {
    const { maxTries, delayMs, deliver, dropped } = this.#options;
    let failure = new Error('shutting down');
    for (let tries = 1; !this.#abort.signal.aborted; tries += 1) {
      try {
        const answer = await deliver(item, this.#abort.signal);
        if (answer === 'delivered') return;
        failure = answer;
        break;
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
      }
      if (tries >= maxTries) break;
      await this.#pause(delayMs(tries));
    }
    dropped(item, failure);
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(end, ms);
      function end(): void {
        timer.cancel();
        signal.removeEventListener('abort', end);
        resolve();
      }
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    });
  }
}

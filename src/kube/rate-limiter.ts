import { type Clock, systemClock, type Timer } from '../lib/clock.ts';

interface Waiter {
  go(): void;
}

/**
 * A token bucket in front of the API server: `burst` requests at once, `qps` a second after that, first come first
 * served. As client-go's flow control (k8s.io/client-go util/flowcontrol), shared by every view of a client.
 */
export class RateLimiter {
  readonly #qps: number;
  readonly #burst: number;
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiter>();
  #tokens: number;
  #refilledAt: number;
  #timer: Timer | undefined;
  #enabled: boolean;

  /** `qps` in requests a second; 0 or less means no limit. */
  constructor(qps: number, burst: number, clock: Clock = systemClock) {
    this.#qps = qps;
    this.#burst = Math.max(1, burst);
    this.#clock = clock;
    this.#tokens = this.#burst;
    this.#refilledAt = clock.now();
    this.#enabled = qps > 0;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /**
   * Let everything pass from now on: the server has priority and fairness and needs no client that limits itself
   * (fluxcd/pkg runtime/client, GetConfigOrDie).
   */
  disable(): void {
    this.#enabled = false;
    this.#timer?.cancel();
    for (const waiter of this.#waiting) waiter.go();
    this.#waiting.clear();
  }

  /** Undefined when the request may go at once; else a promise for its turn, which `signal` ends by its reason. */
  acquire(signal?: AbortSignal): Promise<void> | undefined {
    if (!this.#enabled) return undefined;
    this.#refill();
    if (this.#waiting.size === 0 && this.#tokens >= 1) {
      this.#tokens -= 1;
      return undefined;
    }
    return this.#wait(signal);
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const onAbort = (): void => {
        this.#waiting.delete(waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        go() {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiter);
      if (this.#waiting.size === 1) this.#schedule();
    });
  }

  #schedule(): void {
    const ms = Math.max(1, Math.ceil(((1 - this.#tokens) * 1000) / this.#qps));
    this.#timer = this.#clock.setTimeout(() => this.#drain(), ms);
  }

  #drain(): void {
    this.#refill();
    for (const waiter of this.#waiting) {
      if (this.#tokens < 1) break;
      this.#tokens -= 1;
      this.#waiting.delete(waiter);
      waiter.go();
    }
    if (this.#waiting.size > 0) this.#schedule();
  }

  #refill(): void {
    const now = this.#clock.now();
    // A clock that was set back refills nothing; it does not take tokens away.
    const elapsed = Math.max(0, now - this.#refilledAt);
    this.#refilledAt = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed * this.#qps) / 1000);
  }
}

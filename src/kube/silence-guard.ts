import type { Clock, Timer } from '../lib/clock.ts';
import { TransportError } from './errors.ts';

/** Aborts its signal when the outer one is, or when nothing was heard for `limitMs()`. */
export class SilenceGuard {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #outer: AbortSignal;
  readonly #tickMs: number;
  readonly #limitMs: () => number;
  #heardAt: number;
  #timer: Timer | undefined;

  constructor(clock: Clock, outer: AbortSignal, tickMs: number, limitMs: () => number) {
    this.#clock = clock;
    this.#outer = outer;
    this.#tickMs = tickMs;
    this.#limitMs = limitMs;
    this.#heardAt = clock.now();
    if (outer.aborted) this.#controller.abort(outer.reason);
    outer.addEventListener('abort', this.#onAbort, { once: true });
    this.#arm();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  end(): void {
    this.#timer?.cancel();
    this.#outer.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => this.#controller.abort(this.#outer.reason);

  /** One timer per tick, not one per chunk; the limit may have changed by then. */
  #arm(): void {
    const left = this.#heardAt + this.#limitMs() - this.#clock.now();
    if (left <= 0) {
      const limit = Math.round(this.#limitMs() / 1000);
      this.#controller.abort(new TransportError(`the watch was silent for ${limit}s`, { code: 'Silent' }));
      return;
    }
    this.#timer = this.#clock.setTimeout(() => this.#arm(), Math.min(left, this.#tickMs));
  }
}

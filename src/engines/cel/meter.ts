import { CelError } from './cel-error.ts';

/** What an evaluation may use. */
export interface Limits {
  /** Steps: one per iteration of a macro, and one per 64 characters or elements that are made. */
  readonly maxSteps: number;
  /** Characters of a text, or elements of a list, that an operator makes. */
  readonly maxSize: number;
  /** Milliseconds, looked at every few steps. */
  readonly maxMs: number;
}

export const defaultLimits: Limits = { maxSteps: 100_000, maxSize: 1_000_000, maxMs: 200 };

const sizePerStep = 64;
const stepsPerLook = 256;

/** Counts the work of one evaluation at a time, and tells when the budget is used up. */
export class Meter {
  readonly #limits: Limits;
  #steps = 0;
  #nextLook = 0;
  #startedAt = 0;
  #exhausted: string | undefined;

  constructor(limits: Limits = defaultLimits) {
    this.#limits = limits;
  }

  restart(): void {
    this.#steps = 0;
    this.#nextLook = stepsPerLook;
    this.#startedAt = performance.now();
    this.#exhausted = undefined;
  }

  /** Which limit was exceeded. CEL's `||`, `all` and `exists` swallow errors, so this has to be asked at the end. */
  get exhausted(): string | undefined {
    return this.#exhausted;
  }

  /** Counts steps; false when there are none left. */
  take(steps: number): boolean {
    if (this.#exhausted !== undefined) return false;
    this.#steps += steps;
    if (this.#steps > this.#limits.maxSteps) this.#exhausted = 'the expression takes too many steps';
    if (this.#steps >= this.#nextLook) {
      this.#nextLook = this.#steps + stepsPerLook;
      if (performance.now() - this.#startedAt > this.#limits.maxMs) this.#exhausted = 'the expression takes too long';
    }
    return this.#exhausted === undefined;
  }

  /** Counts steps. Throws {@link CelError} when there are none left. */
  charge(steps: number): void {
    if (!this.take(steps)) throw new CelError('Budget', this.#exhausted ?? '');
  }

  /** Charges for a text or list that was made. */
  chargeSize(size: number): void {
    if (size > this.#limits.maxSize) this.#exhausted ??= 'the expression makes too large a value';
    this.charge(Math.ceil(size / sizePerStep));
  }
}

/** What one execution may use. */
export interface Limits {
  /** Statements and calls. */
  readonly maxSteps: number;
  /** Characters of output, of text made by functions, and elements of lists made by them, together. */
  readonly maxUnits: number;
  /** Templates within templates. Go allows 100,000; Helm's `include` 1,000 of one name. */
  readonly maxDepth: number;
  /** Milliseconds, of the clock given; none without a clock. */
  readonly maxMs: number;
}

/** Enough for any chart seen, little enough that an endless one ends within a second or two. */
export const defaultLimits: Limits = {
  maxSteps: 20_000_000,
  maxUnits: 256 << 20,
  maxDepth: 1200,
  maxMs: 30_000,
};

/** An execution used more than it may. No function of a template sees it: it ends the execution. */
export class LimitError extends Error {}

const STEPS_PER_LOOK = 4096;

/** Counts what an execution uses, together with all that it includes. */
export class Budget {
  readonly #limits: Limits;
  readonly #now: (() => number) | undefined;
  readonly #startedAt: number;
  #steps = 0;
  #units = 0;

  /** `now` gives milliseconds, for the limit of time. */
  constructor(limits: Limits, now?: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#startedAt = now?.() ?? 0;
  }

  get maxDepth(): number {
    return this.#limits.maxDepth;
  }

  /** Throws {@link LimitError} when there were too many statements and calls, or they took too long. */
  step(): void {
    if (++this.#steps % STEPS_PER_LOOK !== 0) return;
    const { maxSteps, maxMs } = this.#limits;
    if (this.#steps > maxSteps) throw new LimitError(`template executes more than ${maxSteps} steps`);
    if (this.#now !== undefined && this.#now() - this.#startedAt > maxMs)
      throw new LimitError(`template executes for more than ${maxMs} ms`);
  }

  /** Throws {@link LimitError} when more is made than fits. */
  spend(units: number): void {
    this.#units += units;
    const { maxUnits } = this.#limits;
    if (this.#units > maxUnits) throw new LimitError(`template makes more than ${maxUnits} bytes`);
  }
}

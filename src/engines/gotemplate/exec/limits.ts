/** What one execution may use. */
export interface Limits {
  /** Statements and calls. */
  readonly maxSteps: number;
  /** Characters of output and of text made by functions, elements of lists, comparisons: all together. */
  readonly maxUnits: number;
  /** Templates within templates. Go allows 100,000; Helm's `include` 1,000 of one name. */
  readonly maxDepth: number;
  /** Milliseconds, of the clock given; none without a clock. */
  readonly maxMs: number;
}

/** Enough for any chart seen, little enough that an endless one ends within a second or two. */
export const defaultLimits: Limits = {
  maxSteps: 10_000_000,
  maxUnits: 128 << 20,
  maxDepth: 10_000,
  maxMs: 10_000,
};

/** Where an execution was. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 0, in bytes. */
  readonly column: number;
  readonly template: string;
}

/**
 * An execution used more than it may. The message names the place as an ExecError's does. No function of a template sees
 * it: it ends the execution.
 */
export class LimitError extends Error {
  readonly at: Place;

  constructor(message: string, at: Place, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.at = at;
  }
}

const STEPS_PER_LOOK = 4096;
const UNITS_PER_LOOK = 1 << 20;

/** Counts what an execution uses, together with all that it includes. */
export class Budget {
  private readonly limits: Limits;
  private readonly now: (() => number) | undefined;
  private readonly startedAt: number;
  private steps = 0;
  private units = 0;
  /** Where the clock is looked at next. */
  private nextSteps: number;
  private nextUnits: number;

  /** `now` gives milliseconds, for the limit of time. */
  constructor(limits: Limits, now?: () => number) {
    this.limits = limits;
    this.now = now;
    this.startedAt = now?.() ?? 0;
    this.nextSteps = Math.min(STEPS_PER_LOOK, limits.maxSteps + 1);
    this.nextUnits = Math.min(UNITS_PER_LOOK, limits.maxUnits + 1);
  }

  get maxDepth(): number {
    return this.limits.maxDepth;
  }

  /** Counts a statement or call. Gives the reason to stop when there were too many, or they took too long. */
  step(): string | undefined {
    return ++this.steps < this.nextSteps ? undefined : this.look();
  }

  /** Counts what is made. Gives the reason to stop when it is more than fits, or it took too long. */
  spend(units: number): string | undefined {
    this.units += units;
    return this.units < this.nextUnits ? undefined : this.look();
  }

  private look(): string | undefined {
    const { maxSteps, maxUnits, maxMs } = this.limits;
    if (this.steps > maxSteps) return `more than ${maxSteps} steps`;
    // What is no number is more than can be counted.
    if (!(this.units <= maxUnits)) return `output is too large: more than ${maxUnits} units of work`;
    if (this.now !== undefined && this.now() - this.startedAt > maxMs) return `more than ${maxMs} ms`;
    this.nextSteps = Math.min(this.steps + STEPS_PER_LOOK, maxSteps + 1);
    this.nextUnits = Math.min(this.units + UNITS_PER_LOOK, maxUnits + 1);
    return undefined;
  }
}

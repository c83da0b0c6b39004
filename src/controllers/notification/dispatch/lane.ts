import type { Clock, Timer } from '../../../lib/clock.ts';

/** Something to be sent. */
export interface Parcel {
  /** Parcels about the same are sent one after the other, in order. */
  readonly about: string;
  /** About how much memory it takes. */
  readonly bytes: number;
}

/** How a try failed. */
export interface Trouble {
  readonly message: string;
  /** Whether another try would fail again. */
  readonly permanent: boolean;
  /** How long the other side asked to be left alone. */
  readonly retryAfterMs: number | undefined;
  /** Whether it may have arrived all the same. */
  readonly unanswered: boolean;
}

export interface LaneOptions<T extends Parcel> {
  readonly clock: Clock;
  /** Sends one. Throws when that fails. */
  send(parcel: T, signal: AbortSignal): Promise<void>;
  troubleOf(error: unknown): Trouble;
  /** A try failed; `attempt` counts from 1. With `final` the parcel is given up. */
  failed(parcel: T, trouble: Trouble, attempt: number, final: boolean): void;
  /** Called when the lane has become empty. */
  idle(): void;
}

interface Waiting<T> {
  readonly parcel: T;
  readonly since: number;
  attempts: number;
  unanswered: number;
}

/** The parcels about one thing. */
interface Line<T> {
  readonly about: string;
  readonly waiting: Waiting<T>[];
  /** Set while a failed parcel waits for its next try. */
  pause?: Timer;
}

/** As many are sent at a time. */
const maxRunning = 4;
const minDelayMs = 5000;
const maxDelayMs = 120_000;
const maxRetryAfterMs = 600_000;
/** A parcel that could not be sent for so long is given up. */
const maxAgeMs = 1_800_000;
/** A place that is slower than its timeout would get each parcel at each try. */
const maxUnanswered = 3;

/**
 * What waits to be sent to one place. What fails for a reason that may pass is tried again, in order, for half an hour;
 * meanwhile a place that is in trouble is asked by one at a time. A lane waits for nothing but its own place.
 */
export class Lane<T extends Parcel> {
  readonly #options: LaneOptions<T>;
  readonly #lines = new Map<string, Line<T>>();
  /** Lines whose first parcel can be sent, the one that waited longest first. */
  readonly #ready = new Set<Line<T>>();
  readonly #abort = new AbortController();
  #running = 0;
  /** How many may run: one after a failure, twice as many after each success. */
  #limit = maxRunning;
  #restUntil = 0;
  #rest: Timer | undefined;
  #draining = false;
  #bytes = 0;
  #count = 0;

  constructor(options: LaneOptions<T>) {
    this.#options = options;
  }

  /** Parcels that wait or are being sent, and about how much memory they take. */
  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  put(parcel: T): void {
    const line = this.#lines.getOrInsertComputed(parcel.about, (about) => ({ about, waiting: [] }));
    line.waiting.push({ parcel, since: this.#options.clock.now(), attempts: 0, unanswered: 0 });
    this.#count += 1;
    this.#bytes += parcel.bytes;
    if (line.waiting.length === 1) this.#ready.add(line);
    this.#pump();
  }

  /** Takes out the parcel that has waited longest and is not being sent, to make room. */
  dropOldest(): T | undefined {
    let oldest: Line<T> | undefined;
    for (const line of this.#lines.values()) {
      const since = spare(line, this.#isRunning(line))?.since;
      if (since === undefined) continue;
      if (oldest === undefined || since < (spare(oldest, this.#isRunning(oldest))?.since ?? since)) oldest = line;
    }
    if (oldest === undefined) return undefined;
    const [dropped] = oldest.waiting.splice(this.#isRunning(oldest) ? 1 : 0, 1);
    if (dropped === undefined) return undefined;
    this.#count -= 1;
    this.#bytes -= dropped.parcel.bytes;
    if (oldest.waiting.length === 0) this.#forget(oldest);
    return dropped.parcel;
  }

  /** Something about the place has changed: what failed before is tried again now. */
  wake(): void {
    this.#restUntil = 0;
    for (const line of this.#lines.values()) if (line.pause !== undefined) this.#resume(line);
  }

  /** Sends what waits at once; what fails now, or is not sent when `signal` is aborted, is given up. */
  drain(signal: AbortSignal): void {
    this.#draining = true;
    this.#limit = maxRunning;
    this.wake();
    const giveUp = (): void => {
      this.#abort.abort(signal.reason);
      for (let parcel = this.dropOldest(); parcel !== undefined; parcel = this.dropOldest())
        this.#options.failed(parcel, stopped, 1, true);
      if (this.#count === 0) this.#options.idle();
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
    this.#pump();
  }

  #isRunning(line: Line<T>): boolean {
    return line.pause === undefined && !this.#ready.has(line);
  }

  #pump(): void {
    while (this.#running < this.#limit && !this.#isResting()) {
      const [line] = this.#ready;
      if (line === undefined) return;
      this.#ready.delete(line);
      this.#running += 1;
      void this.#sendFirst(line);
    }
  }

  #isResting(): boolean {
    const left = this.#restUntil - this.#options.clock.now();
    if (left <= 0) return false;
    this.#rest?.cancel();
    this.#rest = this.#options.clock.setTimeout(() => this.#pump(), left);
    return true;
  }

  async #sendFirst(line: Line<T>): Promise<void> {
    const [first] = line.waiting;
    if (first === undefined) return;
    let trouble: Trouble | undefined;
    try {
      await this.#options.send(first.parcel, this.#abort.signal);
    } catch (error) {
      trouble = this.#options.troubleOf(error);
    }
    this.#running -= 1;
    if (trouble !== undefined && this.#triesAgain(line, first, trouble)) return this.#pump();
    if (trouble === undefined || trouble.permanent) this.#limit = Math.min(maxRunning, this.#limit * 2);
    line.waiting.shift();
    this.#count -= 1;
    this.#bytes -= first.parcel.bytes;
    if (line.waiting.length > 0) this.#ready.add(line);
    else this.#forget(line);
    this.#pump();
  }

  /** Notes that a try failed; gives whether there is going to be another. */
  #triesAgain(line: Line<T>, first: Waiting<T>, trouble: Trouble): boolean {
    const { clock, failed } = this.#options;
    first.attempts += 1;
    if (trouble.unanswered) first.unanswered += 1;
    const late = clock.now() - first.since >= maxAgeMs || first.unanswered >= maxUnanswered;
    const final = trouble.permanent || late || this.#draining;
    failed(first.parcel, trouble, first.attempts, final);
    if (final) return false;
    this.#limit = 1;
    const asked = Math.min(trouble.retryAfterMs ?? 0, maxRetryAfterMs);
    if (asked > 0) this.#restUntil = Math.max(this.#restUntil, clock.now() + asked);
    const delay = Math.max(asked, Math.min(maxDelayMs, minDelayMs * 2 ** (first.attempts - 1)));
    line.pause = clock.setTimeout(() => this.#resume(line), delay);
    return true;
  }

  #resume(line: Line<T>): void {
    line.pause?.cancel();
    delete line.pause;
    this.#ready.add(line);
    this.#pump();
  }

  #forget(line: Line<T>): void {
    line.pause?.cancel();
    this.#ready.delete(line);
    this.#lines.delete(line.about);
    if (this.#count > 0) return;
    this.#rest?.cancel();
    this.#options.idle();
  }
}

const stopped: Trouble = {
  message: 'the controller stopped before it could be sent',
  permanent: true,
  retryAfterMs: undefined,
  unanswered: false,
};

function spare<T>({ waiting }: Line<T>, isRunning: boolean): Waiting<T> | undefined {
  return waiting[isRunning ? 1 : 0];
}

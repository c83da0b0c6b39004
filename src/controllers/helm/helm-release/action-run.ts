import type { Entry } from '../../../apply/inventory.ts';
import type { ReleaseRecord } from '../../../engines/helm/release/record.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { ActionLog } from '../actions/action-log.ts';
import type { ActionContext } from '../actions/context.ts';
import type { Action } from './next-action.ts';

/** What an action hears from its surroundings, and tells them. */
export type ActionPorts = Required<Pick<ActionContext, 'signal' | 'waitSignal' | 'log' | 'observe' | 'waiting'>>;

/** How an action ended. */
export type ActionEnd = { readonly result: unknown } | { readonly error: unknown };

/** A wait that is over this soon frees nobody. */
const shortWaitMs = 25;

/**
 * An action that runs on its own: what it has written so far, and how it ended. While it does nothing but wait for the
 * cluster, nobody has to wait with it.
 */
export class ActionRun {
  readonly action: Action;
  readonly log: ActionLog;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** What it wrote to the storage, in order. */
  readonly records: ReleaseRecord[] = [];
  /** Definitions of the chart, which belong to the inventory too. */
  definitions: readonly Entry[] = [];
  /** undefined while it runs. */
  end: ActionEnd | undefined;
  endedAt: number;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #endWaits = new AbortController();
  readonly #over: Promise<void>;
  readonly #firstWait = Promise.withResolvers<void>();
  /** Called when it has ended, if somebody went away meanwhile. */
  #left: (() => void) | undefined;

  constructor(action: Action, log: ActionLog, clock: Clock, run: (ports: ActionPorts) => Promise<unknown>) {
    this.action = action;
    this.log = log;
    this.#clock = clock;
    this.startedAt = clock.now();
    this.endedAt = this.startedAt;
    this.#over = this.#run(run);
  }

  /** Resolves when the action is over, or has begun to wait; `left` is then called when it is over. */
  async overOrWaiting(left: () => void): Promise<void> {
    await Promise.race([this.#over, this.#firstWait.promise]);
    if (this.end === undefined) this.#left = left;
  }

  /** Resolves when the action is over. */
  over(): Promise<void> {
    return this.#over;
  }

  /** Ends the action where it stands. */
  abort(reason: unknown): void {
    this.#abort.abort(reason);
  }

  /** Ends its waits for objects, which it fails of. */
  endWaits(reason: unknown): void {
    this.#endWaits.abort(reason);
  }

  async #run(run: (ports: ActionPorts) => Promise<unknown>): Promise<void> {
    // What begins it does not wait for its first step.
    await Promise.resolve();
    try {
      const result = await run({
        signal: this.#abort.signal,
        waitSignal: this.#endWaits.signal,
        log: this.log,
        observe: (record) => this.records.push(record),
        waiting: (wait) => this.#waiting(wait),
      });
      this.end = { result };
    } catch (error) {
      this.end = { error };
    }
    this.endedAt = this.#clock.now();
    this.#left?.();
  }

  async #waiting<T>(wait: Promise<T>): Promise<T> {
    const timer = this.#clock.setTimeout(() => this.#firstWait.resolve(), shortWaitMs);
    try {
      return await wait;
    } finally {
      timer.cancel();
    }
  }
}

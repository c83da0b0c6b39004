import type { ObjectKey } from '../kube/object.ts';
import { type Clock, systemClock, type Timer } from '../lib/clock.ts';
import { backoffMs } from './backoff.ts';

/** What the queue tells of itself (client-go util/workqueue's metrics). All may be left out. */
export interface QueueObserver {
  added?(): void;
  retried?(): void;
  /** Seconds a key waited before it ran. */
  started?(waitedSeconds: number): void;
  /** Seconds a key ran. */
  finished?(ranSeconds: number): void;
}

export interface WorkQueueOptions {
  readonly minRetryDelayMs: number;
  readonly maxRetryDelayMs: number;
  readonly clock?: Clock;
  readonly observer?: QueueObserver;
  /** Called when a key is ready to run; the callee calls {@link WorkQueue.begin} and {@link WorkQueue.end}. */
  dispatch(key: ObjectKey, priority: number): void;
}

interface Item {
  readonly key: ObjectKey;
  state: 'idle' | 'queued' | 'running';
  /** Became ready again while running. */
  dirty: boolean;
  priority: number;
  failures: number;
  /** When it was queued, or began to run. */
  since: number;
  timer: Timer | undefined;
  due: number;
}

/** The text that stands for a key in maps: `namespace/name`, or the name alone. */
export function keyText({ namespace, name }: ObjectKey): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/**
 * Keys that are to be looked at. Level-based: a key says "look", never what happened, so it is there once however
 * often it is added; a key that is added while it runs is run once more afterwards.
 */
export class WorkQueue {
  readonly #items = new Map<string, Item>();
  readonly #options: WorkQueueOptions;
  readonly #clock: Clock;
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Keys that are ready and not running. */
  get depth(): number {
    let depth = 0;
    for (const { state, dirty } of this.#items.values()) if (state === 'queued' || dirty) depth += 1;
    return depth;
  }

  /** Seconds that each running key has been running. */
  runningSeconds(): readonly number[] {
    const now = this.#clock.now();
    return [...this.#items.values()].flatMap(({ state, since }) =>
      state === 'running' ? [Math.max(0, now - since) / 1000] : [],
    );
  }

  /** Have the key looked at as soon as a worker is free. Keys of a higher priority go first; 0 is the usual one. */
  add(key: ObjectKey, priority = 0): void {
    if (this.#closed) return;
    const item = this.#item(key);
    if (item.state === 'queued' || item.dirty) return;
    this.#options.observer?.added?.();
    item.priority = priority;
    if (item.state === 'running') item.dirty = true;
    else this.#enqueue(item);
  }

  /** Have a key that is queued already looked at before those of a lower priority. No key is added by this. */
  hasten(key: ObjectKey, priority: number): void {
    const item = this.#items.get(keyText(key));
    if (item === undefined || item.priority >= priority) return;
    if (item.state !== 'queued' && !item.dirty) return;
    item.priority = priority;
    // Dispatched twice, it runs once: the later dispatch finds nothing to begin.
    if (item.state === 'queued' && !this.#closed) this.#options.dispatch(item.key, priority);
  }

  /** Have the key looked at after `ms`. An earlier appointment stands; a later one is moved forward. */
  addAfter(key: ObjectKey, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const item = this.#item(key);
    const due = this.#clock.now() + ms;
    if (item.timer !== undefined && item.due <= due) return;
    item.timer?.cancel();
    item.due = due;
    item.timer = this.#clock.setTimeout(() => {
      item.timer = undefined;
      this.add(key);
    }, ms);
  }

  /** Have the key looked at after its backoff, which doubles until {@link forget}. Gives the delay. */
  addRateLimited(key: ObjectKey): number {
    const { minRetryDelayMs, maxRetryDelayMs, observer } = this.#options;
    const item = this.#item(key);
    const delay = backoffMs(item.failures, minRetryDelayMs, maxRetryDelayMs);
    item.failures += 1;
    observer?.retried?.();
    this.addAfter(key, delay);
    return delay;
  }

  /** Start the key's backoff anew. */
  forget(key: ObjectKey): void {
    const item = this.#items.get(keyText(key));
    if (item === undefined) return;
    item.failures = 0;
    this.#drop(item);
  }

  /** Take back an appointment made by {@link addAfter}. */
  cancel(key: ObjectKey): void {
    const item = this.#items.get(keyText(key));
    if (item === undefined) return;
    item.timer?.cancel();
    item.timer = undefined;
    this.#drop(item);
  }

  /** A worker takes the key. False when it shall not run any more. Appointments made before are fulfilled by this. */
  begin(key: ObjectKey): boolean {
    const item = this.#items.get(keyText(key));
    if (this.#closed || item?.state !== 'queued') return false;
    const now = this.#clock.now();
    this.#options.observer?.started?.(Math.max(0, now - item.since) / 1000);
    item.timer?.cancel();
    item.timer = undefined;
    item.state = 'running';
    item.since = now;
    return true;
  }

  /** The worker is done with the key. */
  end(key: ObjectKey): void {
    const item = this.#items.get(keyText(key));
    if (item?.state !== 'running') return;
    this.#options.observer?.finished?.(Math.max(0, this.#clock.now() - item.since) / 1000);
    item.state = 'idle';
    if (item.dirty && !this.#closed) {
      item.dirty = false;
      this.#enqueue(item);
    } else {
      this.#drop(item);
    }
  }

  /** Take and hand out no more keys, and forget the appointments. */
  close(): void {
    this.#closed = true;
    for (const item of this.#items.values()) item.timer?.cancel();
  }

  #enqueue(item: Item): void {
    item.state = 'queued';
    item.since = this.#clock.now();
    this.#options.dispatch(item.key, item.priority);
  }

  #item(key: ObjectKey): Item {
    const text = keyText(key);
    let item = this.#items.get(text);
    if (item === undefined) {
      item = { key, state: 'idle', dirty: false, priority: 0, failures: 0, since: 0, timer: undefined, due: 0 };
      this.#items.set(text, item);
    }
    return item;
  }

  /** Forgets a key of which nothing is left to remember. */
  #drop(item: Item): void {
    if (item.state === 'idle' && item.timer === undefined && item.failures === 0) this.#items.delete(keyText(item.key));
  }
}

import { type Clock, maxTimeoutMs } from './clock.ts';

interface Deadline {
  readonly signal: AbortSignal;
  readonly since: number;
}

/** The newest deadlines of calls without a signal, and with one, by their milliseconds. */
const alone = new Map<number, Deadline>();
const within = new WeakMap<AbortSignal, Map<number, Deadline>>();

/** Calls that begin within this part of their time share a deadline. */
const sharedPart = 1 / 50;
/** Durations of which the newest deadline is known: there are few but for remaining times. */
const maxKnown = 32;

/**
 * A signal that is aborted when `signal` is, or with a TimeoutError after `ms`, or up to a fiftieth earlier: calls that
 * begin at about the same time share a timer, which would otherwise outlive each of them, with all that hangs on it. For
 * calls: it is not meant to be kept, and deadlines beyond 24 days end at 24 days.
 */
export function withDeadline(signal: AbortSignal | undefined, ms: number): AbortSignal {
  const timeout = Math.min(Math.max(0, Math.ceil(ms)), maxTimeoutMs);
  const known = signal === undefined ? alone : within.getOrInsertComputed(signal, () => new Map<number, Deadline>());
  const now = performance.now();
  const newest = known.get(timeout);
  if (newest !== undefined && now - newest.since <= timeout * sharedPart && !newest.signal.aborted)
    return newest.signal;
  const timer = AbortSignal.timeout(timeout);
  const made = signal === undefined ? timer : AbortSignal.any([signal, timer]);
  if (known.size >= maxKnown) known.clear();
  known.set(timeout, { signal: made, since: now });
  return made;
}

/** How long work that waits for nothing may go on before everything else has its turn. */
const turnMs = 10;

/** Lets everything else in the process have its turn, now and then. */
class Turns {
  #since = performance.now();
  /** Whether something else had its turn since then. */
  #passed = false;

  constructor() {
    this.#watch();
  }

  /** Resolves at once when the turn is young, or when somebody else had it meanwhile because `fn` waited. */
  async yield(): Promise<void> {
    if (performance.now() - this.#since < turnMs) return;
    if (!this.#passed) await new Promise<void>((resolve) => setTimeout(resolve, 0));
    this.#since = performance.now();
    this.#passed = false;
    this.#watch();
  }

  #watch(): void {
    setTimeout(() => {
      this.#passed = true;
    }, 0);
  }
}

/**
 * The results of `fn` for all items, in order, with at most `limit` running at once and started in order. After a
 * failure no more are started; the running ones are awaited, and the failure of the earliest item is thrown: the
 * same input fails with the same error, however the calls overlap. Calls that wait for nothing do not hold up the
 * process, however many they are.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  fn: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const failures: { readonly index: number; readonly error: unknown }[] = [];
  let next = 0;
  const turns = new Turns();
  const worker = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      await turns.yield();
      try {
        results[index] = await fn(items[index] as T, index);
      } catch (error) {
        failures.push({ index, error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, worker));
  const [first] = failures.sort((a, b) => a.index - b.index);
  if (first !== undefined) throw first.error;
  return results;
}

/** Resolves after `ms`; throws the reason of `signal` when that is aborted first. */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimeout(resolve, ms);
  const onAbort = (): void => resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  await promise;
  timer.cancel();
  signal.removeEventListener('abort', onAbort);
  signal.throwIfAborted();
}

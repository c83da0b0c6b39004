import { type Clock, maxTimeoutMs } from './clock.ts';

/**
 * A signal that is aborted when `signal` is, or with a TimeoutError after `ms`. For calls: it is not meant to be
 * kept, and deadlines beyond 24 days end at 24 days.
 */
export function withDeadline(signal: AbortSignal | undefined, ms: number): AbortSignal {
  const deadline = AbortSignal.timeout(Math.min(Math.max(0, Math.ceil(ms)), maxTimeoutMs));
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
}

/**
 * The results of `fn` for all items, in order, with at most `limit` running at once and started in order. After a
 * failure no more are started; the running ones are awaited, and the failure of the earliest item is thrown: the
 * same input fails with the same error, however the calls overlap.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  fn: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const failures: { readonly index: number; readonly error: unknown }[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
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

/**
 * How long a key that failed so many times in a row waits: `minMs` doubled each time up to `maxMs`
 * (client-go util/workqueue, ItemExponentialFailureRateLimiter, which Flux uses).
 */
export function backoffMs(failures: number, minMs: number, maxMs: number): number {
  return Math.min(minMs * 2 ** Math.min(Math.max(0, failures), 1000), maxMs);
}

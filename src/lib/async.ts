import { maxTimeoutMs } from './clock.ts';

/**
 * A signal that is aborted when `signal` is, or with a TimeoutError after `ms`. For calls: it is not meant to be
 * kept, and deadlines beyond 24 days end at 24 days.
 */
export function withDeadline(signal: AbortSignal | undefined, ms: number): AbortSignal {
  const deadline = AbortSignal.timeout(Math.min(Math.max(0, Math.ceil(ms)), maxTimeoutMs));
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
}

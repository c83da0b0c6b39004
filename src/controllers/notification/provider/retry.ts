import { jitter } from '../../../runtime/jitter.ts';

const minWaitMs = 2000;
const maxWaitMs = 30_000;
const limiting: readonly number[] = [403, 429, 503];

/** How long to wait after the given number of tries: 2 s, doubled each time up to 30 s, spread by a tenth. */
export function retryWaitMs(tries: number, random: () => number): number {
  return jitter(Math.min(minWaitMs * 2 ** (tries - 1), maxWaitMs), 10, random);
}

/**
 * How long an answer of 429 or 503, or of 403 as GitHub has it for too many requests, asks to be left alone: its
 * `Retry-After`, seconds or a date (RFC 9110, 10.2.3). A day at most; undefined when it does not say, or says nonsense.
 */
export function retryAfterMs(status: number, header: string | undefined, now: number): number | undefined {
  if (!limiting.includes(status) || header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) * 1000 : dateOf(text) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), 86_400_000) : undefined;
}

/** `Fri, 02 Jan 2026 15:04:25 GMT`; NaN for anything else, of which Date.parse would guess. */
function dateOf(text: string): number {
  return /^[A-Z][a-z]{2,8}, \d{2}[ -]/.test(text) ? Date.parse(text) : Number.NaN;
}

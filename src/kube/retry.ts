import { ApiError, TransportError } from './errors.ts';

/** What a request bears. */
export interface RetryTraits {
  readonly method: string;
  /** Sending it twice does what sending it once does: reads, server-side applies, deletions. */
  readonly idempotent: boolean;
}

/** client-go's bound (k8s.io/client-go rest, maxRetries) for answers that say when to come back. */
const maxAskedRetries = 10;
const maxOwnRetries = 4;
const firstDelayMs = 100;
const maxDelayMs = 3_000;
/** Who is asked to stay away longer than this hears the error at once: its queue knows better how to wait. */
const maxRetryAfterMs = 30_000;

/** Codes of failures that would be the same again: ours, and undici's of a client that was closed. */
const final: ReadonlySet<string> = new Set(['TooLarge', 'BadAnswer', 'UND_ERR_DESTROYED', 'UND_ERR_CLOSED']);

/**
 * How long to wait before sending a failed request again, in milliseconds, or undefined to give up.
 *
 * - 429 and 5xx with Retry-After: as the server says, whatever the method, because it did not act (client-go).
 * - 429 without: with backoff.
 * - 502, 503 and 504, and for reads 500: with backoff if the request is idempotent. A write's 500 is mostly an
 *   admission webhook's failure and 504 its slowness: those are the reconciler's to retry, and its message to show.
 * - Connections that were never made: always; that broke: if the request is idempotent.
 *
 * `attempt` counts from 1; `random` is in [0, 1).
 */
export function retryDelay(
  error: unknown,
  traits: RetryTraits,
  attempt: number,
  random: () => number,
): number | undefined {
  if (error instanceof ApiError) return apiRetryDelay(error, traits, attempt, random);
  if (!(error instanceof TransportError) || attempt > maxOwnRetries) return undefined;
  if (final.has(error.code)) return undefined;
  if (error.unsent) return retriableConnect(error.code) ? backoff(attempt, random) : undefined;
  return traits.idempotent ? backoff(attempt, random) : undefined;
}

function apiRetryDelay(
  error: ApiError,
  traits: RetryTraits,
  attempt: number,
  random: () => number,
): number | undefined {
  const { status, retryAfterMs } = error;
  if (status !== 429 && status < 500) return undefined;
  if (retryAfterMs !== undefined) {
    if (attempt > maxAskedRetries || retryAfterMs > maxRetryAfterMs) return undefined;
    // A little late, and not all at once.
    return retryAfterMs + random() * Math.min(retryAfterMs, 1000) * 0.2;
  }
  if (attempt > maxOwnRetries) return undefined;
  if (status === 429) return backoff(attempt, random);
  const read = traits.method === 'GET';
  const passing = status === 502 || status === 503 || (read && (status === 500 || status === 504));
  return passing && traits.idempotent ? backoff(attempt, random) : undefined;
}

/** Certificates that do not verify today will not in a second. */
function retriableConnect(code: string): boolean {
  return /^E[A-Z]+|^UND_ERR_CONNECT/.test(code) && !/CERT|TLS|SSL/.test(code);
}

function backoff(attempt: number, random: () => number): number {
  return Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1)) * (0.5 + random() * 0.5);
}

/** The seconds of a Retry-After header, when it has any (dates are not used by the API server). */
export function retryAfterSeconds(header: string | string[] | undefined): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

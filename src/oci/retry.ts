import { sleep } from '../lib/async.ts';
import type { Clock } from '../lib/clock.ts';
import { discard } from './body.ts';
import type { HttpResponse } from './http-exchange.ts';
import { OciError } from './oci-error.ts';

const attempts = 3;
const firstDelayMs = 1000;
const factor = 3;
/** Who asks to wait longer is not waited for here: the error tells how long. */
const maxDelayMs = 15_000;
const maxToldMs = 3_600_000;

/** Statuses that may be others a moment later (go-containerregistry pkg/v1/remote/options.go), and 429. */
const passing = new Set([408, 429, 500, 502, 503, 504]);

/**
 * The answer of `send`, tried up to three times: after a passing status, when the server says with `Retry-After`, or a
 * second and three later; and after a connection that broke. `signal` ends the waiting too.
 */
export async function withRetries(
  clock: Clock,
  signal: AbortSignal,
  send: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  for (let attempt = 1, delayMs = firstDelayMs; ; attempt++, delayMs *= factor) {
    const last = attempt === attempts;
    let wait = delayMs;
    try {
      const response = await send();
      const asked = passing.has(response.status) ? (retryAfterMs(response, clock.now()) ?? delayMs) : undefined;
      if (last || asked === undefined || asked > maxDelayMs) return response;
      discard(response.body);
      wait = asked;
    } catch (error) {
      if (last || !isBrokenConnection(error)) throw error;
    }
    await sleep(clock, wait, signal);
  }
}

/** How long a server wants to be left alone, where that is too long to be waited for; an hour at most. */
export function longRetryAfterMs(response: Pick<HttpResponse, 'headers'>, now: number): number | undefined {
  const asked = retryAfterMs(response, now) ?? 0;
  return asked > maxDelayMs ? Math.min(asked, maxToldMs) : undefined;
}

/** What `Retry-After` asks for: seconds, or a date. */
export function retryAfterMs({ headers }: Pick<HttpResponse, 'headers'>, now: number): number | undefined {
  const value = headers['retry-after'];
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

const broken = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

function isBrokenConnection(error: unknown): boolean {
  if (!(error instanceof OciError) || error.code !== 'NetworkError') return false;
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' && broken.has(cause.code);
}

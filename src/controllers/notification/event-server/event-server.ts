import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '../../../lib/clock.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { listenAt, type RunningServer } from '../../../runtime/http-server.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { logFields, type NotificationEvent } from '../event.ts';
import type { HttpMetrics } from '../http/http-metrics.ts';
import { BodyBudget, BodyRefused, readBody } from '../http/read-body.ts';
import { BadEvent, decodeEvent } from './decode-event.ts';
import { type Duplicates, duplicateKey } from './duplicates.ts';

/** Takes events that are not repetitions. */
export interface EventIntake {
  /** Resolves when events can be matched with Alerts. */
  readonly ready: Promise<void>;
  /** Whether the event is taken; it is not when too much is under way. */
  accept(event: NotificationEvent): boolean;
  /** An event that was refused because one like it came a short while ago. */
  repeated(event: NotificationEvent): void;
}

export interface EventServerOptions {
  /** A Go listen address. */
  readonly address: string;
  readonly intake: EventIntake;
  readonly duplicates: Duplicates;
  readonly metrics: HttpMetrics;
  readonly clock: Clock;
  readonly log: Logger;
  /** For a body; default 10 s. */
  readonly bodyTimeoutMs?: number;
}

/** A message of 39,000 bytes and 256 KiB of annotations, escaped as JSON, fit well. */
const maxBodyBytes = 1 << 20;
const maxBodiesBytes = 16 << 20;
/** Senders give up after five seconds (fluxcd/pkg runtime/events/recorder.go). */
const readyTimeoutMs = 4000;
/** How long a refused body is read on and thrown away, so that its sender sees the answer. */
const lingerMs = 5000;

interface Answer {
  readonly status: 202 | 400 | 405 | 408 | 413 | 415 | 429 | 500 | 503;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Serves the endpoint that controllers post their events to (notification-controller internal/server/event_server.go):
 * POST to any path. 202 taken, 400 no event, 429 the same event came a short while ago. Differs from Flux (ADR 29): 405,
 * 408, 413 and 415 for what is no such request, too slow, too large or compressed, and 503 when too much is under way;
 * a sender tries again after that.
 */
export function serveEvents(options: EventServerOptions): Promise<RunningServer | undefined> {
  const budget = new BodyBudget(maxBodiesBytes);
  const server = createServer({ requestTimeout: 15_000, headersTimeout: 10_000, keepAliveTimeout: 30_000 });
  server.maxConnections = 1000;
  server.on('request', (request, response) => {
    const { method = '', url = '/' } = request;
    const answered = options.metrics.started(method, url.split('?', 1)[0] ?? '/');
    response.once('close', () => answered(response.statusCode, Number(response.getHeader('content-length') ?? 0)));
    answer(request, budget, options)
      .catch((error: unknown): Answer => {
        options.log.error({ error }, 'Event endpoint failed');
        return { status: 500 };
      })
      .then((result) => send(request, response, result))
      .catch(() => response.destroy());
  });
  return listenAt(server, options.address, 'event');
}

async function answer(request: IncomingMessage, budget: BodyBudget, options: EventServerOptions): Promise<Answer> {
  const { intake, log, bodyTimeoutMs: timeoutMs = 10_000 } = options;
  if (request.method !== 'POST') return { status: 405, headers: { allow: 'POST' } };
  let event: NotificationEvent;
  try {
    event = decodeEvent(await readBody(request, { maxBytes: maxBodyBytes, timeoutMs, budget }));
  } catch (error) {
    if (!(error instanceof BodyRefused || error instanceof BadEvent)) throw error;
    log.error({ error: errorMessage(error), from: request.socket.remoteAddress }, 'Refused an event');
    return { status: error instanceof BodyRefused ? error.status : 400 };
  }
  if (!(await within(intake.ready, options.clock))) return { status: 503, headers: { 'retry-after': '5' } };
  return take(event, options);
}

function take(event: NotificationEvent, { intake, duplicates, log }: EventServerOptions): Answer {
  const about = logFields(event);
  const key = duplicateKey(event);
  const until = duplicates.until(key);
  if (until !== undefined) {
    log.debug(about, 'Discarding event, rate limiting duplicate events');
    intake.repeated(event);
    const reset = new Date(until).toUTCString();
    return { status: 429, body: 'Too Many Requests\n', headers: { ...limits(0, until), 'retry-after': reset } };
  }
  if (!intake.accept(event)) {
    log.error(about, 'Too many events are under way, an event was not taken');
    return { status: 503, headers: { 'retry-after': '5' } };
  }
  return { status: 202, headers: limits(0, duplicates.add(key)) };
}

/** What sethvargo/go-limiter's httplimit tells. */
function limits(remaining: number, until: number): Readonly<Record<string, string>> {
  return {
    'x-ratelimit-limit': '1',
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': new Date(until).toUTCString(),
  };
}

function within(ready: Promise<void>, clock: Clock): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = clock.setTimeout(() => resolve(false), readyTimeoutMs);
  void ready.then(() => resolve(true));
  return promise.finally(() => timer.cancel());
}

function send(request: IncomingMessage, response: ServerResponse, { status, body = '', headers = {} }: Answer): void {
  const unread = !request.complete;
  response.writeHead(status, {
    ...(body === '' ? {} : { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }),
    ...headers,
    'content-length': Buffer.byteLength(body),
    ...(unread ? { connection: 'close' } : {}),
  });
  response.end(body);
  if (!unread) return;
  request.resume();
  const timer = setTimeout(() => request.destroy(), lingerMs);
  request.once('close', () => clearTimeout(timer));
}

import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../lib/clock.ts';
import { parseJson } from '../lib/json.ts';
import { apiErrorOf, genericApiError } from './api-status.ts';
import type { Connection } from './connection.ts';
import { type ApiError, TransportError } from './errors.ts';
import type { HttpSink } from './exchange.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { type RetryTraits, retryAfterSeconds, retryDelay } from './retry.ts';
import type { HttpAnswer, HttpRequest, Transport } from './transport.ts';

/** Told of each exchange with the API server, for `rest_client_requests_total`: code `<error>` is none at all. */
export type RequestObserver = (method: string, code: string, host: string) => void;

/** Takes a text the API server warns of (deprecated versions, unknown fields). */
export type WarningHandler = (text: string) => void;

/** One request to the API server, before authentication, flow control and retries. */
export interface ApiRequest extends RetryTraits {
  readonly method: HttpRequest['method'];
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: string;
  /** Further headers: impersonation. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** `plural.group` and name, for the texts of answers that are no `metav1.Status`. */
  readonly resource?: string;
  readonly name?: string;
}

/** What {@link Requester} needs. */
export interface RequesterDeps {
  readonly connection: Connection;
  readonly transport: Transport;
  readonly limiter: RateLimiter;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  readonly onRequest?: RequestObserver | undefined;
  readonly onWarning?: WarningHandler | undefined;
}

/** An error answer to a watch is a `metav1.Status`: small. */
const maxErrorBytes = 1 << 20;

/** Authentication, flow control, retries, warnings and errors around {@link Transport}: shared by all views of a client. */
export class Requester {
  readonly #deps: RequesterDeps;

  constructor(deps: RequesterDeps) {
    this.#deps = deps;
  }

  get clock(): Clock {
    return this.#deps.clock;
  }

  get random(): () => number {
    return this.#deps.random;
  }

  /** Sends a request until it succeeds or retrying makes no sense. Throws ApiError, TransportError or the signal's reason. */
  async send(request: ApiRequest): Promise<HttpAnswer> {
    const { clock, limiter, random, timeoutMs } = this.#deps;
    // The first turn is not counted: where many wait, each still gets its time with the server.
    const firstTurn = limiter.acquire(request.signal);
    if (firstTurn !== undefined) await firstTurn;
    const deadline = clock.now() + (request.timeoutMs ?? timeoutMs);
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      const turn = attempt === 1 ? undefined : limiter.acquire(request.signal);
      if (turn !== undefined) await turn;
      const failure = await this.#attempt(request, deadline - clock.now());
      if ('answer' in failure) return failure.answer;
      const { error } = failure;
      if (!renewed && 'status' in error && error.status === 401 && this.#deps.connection.credentials.renew?.()) {
        renewed = true;
        continue;
      }
      const delay = retryDelay(error, request, attempt, random);
      if (delay === undefined || clock.now() + delay >= deadline) throw error;
      await sleep(clock, delay, request.signal);
    }
  }

  /** As {@link send}, for answers that are JSON. */
  async json(request: ApiRequest): Promise<{ readonly status: number; readonly value: unknown }> {
    const { status, body } = await this.send(request);
    return { status, value: parseAnswer(request, body) };
  }

  /**
   * Streams the body of a successful answer to `sink`; resolves when the server ends it. Not retried and not rate
   * limited (client-go's Request.Watch is not either). Throws as {@link send} does.
   */
  async stream(request: ApiRequest, sink: HttpSink): Promise<void> {
    const { transport } = this.#deps;
    let status = 0;
    let headers: IncomingHttpHeaders = {};
    const errorBody: Buffer[] = [];
    let errorBytes = 0;
    const http = await this.#complete(request, {});
    await this.#observed(
      request,
      () => status,
      () =>
        transport.stream(http, {
          start: (code, head) => {
            status = code;
            headers = head;
            this.#heard(head);
            if (code === 200) sink.start(code, head);
          },
          data(chunk) {
            if (status === 200) return sink.data(chunk);
            errorBytes += chunk.length;
            if (errorBytes <= maxErrorBytes) errorBody.push(chunk);
          },
        }),
    );
    if (status === 200) return;
    const error = answerError(request, { status, headers, body: Buffer.concat(errorBody).toString('utf8') });
    if (error.status === 401) this.#deps.connection.credentials.renew?.();
    throw error;
  }

  async #attempt(
    request: ApiRequest,
    timeoutMs: number,
  ): Promise<{ readonly answer: HttpAnswer } | { readonly error: ApiError | TransportError }> {
    const { transport, connection, maxBodyBytes } = this.#deps;
    const http = await this.#complete(request, connection.disableCompression === true ? {} : gzip);
    let answer: HttpAnswer | undefined;
    try {
      await this.#observed(
        request,
        () => answer?.status ?? 0,
        async () => {
          answer = await transport.send(http, { timeoutMs: Math.max(1, timeoutMs), maxBytes: maxBodyBytes });
        },
      );
    } catch (error) {
      if (error instanceof TransportError) return { error };
      throw error;
    }
    if (answer === undefined) throw new TypeError('an exchange ended without an answer');
    this.#heard(answer.headers);
    return answer.status < 300 ? { answer } : { error: answerError(request, answer) };
  }

  async #observed(request: ApiRequest, status: () => number, exchange: () => Promise<void>): Promise<void> {
    const { onRequest, transport } = this.#deps;
    try {
      await exchange();
      onRequest?.(request.method, String(status()), transport.host);
    } catch (error) {
      // A stream that was answered and then cut was an answer; a call that was given up was none.
      onRequest?.(request.method, status() === 0 ? '<error>' : String(status()), transport.host);
      throw error;
    }
  }

  async #complete(request: ApiRequest, more: Readonly<Record<string, string>>): Promise<HttpRequest> {
    let authorization = this.#deps.connection.credentials.authorization(request.signal);
    if (authorization instanceof Promise) authorization = await authorization;
    return {
      method: request.method,
      path: request.path,
      headers: {
        accept: request.accept ?? 'application/json',
        'user-agent': this.#deps.userAgent,
        ...more,
        ...(authorization === undefined ? {} : { authorization }),
        ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { body: request.body }),
      signal: request.signal,
    };
  }

  /** What each answer tells beside its body. */
  #heard(headers: IncomingHttpHeaders): void {
    const { limiter, onWarning } = this.#deps;
    if (limiter.enabled && headers['x-kubernetes-pf-flowschema-uid'] !== undefined) limiter.disable();
    const { warning } = headers;
    if (warning === undefined || onWarning === undefined) return;
    for (const [, text = ''] of String(warning).matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
      onWarning(text.replace(/\\(.)/g, '$1'));
    }
  }
}

const gzip = { 'accept-encoding': 'gzip' };

/** The JSON of a successful answer. Throws TransportError when it is none. */
export function parseAnswer(request: Pick<ApiRequest, 'method' | 'path'>, body: string): unknown {
  try {
    return parseJson(body);
  } catch (cause) {
    throw new TransportError(`${request.method} ${request.path}: the answer is not JSON`, { code: 'BadAnswer', cause });
  }
}

function answerError(request: ApiRequest, { status, headers, body }: HttpAnswer): ApiError {
  const seconds = retryAfterSeconds(headers['retry-after']);
  const type = headers['content-type'] ?? '';
  if (type.includes('json')) {
    const error = apiErrorOf(statusValue(body), status, seconds);
    if (error !== undefined) return error;
  }
  return genericApiError({
    status,
    method: request.method,
    text: type.startsWith('text/') || type === '' ? body : undefined,
    ...(request.resource === undefined ? {} : { resource: request.resource }),
    ...(request.name === undefined ? {} : { name: request.name }),
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  });
}

function statusValue(body: string): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}

/** Resolves after `ms`, or rejects with the signal's reason. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

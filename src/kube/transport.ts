import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { formatDuration } from '../lib/duration.ts';
import type { Connection } from './connection.ts';
import { dispatcherFor } from './dispatcher.ts';
import { TransportError } from './errors.ts';
import { Exchange, FromOutside, type HttpSink } from './exchange.ts';
import { describeFailure } from './transport-failure.ts';

/** One HTTP exchange, its headers complete but for what HTTP itself adds. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, already escaped. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}

/** How one exchange is bounded. */
export interface HttpLimits {
  /** For the whole exchange, waiting for a connection included. */
  readonly timeoutMs: number;
  /** Of the answer's body, unpacked. */
  readonly maxBytes: number;
}

/** An answer with its whole body, unpacked, as text. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How many HTTP/1.1 connections serve short requests, and whether long ones may share one of HTTP/2. */
export interface TransportOptions {
  readonly connections?: number;
  readonly http2Watches?: boolean;
}

const defaultConnections = 16;

const unzip = promisify(gunzip);

/**
 * HTTP to one API server. Short requests go over a bounded pool of HTTP/1.1 connections (cheaper per request in Node,
 * and spread over the replicas behind a load balancer); watches are streams of shared HTTP/2 connections, so that a
 * hundred cost one socket and one TLS state. Faults are {@link TransportError}s, or the reason of an aborted signal.
 */
export class Transport {
  readonly #origin: string;
  readonly #prefix: string;
  readonly #requests: Dispatcher;
  readonly #makeWatches: () => Dispatcher;
  #watches: Dispatcher;
  readonly #retired = new Set<Dispatcher>();

  constructor(connection: Connection, options: TransportOptions = {}) {
    const url = new URL(connection.server);
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, '');
    this.#requests = dispatcherFor(connection, url, {
      connections: options.connections ?? defaultConnections,
      allowH2: false,
    });
    this.#makeWatches = () => dispatcherFor(connection, url, { allowH2: options.http2Watches ?? true });
    this.#watches = this.#makeWatches();
  }

  /** Host and port, as metrics name the server. */
  get host(): string {
    return new URL(this.#origin).host;
  }

  /** Sends a request and collects its answer, whatever its status. */
  async send(request: HttpRequest, limits: HttpLimits): Promise<HttpAnswer> {
    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;
    let headers: IncomingHttpHeaders = {};
    const tooLarge = (): TransportError =>
      new TransportError(`${request.method} ${request.path}: the answer is larger than ${limits.maxBytes} bytes`, {
        code: 'TooLarge',
      });
    await this.#exchange(this.#requests, request, limits.timeoutMs, {
      start(code, head) {
        status = code;
        headers = head;
      },
      data(chunk) {
        size += chunk.length;
        if (size > limits.maxBytes) throw tooLarge();
        chunks.push(chunk);
      },
    });
    const [only] = chunks;
    let bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
    if (headers['content-encoding'] === 'gzip' && bytes.length > 0) {
      bytes = await unzip(bytes, { maxOutputLength: limits.maxBytes }).catch((cause: unknown) => {
        throw cause instanceof RangeError ? tooLarge() : this.#failure(request, cause);
      });
    }
    return { status, headers, body: bytes.toString('utf8') };
  }

  /**
   * Sends a request and hands its answer to `sink` as it arrives; resolves when the server ends it. A stream that is
   * aborted for its silence (TransportError `Silent`) takes its connection out of use: where one stream of a dead
   * HTTP/2 connection fell silent, the next one would too.
   */
  async stream(request: HttpRequest, sink: HttpSink): Promise<void> {
    const used = this.#watches;
    try {
      await this.#exchange(used, request, undefined, sink);
    } catch (error) {
      if (error instanceof TransportError && error.code === 'Silent') this.#retire(used);
      throw error;
    }
  }

  /** Ends every exchange and connection. */
  async close(): Promise<void> {
    await Promise.all([this.#requests, this.#watches, ...this.#retired].map((dispatcher) => dispatcher.destroy()));
  }

  #retire(dispatcher: Dispatcher): void {
    if (this.#watches !== dispatcher) return;
    this.#watches = this.#makeWatches();
    this.#retired.add(dispatcher);
    // Streams that still bring something go on; the connection is closed with the last.
    void dispatcher.close().finally(() => this.#retired.delete(dispatcher));
  }

  #exchange(
    dispatcher: Dispatcher,
    request: HttpRequest,
    timeoutMs: number | undefined,
    sink: HttpSink,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const timeout = (): DOMException =>
        new DOMException(`${this.#goUrl(request)}: no answer within ${formatDuration(timeoutMs ?? 0)}`, 'TimeoutError');
      const exchange = new Exchange(sink, request.signal, timeoutMs, timeout, (error) => {
        if (error === undefined) resolve();
        else reject(error instanceof FromOutside ? this.#failure(request, error.cause) : error);
      });
      if (exchange.over) return;
      try {
        dispatcher.dispatch(
          {
            origin: this.#origin,
            path: this.#prefix + request.path,
            method: request.method,
            headers: request.headers as Record<string, string | string[]>,
            body: request.body ?? null,
            // Without this, undici closes the connection after a DELETE that has a body.
            reset: false,
            // Deadlines are ours: one timer per request, none per watch.
            headersTimeout: 0,
            bodyTimeout: 0,
          },
          exchange,
        );
      } catch (error) {
        exchange.fail(new FromOutside(error));
      }
    });
  }

  #failure(request: HttpRequest, cause: unknown): TransportError {
    const { text, code, unsent } = describeFailure(cause, this.host);
    return new TransportError(`${this.#goUrl(request)}: ${text}`, { code, unsent, cause });
  }

  /** The request as Go's net/url.Error names it, because such texts reach conditions: `Get "https://…"`. */
  #goUrl(request: HttpRequest): string {
    const verb = request.method.charAt(0) + request.method.slice(1).toLowerCase();
    return `${verb} "${this.#origin}${this.#prefix}${request.path}"`;
  }
}

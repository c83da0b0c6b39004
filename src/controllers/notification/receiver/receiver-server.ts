import { createServer, type IncomingMessage, type Server } from 'node:http';
import { aborted } from '../../../runtime/controller.ts';
import { listenAt } from '../../../runtime/http-server.ts';
import type { Runnable } from '../../../runtime/manager.ts';
import type { HttpMetrics } from '../http/http-metrics.ts';
import { Answers } from './answers.ts';
import { type CallDeps, handleCall } from './handle-call.ts';
import { muxAnswer } from './mux.ts';

export interface ReceiverServerOptions {
  /** `--receiverAddr`. */
  readonly addr: string;
  readonly calls: CallDeps;
  readonly metrics: HttpMetrics;
  /** Resolves when Receivers are known: until then there is nothing to answer. */
  readonly synced: Promise<void>;
}

/** What callers may take of time and memory before anybody knows who they are. */
export interface ServerLimits {
  /** For all headers of a call, and for all of it. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How often the two are looked at. */
  readonly checkEveryMs: number;
  /** Connections at one time; others are closed at once. */
  readonly maxConnections: number;
}

/**
 * The times are those of notification-controller internal/server/limits.go. Headers may have less than there, 64 KiB
 * instead of 256, so that all connections together stay within what the process has.
 */
const serverLimits: ServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  checkEveryMs: 5000,
  maxConnections: 1000,
};
const maxHeaderBytes = 64 * 1024;
/** How long a stop waits for calls that are being answered (receiver_server.go). */
const graceMs = 5000;

/**
 * The server of webhooks, on a port of its own, which may be open to the internet. It runs in every replica, whoever has
 * the lease: a call that nobody takes is lost.
 */
export function receiverServer({ addr, calls, metrics, synced }: ReceiverServerOptions): Runnable {
  return {
    needsLease: false,
    async start(signal) {
      await Promise.race([synced, aborted(signal)]);
      if (signal.aborted) return;
      const ending = new AbortController();
      const answer = (request: IncomingMessage): Promise<number> =>
        handleCall(request, calls, ending.signal).catch((error: unknown) => {
          calls.log.error({ error, stacktrace: error instanceof Error ? error.stack : undefined }, 'A call failed');
          return 500;
        });
      const server = webhookServer(answer, metrics);
      const running = await listenAt(server, addr, 'receiver');
      calls.log.info({ addr: running?.address }, 'Serving webhooks');
      await aborted(signal);
      await running?.close(graceMs);
      ending.abort(signal.reason);
    },
  };
}

/** The server that `answer` gives the status of each call for; it does not listen yet. */
export function webhookServer(
  answer: (request: IncomingMessage) => Promise<number>,
  metrics: HttpMetrics,
  { headersTimeoutMs, requestTimeoutMs, checkEveryMs, maxConnections }: ServerLimits = serverLimits,
): Server {
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: checkEveryMs,
    maxHeaderSize: maxHeaderBytes,
    keepAliveTimeout: 30_000,
  });
  server.maxConnections = maxConnections;
  const answers = new Answers();
  server.on('request', (request, response) => {
    const elsewhere = muxAnswer(request.url ?? '');
    const done = metrics.started(request.method ?? '', request.url ?? '');
    (elsewhere === undefined ? answer(request).catch(() => 500) : Promise.resolve(elsewhere.status))
      .then((status) => {
        done(status, elsewhere?.body.length ?? 0);
        answers.send(request, response, { status, body: '', ...elsewhere });
      })
      .catch(() => response.destroy());
  });
  return server;
}

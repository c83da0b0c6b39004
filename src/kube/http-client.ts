import { type Clock, systemClock } from '../lib/clock.ts';
import type { Client } from './client.ts';
import type { Connection } from './connection.ts';
import { DiscoveryCache } from './discovery-cache.ts';
import type { PartialObject } from './object.ts';
import { RateLimiter } from './rate-limiter.ts';
import { type WatchTuning, watchDefaults } from './reflector.ts';
import { Requester, type RequestObserver } from './requester.ts';
import { ResourceClient } from './resource-client.ts';
import { Transport } from './transport.ts';

/** Where the client tells what no caller hears: the API server's warnings. A pino logger is one. */
export interface ClientLog {
  info(fields: object, message: string): void;
}

/** How a {@link createClient} behaves; every absent member has a default. */
export interface ClientOptions {
  /** Requests a second on average (default 50); 0 or less means no limit. Void on servers with priority and fairness. */
  readonly qps?: number;
  /** Requests at once (default 300). */
  readonly burst?: number;
  readonly userAgent?: string;
  readonly log?: ClientLog;
  /** For `rest_client_requests_total`. */
  readonly onRequest?: RequestObserver;
  /** For one call with all its retries (default 90 s). */
  readonly timeoutMs?: number;
  /** Largest answer taken, unpacked (default 256 MiB; lists are read in pages of 500). */
  readonly maxBodyBytes?: number;
  /** HTTP/1.1 connections for short requests (default 16). */
  readonly connections?: number;
  /** Let watches share HTTP/2 connections (default true). */
  readonly http2Watches?: boolean;
  readonly watch?: Partial<WatchTuning>;
  readonly clock?: Clock;
  /** In [0, 1), for jitter. */
  readonly random?: () => number;
}

const defaultTimeoutMs = 90_000;
const defaultMaxBodyBytes = 256 << 20;
const maxWarnings = 1_000;

/** A {@link Client} that ends its connections, and those of all its impersonated views, when closed. */
export interface ClosableClient extends Client {
  close(): Promise<void>;
}

/** A client of the API server at `connection`. Connects when first used. */
export function createClient(connection: Connection, options: ClientOptions = {}): ClosableClient {
  const clock = options.clock ?? systemClock;
  const transport = new Transport(connection, options);
  const requester = new Requester({
    connection,
    transport,
    limiter: new RateLimiter(options.qps ?? 50, options.burst ?? 300, clock),
    userAgent: options.userAgent ?? 'sluice',
    clock,
    random: options.random ?? Math.random,
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    maxBodyBytes: options.maxBodyBytes ?? defaultMaxBodyBytes,
    onRequest: options.onRequest,
    onWarning: options.log === undefined ? undefined : warnOnce(options.log),
  });
  const tuning = { ...watchDefaults, ...options.watch };
  const self = new ResourceClient(requester, tuning, connection.impersonate, (client) => {
    return new DiscoveryCache(
      {
        async get(path, accept) {
          return (await requester.json({ method: 'GET', path, accept, idempotent: true })).value;
        },
        watch(type, signal, { changed, restarted, error }) {
          client.watch<PartialObject>(
            type,
            { signal, metadataOnly: true, trim: nameOnly },
            {
              replace: restarted,
              upsert: ({ metadata }) => changed(metadata.name),
              remove: ({ metadata }) => changed(metadata.name),
              error,
            },
          );
        },
      },
      { clock },
    );
  });
  return Object.assign(self, { close: () => transport.close() });
}

/** Keeps of a watched CRD what invalidation needs. */
function nameOnly({ apiVersion, kind, metadata }: PartialObject): PartialObject {
  return { apiVersion, kind, metadata: { name: metadata.name } };
}

/** As controller-runtime's KubeAPIWarningLogger: each text once. */
function warnOnce(log: ClientLog): (text: string) => void {
  const seen = new Set<string>();
  return (text) => {
    if (seen.has(text) || seen.size >= maxWarnings) return;
    seen.add(text);
    log.info({ logger: 'KubeAPIWarningLogger' }, text);
  };
}

import type { Clock } from '../lib/clock.ts';
import type { WatchHandlers, WatchOptions } from './client.ts';
import { ApiError, TransportError } from './errors.ts';
import { LineDecoder } from './line-decoder.ts';
import { type ListDeps, listAll, selectors } from './list.ts';
import { metadataAccept, partialObject } from './metadata.ts';
import type { PartialObject, ResourceType } from './object.ts';
import { type ApiRequest, sleep } from './requester.ts';
import { collectionPath, withQuery } from './resource-path.ts';
import { SilenceGuard } from './silence-guard.ts';
import { parseWatchEvent, type WatchEvent } from './watch-event.ts';

/** How watches behave; the defaults are client-go's where it has any (k8s.io/client-go tools/cache, reflector.go). */
export interface WatchTuning {
  /** A watch asks the server to end it after a time between these two, so that none hangs for ever. */
  readonly minTimeoutMs: number;
  readonly maxTimeoutMs: number;
  /** Silence after which a server that sends bookmarks (one a minute) is given up. */
  readonly idleMs: number;
  /** Silence after which a first list is given up. */
  readonly initialIdleMs: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** The longest wait for a server that cannot be reached at all: knocking costs it nothing. */
  readonly maxUnreachableBackoffMs: number;
  /** Largest event taken. */
  readonly maxEventBytes: number;
}

export const watchDefaults: WatchTuning = {
  minTimeoutMs: 5 * 60_000,
  maxTimeoutMs: 10 * 60_000,
  idleMs: 100_000,
  initialIdleMs: 60_000,
  backoffMs: 250,
  maxBackoffMs: 30_000,
  maxUnreachableBackoffMs: 5_000,
  maxEventBytes: 32 << 20,
};

/** What a reflector works with. */
export interface ReflectorDeps extends ListDeps {
  readonly tuning: WatchTuning;
}

/** How long after the end it asked for a server may stay silent, when it sends no bookmarks. */
const graceMs = 30_000;
/** First lists that were not completed before streaming lists are given up: some servers ignore that one is wanted. */
const maxUnfinishedLists = 2;
/** A watch that ends sooner than this without an event is a failure. */
const shortWatchMs = 1_000;

/**
 * Keeps `handlers` equal to a collection until the signal is aborted: a first list, then its changes, over any number
 * of connections. Lists are streamed (WatchList) where the server can, else read in pages.
 */
export function runReflector<T extends PartialObject>(
  deps: ReflectorDeps,
  type: ResourceType,
  options: WatchOptions<T>,
  handlers: WatchHandlers<T>,
): void {
  void new Reflector(deps, type, options, handlers).run();
}

class Reflector<T extends PartialObject> {
  readonly #deps: ReflectorDeps;
  readonly #clock: Clock;
  readonly #type: ResourceType;
  readonly #options: WatchOptions<T>;
  readonly #handlers: WatchHandlers<T>;
  /** Where the next watch starts; undefined: the whole state is needed first. */
  #resourceVersion: string | undefined;
  #listMode: 'stream' | 'pages' = 'stream';
  #unfinishedLists = 0;
  #failures = 0;
  /** Whether this server has shown that it sends bookmarks, so that silence means something. */
  #heartbeat = false;

  constructor(deps: ReflectorDeps, type: ResourceType, options: WatchOptions<T>, handlers: WatchHandlers<T>) {
    this.#deps = deps;
    this.#clock = deps.requester.clock;
    this.#type = type;
    this.#options = options;
    this.#handlers = handlers;
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      let delay = 0;
      try {
        delay = await this.#once();
      } catch (error) {
        if (signal.aborted) return;
        delay = this.#after(error);
      }
      if (delay > 0) await sleep(this.#clock, delay, signal).catch(() => {});
    }
  }

  /** One list or one watch, to its end; the delay before the next, in milliseconds. */
  async #once(): Promise<number> {
    if (this.#resourceVersion === undefined && this.#listMode === 'pages') {
      const { items, resourceVersion } = await listAll<T>(
        this.#deps,
        this.#type,
        this.#options,
        this.#metadataOnly,
        (item) => this.#trimmed(item),
      );
      if (this.#options.signal.aborted) return 0;
      this.#synced(items, resourceVersion);
      return 0;
    }
    const startedAt = this.#clock.now();
    const events = await this.#watch();
    if (events === 0 && this.#clock.now() - startedAt < shortWatchMs)
      return this.#backoff(this.#deps.tuning.maxBackoffMs);
    return 0;
  }

  /** What a failure means for the next attempt; its delay in milliseconds. */
  #after(error: unknown): number {
    const { tuning } = this.#deps;
    if (error instanceof ApiError && this.#resourceVersion === undefined && this.#listMode === 'stream') {
      // Servers before WatchList refuse the parameters it brings.
      if (error.isInvalid || error.isBadRequest) {
        this.#listMode = 'pages';
        return 0;
      }
    }
    this.#handlers.error?.(error instanceof Error ? error : new Error(String(error)));
    if (error instanceof ApiError) {
      if (error.isExpired || error.isTooLargeResourceVersion) this.#resourceVersion = undefined;
      return Math.max(this.#backoff(tuning.maxBackoffMs), error.retryAfterMs ?? 0);
    }
    // Not the server's fault, nor the network's: a handler threw, and what it missed nobody knows.
    if (!(error instanceof TransportError)) this.#resourceVersion = undefined;
    return this.#backoff(isUnreachable(error) ? tuning.maxUnreachableBackoffMs : tuning.maxBackoffMs);
  }

  #backoff(maxMs: number): number {
    const ms = Math.min(maxMs, this.#deps.tuning.backoffMs * 2 ** Math.min(this.#failures++, 20));
    return ms * (0.5 + this.#deps.requester.random() * 0.5);
  }

  get #metadataOnly(): boolean {
    return this.#options.metadataOnly === true;
  }

  #trimmed(object: T): T {
    return this.#options.trim === undefined ? object : this.#options.trim(object);
  }

  #synced(objects: readonly T[], resourceVersion: string): void {
    this.#handlers.replace(objects, resourceVersion);
    this.#resourceVersion = resourceVersion;
    this.#unfinishedLists = 0;
  }

  /** Watches until the stream ends; the number of events it brought. */
  async #watch(): Promise<number> {
    const { tuning, requester } = this.#deps;
    const handlers = this.#handlers;
    const streamedList: Map<string, T> | undefined = this.#resourceVersion === undefined ? new Map() : undefined;
    const timeoutMs = tuning.minTimeoutMs + requester.random() * (tuning.maxTimeoutMs - tuning.minTimeoutMs);
    const session = { initial: streamedList, events: 0, answered: false };
    const decoder = new LineDecoder(tuning.maxEventBytes, (line) => {
      const event = parseWatchEvent(line);
      session.events++;
      if (event !== undefined) this.#take(event, session);
    });
    const silence = new SilenceGuard(this.#clock, this.#options.signal, tuning.idleMs, () => {
      if (session.initial !== undefined) return tuning.initialIdleMs;
      return this.#heartbeat ? tuning.idleMs : timeoutMs + graceMs;
    });
    try {
      await requester.stream(this.#request(timeoutMs, silence.signal), {
        start() {
          session.answered = true;
          silence.heard();
          if (session.initial === undefined) handlers.resumed?.();
        },
        data(chunk) {
          silence.heard();
          decoder.push(chunk);
        },
      });
    } finally {
      silence.end();
      if (session.initial !== undefined && (session.answered || silence.signal.aborted)) this.#unfinished();
    }
    if (decoder.unfinished)
      throw new TransportError('the watch ended within an event: unexpected EOF', { code: 'EOF' });
    return session.events;
  }

  #unfinished(): void {
    if (++this.#unfinishedLists >= maxUnfinishedLists) this.#listMode = 'pages';
  }

  #request(timeoutMs: number, signal: AbortSignal): ApiRequest {
    const first = this.#resourceVersion === undefined;
    const query = {
      ...selectors(this.#options),
      watch: true,
      allowWatchBookmarks: true,
      timeoutSeconds: Math.ceil(timeoutMs / 1000),
      ...(first ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' } : {}),
      resourceVersion: this.#resourceVersion,
    };
    return {
      ...this.#deps.about,
      method: 'GET',
      idempotent: true,
      path: withQuery(collectionPath(this.#type, this.#options.namespace), query),
      ...(this.#metadataOnly ? { accept: metadataAccept } : {}),
      signal,
    };
  }

  #take(event: WatchEvent, session: { initial: Map<string, T> | undefined }): void {
    switch (event.type) {
      case 'ERROR':
        throw event.error;
      case 'BOOKMARK':
        this.#heartbeat = true;
        if (session.initial !== undefined) {
          if (!event.initialEnd) return;
          const objects = [...session.initial.values()];
          session.initial = undefined;
          this.#synced(objects, event.resourceVersion);
        } else {
          this.#failures = 0;
        }
        if (event.resourceVersion !== '') this.#resourceVersion = event.resourceVersion;
        return;
      default:
        this.#change(event.type, event.object, session.initial);
    }
  }

  #change(type: 'ADDED' | 'MODIFIED' | 'DELETED', from: PartialObject, initial: Map<string, T> | undefined): void {
    const { resourceVersion = '', namespace = '', name } = from.metadata;
    const object = this.#trimmed((this.#metadataOnly ? partialObject(from, this.#type) : from) as T);
    if (initial !== undefined) {
      const key = `${namespace}/${name}`;
      if (type === 'DELETED') initial.delete(key);
      else initial.set(key, object);
      return;
    }
    this.#failures = 0;
    if (type === 'DELETED') this.#handlers.remove(object);
    else this.#handlers.upsert(object);
    if (resourceVersion !== '') this.#resourceVersion = resourceVersion;
  }
}

/** The network's fault, not that of what was said over it. */
function isUnreachable(error: unknown): boolean {
  return error instanceof TransportError && error.code !== 'BadAnswer' && error.code !== 'TooLarge';
}

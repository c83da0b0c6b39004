import { type Clock, systemClock, type Timer } from '../../lib/clock.ts';
import type { Client } from '../client.ts';
import type { ClosableClient } from '../http-client.ts';
import { AccountViews } from './account-views.ts';

/** A claim on something that is closed when nobody has one. Releasing twice does nothing. */
export interface Hold extends Disposable {
  release(): void;
}

/** A client of the pool. It is not closed before all its holds are released. */
export interface PooledClient {
  readonly client: Client;
  /** Aborted when the client is closed. */
  readonly closed: AbortSignal;
  /** The same client for the same account, so that those who watch as it share their watches. */
  as(namespace: string, serviceAccount: string): Client;
  hold(): Hold;
}

export interface ClientPoolOptions {
  readonly clock?: Clock;
  /** How long a client that nobody holds is kept (default 10 minutes). */
  readonly idleMs?: number;
  /** How many of those are kept at most (default 32); the one that was used last the longest ago goes first. */
  readonly maxIdle?: number;
}

const defaultIdleMs = 10 * 60_000;
const defaultMaxIdle = 32;

/** Clients by what they connect to: made when first wanted, shared, and closed some time after nobody holds them. */
export class ClientPool {
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #maxIdle: number;
  /** In the order of their last use. */
  readonly #clients = new Map<string, Promise<Pooled>>();
  readonly #idle = new Map<string, { readonly pooled: Pooled; readonly timer: Timer }>();

  constructor({ clock = systemClock, idleMs = defaultIdleMs, maxIdle = defaultMaxIdle }: ClientPoolOptions = {}) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#maxIdle = maxIdle;
  }

  /** How many clients are open. */
  get size(): number {
    return this.#clients.size;
  }

  /**
   * The client under `key`, with a hold on it, made by `connect` when there is none. What `connect` throws is passed
   * on, and not kept.
   */
  async acquire(
    key: string,
    connect: () => Promise<ClosableClient>,
  ): Promise<{ readonly pooled: PooledClient; readonly hold: Hold }> {
    const promise = this.#clients.getOrInsertComputed(key, () => this.#make(key, connect));
    const pooled = await promise;
    // It may have been closed while the others waited for it.
    if (pooled.closed.aborted) return this.acquire(key, connect);
    return { pooled, hold: pooled.hold() };
  }

  /** Closes all clients, held or not. */
  async close(): Promise<void> {
    const clients = await Promise.allSettled(this.#clients.values());
    this.#clients.clear();
    for (const { timer } of this.#idle.values()) timer.cancel();
    this.#idle.clear();
    await Promise.all(clients.map((client) => (client.status === 'fulfilled' ? client.value.close() : undefined)));
  }

  async #make(key: string, connect: () => Promise<ClosableClient>): Promise<Pooled> {
    try {
      const client = await connect();
      const pooled: Pooled = new Pooled(client, {
        used: () => this.#used(key),
        unused: () => this.#unused(key, pooled),
      });
      return pooled;
    } catch (error) {
      this.#clients.delete(key);
      throw error;
    }
  }

  #used(key: string): void {
    this.#idle.get(key)?.timer.cancel();
    this.#idle.delete(key);
  }

  #unused(key: string, pooled: Pooled): void {
    if (!this.#clients.has(key)) return;
    this.#idle.set(key, { pooled, timer: this.#clock.setTimeout(() => this.#drop(key), this.#idleMs) });
    for (const oldest of this.#idle.keys()) {
      if (this.#idle.size <= this.#maxIdle) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const idle = this.#idle.get(key);
    if (idle === undefined) return;
    idle.timer.cancel();
    this.#idle.delete(key);
    this.#clients.delete(key);
    idle.pooled.close().catch(() => undefined);
  }
}

class Pooled implements PooledClient {
  readonly client: ClosableClient;
  readonly #events: { used(): void; unused(): void };
  readonly #closed = new AbortController();
  readonly #accounts: AccountViews;
  #holds = 0;

  constructor(client: ClosableClient, events: { used(): void; unused(): void }) {
    this.client = client;
    this.#accounts = new AccountViews(client);
    this.#events = events;
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  as(namespace: string, serviceAccount: string): Client {
    return this.#accounts.as(namespace, serviceAccount);
  }

  hold(): Hold {
    if (this.#holds++ === 0) this.#events.used();
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      if (--this.#holds === 0) this.#events.unused();
    };
    return { release, [Symbol.dispose]: release };
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error('the connection to the cluster was closed'));
    await this.client.close();
  }
}

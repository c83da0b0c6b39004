import { createHash } from 'node:crypto';
import { type AddressPolicy, type EnvironmentProxy, HttpAgents } from '../net/http-agents.ts';
import type { Advertisement } from './advertisement.ts';
import type { TransportLocation } from './transport.ts';

/** What is known of a remote from an earlier visit. */
export interface KnownRemote {
  readonly advertisement: Advertisement;
  readonly location: TransportLocation;
}

interface SessionOptions {
  readonly environmentProxy?: EnvironmentProxy;
  readonly addressPolicy?: AddressPolicy;
  readonly now?: () => number;
}

interface Entry extends KnownRemote {
  readonly expires: number;
}

const maxEntries = 10_000;
const lifetimeMs = 3_600_000;

/**
 * What remotes of one process share: connections, and for an hour what servers say of themselves. A server of protocol
 * version 2 then is asked for references at once, without asking first what it can: a reconcile that finds nothing new
 * costs one request. Made once, closed at the end.
 */
export class GitSessions {
  readonly agents: HttpAgents;
  /** Undefined when all addresses may be reached. */
  readonly addressPolicy: AddressPolicy | undefined;
  readonly #known = new Map<string, Entry>();
  readonly #now: () => number;

  constructor(options: SessionOptions = {}) {
    this.agents = new HttpAgents(options.environmentProxy, options.addressPolicy);
    this.addressPolicy = options.addressPolicy;
    this.#now = options.now ?? (() => performance.now());
  }

  /** What is known under the key; undefined when nothing is, or it is too old. */
  recall(key: string): KnownRemote | undefined {
    const entry = this.#known.get(key);
    return entry !== undefined && entry.expires > this.#now() ? entry : undefined;
  }

  /** Remembers a server of version 2; others list their references anew each time. */
  remember(key: string, known: KnownRemote): void {
    this.#known.delete(key);
    if (known.advertisement.version !== 2) {
      return;
    }
    this.#known.set(key, { ...known, expires: this.#now() + lifetimeMs });
    if (this.#known.size > maxEntries) {
      const oldest = this.#known.keys().next();
      if (oldest.done !== true) {
        this.#known.delete(oldest.value);
      }
    }
  }

  /** Forgets a remote that is not what it was. */
  forget(key: string): void {
    this.#known.delete(key);
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    this.#known.clear();
    await this.agents.close();
  }
}

/** The key of a remote: its address and who asks, so that no tenant learns from another's redirects. */
export function sessionKey(url: string, authorization: string | undefined): string {
  return createHash('sha256')
    .update(`${authorization ?? ''}\n${url}`)
    .digest('hex');
}

import { createHash } from 'node:crypto';
import { machine, metadataServices } from '../auth/address-guard.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { SingleFlight } from '../lib/single-flight.ts';
import { type EnvironmentProxy, HttpAgents } from '../net/http-agents.ts';
import type { Challenge } from './challenge.ts';

/** What is known of a registry from an earlier visit. */
export interface KnownRegistry {
  readonly scheme: 'https' | 'http';
  /** How it wants to be told who asks; undefined when it did not say. */
  readonly challenge: Challenge | undefined;
}

/** A bearer token for a registry. */
export interface RegistryToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

interface SessionOptions {
  readonly environmentProxy?: EnvironmentProxy;
  readonly clock?: Clock;
}

interface Known extends KnownRegistry {
  readonly expiresAt: number;
}

const maxEntries = 1000;
const lifetimeMs = 3_600_000;

/**
 * What the registry clients of one process share: connections, for an hour how each registry is spoken to, and bearer
 * tokens while they live. A reconcile that finds nothing new then costs one request, and one more when its token has
 * expired. Made once, closed at the end. Nothing is shared between those who ask with other credentials.
 */
export class RegistrySessions {
  /** Connections to registries that users name: anywhere but to what tells a machine who it is. */
  readonly agents: HttpAgents;
  /** Connections to where registries send us: not to this machine either. */
  readonly foreignAgents: HttpAgents;
  readonly clock: Clock;
  readonly #known = new Map<string, Known>();
  readonly #tokens = new Map<string, RegistryToken>();
  readonly #flights = new SingleFlight<RegistryToken>();

  constructor({ environmentProxy, clock = systemClock }: SessionOptions = {}) {
    const allows = (): boolean => true;
    this.agents = new HttpAgents(environmentProxy, { lookup: metadataServices.lookup, allows });
    this.foreignAgents = new HttpAgents(environmentProxy, { lookup: machine.lookup, allows });
    this.clock = clock;
  }

  /** What is known under the key; undefined when nothing is, or it is too old. */
  recall(key: string): KnownRegistry | undefined {
    const entry = this.#known.get(key);
    return entry !== undefined && entry.expiresAt > this.clock.now() ? entry : undefined;
  }

  remember(key: string, known: KnownRegistry): void {
    keep(this.#known, key, { ...known, expiresAt: this.clock.now() + lifetimeMs });
  }

  /** Forgets a registry that is not what it was. */
  forget(key: string): void {
    this.#known.delete(key);
  }

  /** The token under the key, or the one that `fetch` gives: those who want the same at the same time share one. */
  async token(
    key: string,
    signal: AbortSignal,
    fetch: (signal: AbortSignal) => Promise<RegistryToken>,
  ): Promise<RegistryToken> {
    const kept = this.#tokens.get(key);
    if (kept !== undefined && kept.expiresAt > this.clock.now()) return kept;
    return this.#flights.run(key, signal, async (shared) => {
      const token = await fetch(shared);
      keep(this.#tokens, key, token);
      return token;
    });
  }

  /** Forgets a token that was refused. */
  forgetToken(key: string): void {
    this.#tokens.delete(key);
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    this.#known.clear();
    this.#tokens.clear();
    await Promise.all([this.agents.close(), this.foreignAgents.close()]);
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= maxEntries) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}

/** A digest of the parts, which no choice of names makes equal to that of others. */
export function sessionKey(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

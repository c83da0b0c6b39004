import { type Clock, systemClock } from '../lib/clock.ts';
import { SingleFlight } from '../lib/single-flight.ts';
import type { Token } from './token.ts';

/** Whom a token is for, as metrics count it (fluxcd/pkg cache/involved_object.go). */
export interface InvolvedObject {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** For example `decrypt_with_aws`. */
  readonly operation: string;
}

/** Is told what happens to a cache, for metrics. */
export interface TokenCacheObserver {
  looked(found: boolean, involved: InvolvedObject | undefined): void;
  evicted(): void;
  /** How many tokens there are now. */
  size(items: number): void;
}

export interface TokenCacheOptions {
  /** `--token-cache-max-size`; 0 keeps nothing. */
  readonly maxSize: number;
  /** `--token-cache-max-duration`, milliseconds; an hour at most. */
  readonly maxDurationMs?: number;
  readonly clock?: Clock;
  readonly observer?: TokenCacheObserver;
}

interface Item {
  readonly token: Token;
  readonly until: number;
}

const longestMs = 3_600_000;

/**
 * Tokens by who asked for what, until 80 % of their life has passed, as the kubelet renews them; the least recently used
 * goes first (fluxcd/pkg cache/token.go). Those who want the same at the same time wait for one request.
 */
export class TokenCache {
  readonly #options: TokenCacheOptions;
  readonly #clock: Clock;
  readonly #maxDurationMs: number;
  readonly #items = new Map<string, Item>();
  readonly #flights = new SingleFlight<Token>();

  constructor(options: TokenCacheOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#maxDurationMs = Math.min(options.maxDurationMs ?? longestMs, longestMs);
  }

  /** The token under `key`, from `fetch` when there is none that is good. All tokens of a key have the same type. */
  async getOrFetch<T extends Token>(
    key: string,
    signal: AbortSignal,
    fetch: (signal: AbortSignal) => Promise<T>,
    involved?: InvolvedObject,
  ): Promise<T> {
    const { maxSize, observer } = this.#options;
    if (maxSize <= 0) return fetch(signal);
    const known = this.#items.get(key);
    const good = known !== undefined && known.until > this.#clock.now();
    observer?.looked(good, involved);
    if (good) {
      this.#items.delete(key);
      this.#items.set(key, known);
      return known.token as T;
    }
    const token = await this.#flights.run(key, signal, async (shared) => {
      const fetched = await fetch(shared);
      this.#keep(key, fetched);
      return fetched;
    });
    return token as T;
  }

  /** Forgets a token that was refused. */
  delete(key: string): void {
    this.#items.delete(key);
    this.#options.observer?.size(this.#items.size);
  }

  #keep(key: string, token: Token): void {
    const { maxSize, observer } = this.#options;
    const now = this.#clock.now();
    const ms = Math.min((token.expiresAt - now) * 0.8, this.#maxDurationMs);
    if (ms <= 0) return;
    this.#items.delete(key);
    this.#items.set(key, { token, until: now + ms });
    for (const oldest of this.#items.keys()) {
      if (this.#items.size <= maxSize) break;
      this.#items.delete(oldest);
      observer?.evicted();
    }
    observer?.size(this.#items.size);
  }
}

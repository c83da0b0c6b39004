import type { JWK } from 'jose';
import type { AuthHttp } from '../../../../auth/http.ts';
import { jsonOf } from '../../../../auth/http.ts';
import type { Clock } from '../../../../lib/clock.ts';
import { isRecord } from '../../../../lib/json.ts';
import { SingleFlight } from '../../../../lib/single-flight.ts';

/** The public keys of an issuer. */
export interface KeySet {
  readonly keys: readonly JWK[];
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
}

/** How long keys are trusted without being asked for again. */
const maxAgeMs = 300_000;
/** A key that is not known may be a new one: how often that is looked up, at most. */
const minAgeMs = 30_000;
const maxSets = 100;
const maxKeys = 100;

/**
 * Key sets (RFC 7517) by their URL, kept for five minutes, the hundred that were used last. A caller can make it ask an
 * issuer every 30 seconds, and not more often.
 */
export class KeySets {
  readonly #http: AuthHttp;
  readonly #clock: Clock;
  readonly #sets = new Map<string, KeySet>();
  readonly #fetches = new SingleFlight<KeySet>();

  constructor(http: AuthHttp, clock: Clock) {
    this.#http = http;
    this.#clock = clock;
  }

  /**
   * The keys at a URL. With `refresh`, those that are older than 30 seconds are fetched anew. Throws AuthError when there
   * are none.
   *
   * @param reach Who chose the URL; see HttpCall.
   */
  async get(
    url: string,
    {
      reach,
      refresh,
      signal,
    }: { readonly reach: 'fixed' | 'user'; readonly refresh: boolean; readonly signal: AbortSignal },
  ): Promise<KeySet> {
    const known = this.#sets.get(url);
    const age = known === undefined ? Number.POSITIVE_INFINITY : this.#clock.now() - known.fetchedAt;
    if (known !== undefined && age < (refresh ? minAgeMs : maxAgeMs)) {
      this.#keep(url, known);
      return known;
    }
    const set = await this.#fetches.run(url, signal, (flight) => this.#fetch(url, reach, flight));
    this.#keep(url, set);
    return set;
  }

  async #fetch(url: string, reach: 'fixed' | 'user', signal: AbortSignal): Promise<KeySet> {
    const reply = await this.#http.call({ method: 'GET', url, signal, reach });
    const { keys } = jsonOf(reply, 'the keys of the issuer');
    const list: readonly unknown[] = Array.isArray(keys) ? keys.slice(0, maxKeys) : [];
    return { keys: list.filter((key) => isRecord(key)) as readonly JWK[], fetchedAt: this.#clock.now() };
  }

  #keep(url: string, set: KeySet): void {
    this.#sets.delete(url);
    this.#sets.set(url, set);
    const [oldest] = this.#sets.keys();
    if (this.#sets.size > maxSets && oldest !== undefined) this.#sets.delete(oldest);
  }
}

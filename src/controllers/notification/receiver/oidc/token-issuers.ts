import { type AuthHttp, jsonOf } from '../../../../auth/http.ts';
import type { Clock } from '../../../../lib/clock.ts';
import { SingleFlight } from '../../../../lib/single-flight.ts';
import { CallRefused } from '../webhook-call.ts';
import { KeySets } from './key-sets.ts';
import { type Claims, signingAlgorithms, verifyToken } from './verify-token.ts';

/** What an issuer says of itself (OpenID Connect Discovery 1.0). */
interface Metadata {
  readonly keysUrl: string;
  readonly algorithms: readonly string[];
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
}

/** Keys of Google's accounts (google.golang.org/api idtoken/validate.go). */
const googleKeysUrl = 'https://www.googleapis.com/oauth2/v3/certs';
const maxAgeMs = 600_000;
const maxIssuers = 100;

/** Issuers of OpenID Connect tokens, with what they say of themselves and their keys kept for some minutes. */
export class TokenIssuers {
  readonly #http: AuthHttp;
  readonly #clock: Clock;
  readonly #keySets: KeySets;
  readonly #issuers = new Map<string, Metadata>();
  readonly #lookups = new SingleFlight<Metadata>();

  constructor(http: AuthHttp, clock: Clock) {
    this.#http = http;
    this.#clock = clock;
    this.#keySets = new KeySets(http, clock);
  }

  /**
   * The claims of a token that `issuer` has made for `audience`. Throws CallRefused when it has not, and AuthError when
   * the issuer cannot be asked. Issuers at addresses of the machine itself, or of clouds' metadata, are not asked.
   */
  async verify(token: string, issuer: string, audience: string, signal: AbortSignal): Promise<Claims> {
    const { keysUrl, algorithms } = await this.#metadata(issuer, signal);
    const keys = (refresh: boolean) => this.#keySets.get(keysUrl, { reach: 'user', refresh, signal });
    const claims = await verifyToken(token, { algorithms, audience, now: this.#clock.now(), keys });
    if (claims['iss'] !== issuer) throw new CallRefused('the token has another issuer');
    return claims;
  }

  /** The claims of a token that Google has made for `audience`; the issuer is in them. Throws as {@link verify}. */
  verifyGoogle(token: string, audience: string, signal: AbortSignal): Promise<Claims> {
    const keys = (refresh: boolean) => this.#keySets.get(googleKeysUrl, { reach: 'fixed', refresh, signal });
    return verifyToken(token, { algorithms: ['RS256'], audience, now: this.#clock.now(), keys });
  }

  async #metadata(issuer: string, signal: AbortSignal): Promise<Metadata> {
    const known = this.#issuers.get(issuer);
    if (known !== undefined && this.#clock.now() - known.fetchedAt < maxAgeMs) return known;
    const metadata = await this.#lookups.run(issuer, signal, (flight) => this.#discover(issuer, flight));
    this.#issuers.delete(issuer);
    this.#issuers.set(issuer, metadata);
    const [oldest] = this.#issuers.keys();
    if (this.#issuers.size > maxIssuers && oldest !== undefined) this.#issuers.delete(oldest);
    return metadata;
  }

  async #discover(issuer: string, signal: AbortSignal): Promise<Metadata> {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const reply = await this.#http.call({ method: 'GET', url, signal, reach: 'user' });
    const found = jsonOf(reply, `the discovery of issuer ${JSON.stringify(issuer)}`);
    if (found['issuer'] !== issuer) throw new CallRefused('the issuer says that it is another');
    const { jwks_uri: keysUrl, id_token_signing_alg_values_supported: listed } = found;
    if (typeof keysUrl !== 'string') throw new CallRefused('the issuer names no keys');
    const algorithms = (Array.isArray(listed) ? listed : []).filter((name) => signingAlgorithms.includes(name));
    return { keysUrl, algorithms: algorithms.length === 0 ? ['RS256'] : algorithms, fetchedAt: this.#clock.now() };
  }
}

/** The token of an Authorization header. Throws CallRefused when it has none. */
export function bearerToken(authorization: string): string {
  const token = authorization.startsWith('Bearer ') ? authorization.slice('Bearer '.length).trim() : '';
  if (token === '') throw new CallRefused('the Authorization header is missing or malformed');
  return token;
}

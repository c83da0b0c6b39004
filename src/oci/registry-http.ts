import { withDeadline } from '../lib/async.ts';
import { errorMessage } from '../lib/errors.ts';
import type { HttpProxy, HttpTls } from '../net/http-agents.ts';
import { requestToken } from './bearer-token.ts';
import { discard, readBeginning } from './body.ts';
import { type Challenge, parseChallenges, pickChallenge } from './challenge.ts';
import { basicAuthorization, type CredentialSource, type Credentials, secretsOf } from './credentials.ts';
import { mayBePlain } from './foreign-host.ts';
import { HttpExchange, type HttpResponse } from './http-exchange.ts';
import { OciError } from './oci-error.ts';
import type { Repository } from './reference.ts';
import { longRetryAfterMs } from './retry.ts';
import { type KnownRegistry, type RegistrySessions, sessionKey } from './sessions.ts';
import { statusError } from './status-error.ts';

/** How registries are reached. */
export interface RegistryHttpOptions {
  /** Shared with the process's other clients. */
  readonly sessions: RegistrySessions;
  /** Asked for every request; without it all is asked as nobody. */
  readonly credentials?: CredentialSource | undefined;
  readonly tls?: HttpTls | undefined;
  readonly proxy?: HttpProxy | undefined;
  /** A registry that does not speak TLS is asked in clear, and any certificate is taken when `tls` has no authority. */
  readonly insecure?: boolean | undefined;
}

/** A request of the distribution API, below `/v2/<repository>/`, or a next page by its whole path. */
export interface ApiRequest {
  readonly method: 'GET' | 'HEAD';
  readonly path: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Target {
  readonly repository: Repository;
  readonly exchange: HttpExchange;
  readonly key: string;
  readonly signal: AbortSignal;
}

const maxErrorBytes = 64 * 1024;
/** How long a registry that may be asked in clear has to answer with TLS. */
const tlsAttemptMs = 5000;

/**
 * Requests to registries, as whoever the credentials say: basic, or a bearer token that the registry's token server
 * gives for them, fetched anew when one is refused. Throws OciError; every status but 401 is an answer.
 */
export class RegistryHttp {
  readonly #options: RegistryHttpOptions;
  readonly #exchanges = new Map<string, HttpExchange>();
  /** Who asks with other TLS settings or through another proxy may meet another server. */
  readonly #way: string;

  constructor(options: RegistryHttpOptions) {
    const { tls, proxy, insecure = false } = options;
    const skipsVerify = insecure && tls?.ca === undefined && tls?.cert === undefined;
    this.#options = { ...options, tls: skipsVerify ? { ...tls, skipVerify: true } : tls };
    const text = (pem: string | Uint8Array | undefined): string =>
      pem === undefined ? '' : Buffer.from(pem).toString();
    this.#way = sessionKey([insecure, text(tls?.ca), text(tls?.cert), text(tls?.key), proxy ?? null]);
  }

  /** The answer to a request. It is asked again when what was known of the registry is no longer so. */
  async send(repository: Repository, request: ApiRequest, signal: AbortSignal): Promise<HttpResponse> {
    const { sessions } = this.#options;
    const key = sessionKey([repository.registry, this.#way]);
    const target = { repository, exchange: this.#exchange(repository.registry), key, signal };
    const known = sessions.recall(key);
    try {
      return await this.#authorized(target, known ?? (await this.#discover(target)), request);
    } catch (error) {
      if (known === undefined || !(error instanceof OciError) || error.code !== 'NetworkError') throw error;
      sessions.forget(key);
      return this.#authorized(target, await this.#discover(target), request);
    }
  }

  /** The error for an answer that is no success. */
  async failure({ method }: ApiRequest, response: HttpResponse): Promise<OciError> {
    const { status, url, secrets } = response;
    const body = await readBeginning(response.body, maxErrorBytes);
    const retryAfterMs = longRetryAfterMs(response, this.#options.sessions.clock.now());
    return statusError({ method, url, status, body, secrets, retryAfterMs });
  }

  close(): void {
    for (const exchange of this.#exchanges.values()) exchange.close();
    this.#exchanges.clear();
  }

  #exchange(registry: string): HttpExchange {
    const { sessions, tls, proxy } = this.#options;
    return this.#exchanges.getOrInsertComputed(registry, () => new HttpExchange({ sessions, registry, tls, proxy }));
  }

  async #authorized(target: Target, known: KnownRegistry, request: ApiRequest): Promise<HttpResponse> {
    const { repository, exchange, signal, key } = target;
    const credentials = await this.#options.credentials?.(repository, signal);
    const path = request.path.startsWith('/') ? request.path : `/v2/${repository.path}/${request.path}`;
    // In one piece: resolved against an origin, a path that begins with two slashes would name a host.
    const url = new URL(`${known.scheme}://${repository.registry}${path}`);
    const send = async (authorization: string | undefined): Promise<HttpResponse> => {
      const { accept, headers, method } = request;
      return exchange.send({
        method,
        url,
        headers: { ...headers, ...(accept === undefined ? {} : { accept }) },
        authorization,
        signal,
        secrets: [...secretsOf(credentials), authorization?.replace(/^\w+ /, '') ?? ''],
      });
    };
    const first = await send(await this.#authorization(target, known, credentials));
    // A server that we were redirected to wants other things than the registry.
    if (first.status !== 401 || first.url.origin !== url.origin) return first;
    const challenge = pickChallenge(parseChallenges(first.headers['www-authenticate']));
    if (challenge?.scheme !== 'bearer' || hasFixedToken(credentials)) return first;
    discard(first.body);
    // The token has expired, or the registry is not what it was: both are told by what it wants now.
    const now = { ...known, challenge: withoutScope(challenge) };
    this.#options.sessions.remember(key, now);
    return send(await this.#authorization(target, now, credentials, true));
  }

  /** `refused`: a token that is kept was not good enough. */
  async #authorization(
    { repository, exchange, signal, key }: Target,
    { challenge, scheme }: KnownRegistry,
    credentials: Credentials | undefined,
    refused = false,
  ): Promise<string | undefined> {
    if (hasFixedToken(credentials)) return `Bearer ${credentials?.registryToken}`;
    if (challenge?.scheme !== 'bearer') return credentials === undefined ? undefined : basicAuthorization(credentials);
    const { sessions } = this.#options;
    const scope = `repository:${repository.path}:pull`;
    const tokenKey = sessionKey([key, challenge, scope, credentials ?? null]);
    if (refused) sessions.forgetToken(tokenKey);
    const { token } = await sessions.token(tokenKey, signal, (shared) =>
      requestToken(exchange, { challenge, credentials, scope, scheme, signal: shared, now: sessions.clock.now() }),
    );
    return `Bearer ${token}`;
  }

  /** Asks a registry how it wants to be spoken to. */
  async #discover(target: Target): Promise<KnownRegistry> {
    const { repository, key, signal } = target;
    const mayBeHttp = this.#options.insecure === true || mayBePlain(repository.registry);
    const known = mayBeHttp
      ? await this.#discoverEither(target)
      : await ping(target.exchange, repository.registry, 'https', signal);
    this.#options.sessions.remember(key, known);
    return known;
  }

  async #discoverEither({ exchange, repository: { registry }, signal }: Target): Promise<KnownRegistry> {
    try {
      return await ping(exchange, registry, 'https', withDeadline(signal, tlsAttemptMs), true);
    } catch (primary) {
      if (signal.aborted || !(primary instanceof OciError)) throw primary;
      try {
        return await ping(exchange, registry, 'http', signal);
      } catch (fallback) {
        if (signal.aborted || !(fallback instanceof OciError)) throw fallback;
        const { code, status } = fallback;
        throw new OciError(code, `${errorMessage(primary)}; ${errorMessage(fallback)}`, {
          cause: fallback,
          ...(status === undefined ? {} : { status }),
        });
      }
    }
  }
}

/** `GET /v2/`: whether this is a registry, and how it wants to be told who asks. */
async function ping(
  exchange: HttpExchange,
  registry: string,
  scheme: 'https' | 'http',
  signal: AbortSignal,
  once = false,
): Promise<KnownRegistry> {
  const asked = new URL(`${scheme}://${registry}/v2/`);
  const { status, headers, body, url } = await exchange.send({ method: 'GET', url: asked, signal, secrets: [], once });
  if (status !== 200 && status !== 401) {
    const text = await readBeginning(body, maxErrorBytes);
    throw statusError({ method: 'GET', url, status, body: text, secrets: [] });
  }
  discard(body);
  const challenge = pickChallenge(parseChallenges(headers['www-authenticate']));
  // A redirect of http to https on the same host is how it is reached from now on.
  const reached = url.protocol === 'https:' && url.host === asked.host ? 'https' : scheme;
  return {
    scheme: reached,
    challenge: status === 401 && challenge !== undefined ? withoutScope(challenge) : undefined,
  };
}

/** What a registry wants of everybody, without what one request would have needed. */
function withoutScope({ scheme, parameters }: Challenge): Challenge {
  const { realm, service } = parameters;
  return {
    scheme,
    parameters: { ...(realm === undefined ? {} : { realm }), ...(service === undefined ? {} : { service }) },
  };
}

function hasFixedToken(credentials: Credentials | undefined): boolean {
  return credentials?.registryToken !== undefined && credentials.registryToken !== '';
}

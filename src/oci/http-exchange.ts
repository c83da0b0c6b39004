import type { Dispatcher } from 'undici';
import { metadataServices } from '../auth/address-guard.ts';
import { isTimeout } from '../lib/errors.ts';
import { redact } from '../lib/redact.ts';
import type { AgentLease, HttpProxy, HttpTls } from '../net/http-agents.ts';
import { networkFailure } from '../net/network-failure.ts';
import { discard } from './body.ts';
import { checkForeignHost, isLoopback } from './foreign-host.ts';
import { OciError } from './oci-error.ts';
import { withRetries } from './retry.ts';
import type { RegistrySessions } from './sessions.ts';
import { displayUrl } from './status-error.ts';

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to the origin of `url` alone. */
  readonly authorization?: string | undefined;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** What must not show in an error. */
  readonly secrets: readonly string[];
  /** There is another way to ask, so that this one is not tried again. */
  readonly once?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly body: Dispatcher.ResponseData['body'];
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** What must not show in an error that quotes the answer. */
  readonly secrets: readonly string[];
}

interface ExchangeOptions {
  readonly sessions: RegistrySessions;
  /** `host[:port]` of the registry that a user named. */
  readonly registry: string;
  readonly tls?: HttpTls | undefined;
  readonly proxy?: HttpProxy | undefined;
}

const maxRedirects = 10;
const userAgent = 'sluice';

/**
 * Requests to one registry, and to where it sends us. Redirects of GET and HEAD are followed, at most ten; to another
 * origin neither credentials nor the client certificate go along, and never from https to http. What may be better a
 * moment later is tried again. Throws `NetworkError`, `Timeout`, `Canceled` or `RedirectRefused`; every status is an answer.
 */
export class HttpExchange {
  readonly #options: ExchangeOptions;
  readonly #leases: AgentLease[] = [];
  readonly #hostname: string;
  #own: Dispatcher | undefined;
  #foreign: Dispatcher | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#hostname = new URL(`https://${options.registry}`).hostname;
  }

  /** `sentBy` names how a registry made us ask at another host: such hosts are looked at first. */
  async send(request: HttpRequest, sentBy?: string): Promise<HttpResponse> {
    let { url } = request;
    if (sentBy !== undefined && !this.#isOwn(url)) checkForeignHost(url, sentBy);
    for (let redirects = 0; ; redirects++) {
      const at = url;
      const response =
        request.once === true
          ? await this.#once(request, at)
          : await withRetries(this.#options.sessions.clock, request.signal, () => this.#once(request, at));
      const location =
        request.method !== 'POST' && isRedirect(response.status) ? response.headers['location'] : undefined;
      if (typeof location !== 'string') return response;
      discard(response.body);
      if (redirects >= maxRedirects) throw refused(request, url, `stopped after ${maxRedirects} redirects`);
      url = this.#follow(request, url, location);
    }
  }

  close(): void {
    for (const lease of this.#leases.splice(0)) lease.release();
    this.#own = undefined;
    this.#foreign = undefined;
  }

  #follow(request: HttpRequest, from: URL, location: string): URL {
    if (!URL.canParse(location, from.href)) throw refused(request, from, 'the location of a redirect is no URL');
    const target = new URL(location, from);
    target.username = '';
    target.password = '';
    if (target.protocol !== 'https:' && target.protocol !== from.protocol) {
      const [before, after] = [from.protocol.slice(0, -1), target.protocol.slice(0, -1)];
      throw refused(request, from, `redirect changes the scheme from ${before} to ${after}`);
    }
    if (target.hostname !== from.hostname) checkForeignHost(target, `redirect from "${from.hostname}" to`);
    return target;
  }

  async #once(
    { method, url: origin, headers, authorization, body, signal, secrets }: HttpRequest,
    url: URL,
  ): Promise<HttpResponse> {
    const trusted = url.origin === origin.origin;
    // Names are looked at when they are resolved; addresses never are, nor anything that a proxy connects to.
    const refusal = metadataServices.refusal(url.hostname);
    if (refusal !== undefined)
      throw new OciError('RedirectRefused', `${goMethod(method)} "${displayUrl(url)}": ${refusal}`);
    try {
      const {
        statusCode,
        headers: answered,
        body: content,
      } = await this.#dispatcher(url).request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers: {
          'user-agent': userAgent,
          ...headers,
          ...(trusted && authorization !== undefined ? { authorization } : {}),
        },
        body: body ?? null,
        signal,
      });
      return { status: statusCode, headers: answered, body: content, url, secrets };
    } catch (error) {
      const proxied = this.#options.proxy !== undefined;
      throw requestError(error, { method, url, signal, secrets, proxied });
    }
  }

  #dispatcher(url: URL): Dispatcher {
    const { sessions, tls, proxy } = this.#options;
    if (this.#isOwn(url)) {
      this.#own ??= this.#lease(sessions.agents.acquire(tls, proxy));
      return this.#own;
    }
    // Who names a registry on this machine, as tests do, reaches the machine anyway.
    const agents = isLoopback(this.#hostname) ? sessions.agents : sessions.foreignAgents;
    const { cert: _cert, key: _key, ...anonymous } = tls ?? {};
    this.#foreign ??= this.#lease(agents.acquire(anonymous, proxy));
    return this.#foreign;
  }

  /** Whether it is the registry that the user named; URLs write a host in their own way, and no default port. */
  #isOwn(url: URL): boolean {
    return url.host === new URL(`${url.protocol}//${this.#options.registry}`).host;
  }

  #lease(lease: AgentLease): Dispatcher {
    this.#leases.push(lease);
    return lease.dispatcher;
  }
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

function refused({ method }: HttpRequest, url: URL, problem: string): OciError {
  return new OciError('RedirectRefused', `${goMethod(method)} "${displayUrl(url)}": ${problem}`);
}

interface FailedAttempt extends Pick<HttpRequest, 'method' | 'url' | 'signal' | 'secrets'> {
  /** It went through a proxy, so that this is what could not be connected to. */
  readonly proxied?: boolean;
}

/** The error for a request that brought no answer, or whose answer broke off, in the words of Go's net/http. */
export function requestError(
  error: unknown,
  { method, url, signal, secrets, proxied = false }: FailedAttempt,
): OciError {
  if (error instanceof OciError) return error;
  const context = `${goMethod(method)} "${displayUrl(url)}"`;
  if (signal.aborted) {
    return isTimeout(signal.reason)
      ? new OciError('Timeout', `${context}: context deadline exceeded`, { cause: error })
      : new OciError('Canceled', `${context}: context canceled`, { cause: error });
  }
  const failure = redact(networkFailure(error), secrets);
  const reached = proxied && failure.startsWith('dial ') ? 'proxyconnect tcp: ' : '';
  return new OciError('NetworkError', `${context}: ${reached}${failure}`, { cause: error });
}

function goMethod(method: HttpRequest['method']): string {
  return `${method.slice(0, 1)}${method.slice(1).toLowerCase()}`;
}

import { STATUS_CODES } from 'node:http';
import type { Dispatcher } from 'undici';
import { metadataServices } from '../../../auth/address-guard.ts';
import { isTimeout } from '../../../lib/errors.ts';
import { redact } from '../../../lib/redact.ts';
import { type AgentLease, type EnvironmentProxy, HttpAgents, type HttpTls } from '../../../net/http-agents.ts';
import { networkFailure } from '../../../net/network-failure.ts';

/** How a chart repository is reached. */
export interface ChartAccess {
  /** The repository that the credentials are for. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: HttpTls;
  /** Credentials also go to other hosts, where the index names such. */
  readonly passCredentials: boolean;
}

/** A request brought no answer that can be used. The message has no credentials. */
export class ChartHttpError extends Error {
  override readonly name = 'ChartHttpError';
  /** It is the credentials or certificates that were refused, by the server or by us. */
  readonly isAuthentication: boolean;

  constructor(message: string, options: { readonly cause?: unknown; readonly isAuthentication?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.isAuthentication = options.isAuthentication ?? false;
  }
}

export interface ChartResponse {
  /** 200, or 304 to a conditional request. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /**
   * The content, at most as many bytes as were allowed; it must be read. Throws {@link ChartHttpError}, and what
   * `tooLarge` gives.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface GetOptions {
  /** With the deadline. */
  readonly signal: AbortSignal;
  readonly maxBytes: number;
  /** The error for more bytes than that. */
  tooLarge(): Error;
  readonly headers?: Readonly<Record<string, string>>;
}

const maxRedirects = 10;
const maxDrainedBytes = 16 * 1024;

/**
 * Downloads from chart repositories (helm pkg/getter/httpgetter.go). Credentials and the client certificate go to
 * the origin of the repository alone, unless `passCredentials` says otherwise; a redirect to another origin takes them
 * away in any case, and none leads from https to http. Close it at the end.
 */
export class ChartHttp {
  readonly #agents: HttpAgents;

  constructor(proxies?: EnvironmentProxy) {
    this.#agents = new HttpAgents(proxies, { lookup: metadataServices.lookup, allows: () => true });
  }

  /** The content at `url`. Throws {@link ChartHttpError}. */
  async get(url: URL, access: ChartAccess, options: GetOptions): Promise<ChartResponse> {
    const leases: AgentLease[] = [];
    const lease = (tls: HttpTls | undefined): Dispatcher => {
      const found = this.#agents.acquire(tls, undefined);
      leases.push(found);
      return found.dispatcher;
    };
    const release = (): void => {
      for (const held of leases.splice(0)) held.release();
    };
    try {
      const { statusCode, statusText, headers, body } = await follow(url, access, options, lease);
      if (statusCode !== 200 && statusCode !== 304) {
        discard(body);
        const text = statusText === '' ? (STATUS_CODES[statusCode] ?? '') : statusText;
        throw new ChartHttpError(`failed to fetch ${display(url)} : ${statusCode} ${text}`, {
          isAuthentication: statusCode === 401,
        });
      }
      if (statusCode === 200) return { status: statusCode, headers, body: content(body, options, release) };
      discard(body);
      release();
      return { status: statusCode, headers, body: nothing() };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Closes all connections. */
  close(): Promise<void> {
    return this.#agents.close();
  }
}

async function follow(
  start: URL,
  access: ChartAccess,
  { signal, headers }: GetOptions,
  lease: (tls: HttpTls | undefined) => Dispatcher,
): Promise<Dispatcher.ResponseData> {
  let url = start;
  let trusted = access.passCredentials || isSameSite(new URL(access.url), start);
  for (let redirects = 0; ; redirects++) {
    const failed = (problem: string, cause?: unknown): ChartHttpError =>
      new ChartHttpError(`Get "${display(start)}": ${problem}`, { cause, isAuthentication: isTlsFailure(cause) });
    checkHost(url, failed);
    const { ca, cert, key } = access.tls ?? {};
    const tls = { ...(ca === undefined ? {} : { ca }), ...(trusted ? definedPair(cert, key) : {}) };
    const authorization = authorizationOf(url, trusted ? access : {});
    const response = await lease(tls)
      .request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: 'GET',
        headers: {
          'user-agent': 'sluice',
          'accept-encoding': 'identity',
          ...headers,
          ...(authorization === undefined ? {} : { authorization }),
        },
        signal,
      })
      .catch((error: unknown) => {
        throw failed(failureText(error, access, signal), error);
      });
    const location = isRedirect(response.statusCode) ? response.headers['location'] : undefined;
    if (typeof location !== 'string') return response;
    discard(response.body);
    if (redirects >= maxRedirects) throw failed(`stopped after ${maxRedirects} redirects`);
    const next = redirected(url, location, failed);
    trusted &&= isSameSite(url, next);
    url = next;
  }
}

function redirected(from: URL, location: string, failed: (problem: string) => Error): URL {
  if (!URL.canParse(location, from)) throw failed('the location of a redirect is no URL');
  const next = new URL(location, from);
  next.username = '';
  next.password = '';
  const isSecure = next.protocol === 'https:' || (next.protocol === 'http:' && from.protocol === 'http:');
  if (!isSecure) throw failed(`a redirect leads from ${from.protocol.slice(0, -1)} to ${next.protocol.slice(0, -1)}`);
  return next;
}

function checkHost(url: URL, failed: (problem: string) => Error): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw failed(`unsupported protocol scheme ${JSON.stringify(url.protocol.slice(0, -1))}`);
  const refusal = metadataServices.refusal(url.hostname);
  if (refusal !== undefined) throw failed(refusal);
}

/** The same origin, or the same host with TLS from now on, both on the default port. */
function isSameSite(from: URL, to: URL): boolean {
  const upgraded = from.protocol === 'http:' && to.protocol === 'https:' && from.host === to.host;
  return to.origin === from.origin || (upgraded && from.port === '');
}

/** Credentials of the Secret, which need both halves as in Helm; else those that the URL has for itself. */
function authorizationOf(
  url: URL,
  { username = '', password = '' }: Pick<ChartAccess, 'username' | 'password'>,
): string | undefined {
  if (username !== '' && password !== '') return basic(username, password);
  return url.username === '' ? undefined : basic(decodeURIComponent(url.username), decodeURIComponent(url.password));
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function definedPair(cert: HttpTls['cert'], key: HttpTls['key']): HttpTls {
  return { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* content(
  body: Dispatcher.ResponseData['body'],
  { maxBytes, tooLarge, signal }: GetOptions,
  release: () => void,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge();
      yield chunk;
    }
  } catch (error) {
    if (size > maxBytes) throw error;
    const late = signal.aborted && isTimeout(signal.reason);
    const text = late
      ? 'context deadline exceeded (Client.Timeout or context cancellation while reading body)'
      : networkFailure(error);
    throw new ChartHttpError(text, { cause: error });
  } finally {
    discard(body);
    release();
  }
}

function failureText(error: unknown, { username = '', password = '' }: ChartAccess, signal: AbortSignal): string {
  if (signal.aborted && isTimeout(signal.reason))
    return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  return redact(networkFailure(error), [password, basic(username, password)]);
}

function isTlsFailure(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code);
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** As Go shows a URL with credentials. */
function display(url: URL): string {
  return url.username === '' && url.password === '' ? url.href : url.href.replace(/\/\/[^@/]*@/, '//***@');
}

/** Lets go of a body that nobody reads on: a little is read to its end, so that the connection can be used again. */
function discard(body: Dispatcher.ResponseData['body']): void {
  let left = maxDrainedBytes;
  body.on('error', () => undefined);
  body.on('data', (chunk: Uint8Array) => {
    left -= chunk.byteLength;
    if (left < 0) body.destroy();
  });
}

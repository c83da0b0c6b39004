import { getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { withDeadline } from '../lib/async.ts';
import { errorMessage, isAbort, isTimeout } from '../lib/errors.ts';
import { redact } from '../lib/redact.ts';
import { machine } from './address-guard.ts';
import { AuthError } from './auth-error.ts';

/** A call to a cloud's API, or to a metadata server. */
export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /**
   * Who chose the host: `fixed` is the provider's own; `node` is a service of the machine, which no proxy is asked for;
   * `user` may be anything that a user wrote, so that services of the machine are out of reach.
   */
  readonly reach: 'fixed' | 'node' | 'user';
  /** Of the call as a whole, milliseconds (default 10 seconds). */
  readonly timeoutMs?: number;
  /** What must not show in an error. */
  readonly secrets?: readonly string[];
  /** PEM of an authority to trust beside the system's. */
  readonly ca?: string;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** HTTP for those who ask for tokens. Redirects are not followed. Throws AuthError when there is no answer. */
export interface AuthHttp {
  call(call: HttpCall): Promise<HttpReply>;
}

/** The proxies of the environment. */
export interface AuthProxies {
  readonly http?: string | undefined;
  readonly https?: string | undefined;
  readonly no?: string | undefined;
}

const defaultTimeoutMs = 10_000;
/** Tokens, keys and descriptions of clusters are small. */
const maxBytes = 1 << 20;

/** {@link AuthHttp} by undici: connections are kept for ten seconds. */
export class HttpCaller implements AuthHttp {
  readonly #proxies: AuthProxies;
  readonly #agents = new Map<string, Dispatcher>();

  constructor(proxies: AuthProxies = {}) {
    this.#proxies = proxies;
  }

  async call(call: HttpCall): Promise<HttpReply> {
    const { method, url, headers = {}, body, secrets = [], timeoutMs = defaultTimeoutMs } = call;
    const signal = withDeadline(call.signal, timeoutMs);
    if (call.reach === 'user') refuseAddress(url);
    try {
      const dispatcher = this.#agent(call);
      const answer = await request(url, { method, headers, body: body ?? null, signal, dispatcher });
      return { status: answer.statusCode, headers: answer.headers, body: await bounded(answer.body) };
    } catch (cause) {
      call.signal.throwIfAborted();
      if (isAbort(cause) || cause instanceof AuthError) throw cause;
      const reason = isTimeout(cause) ? `no answer within ${timeoutMs / 1000}s` : redact(errorMessage(cause), secrets);
      throw new AuthError(`${method} ${bare(url)}: ${reason}`, { cause });
    }
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    const agents = [...this.#agents.values()];
    this.#agents.clear();
    await Promise.all(agents.map((agent) => agent.destroy()));
  }

  #agent({ reach, ca }: HttpCall): Dispatcher {
    // An authority of a user's choosing is not kept: there may be as many as there are users.
    if (ca !== undefined) return this.#create(reach, ca, 1);
    return this.#agents.getOrInsertComputed(reach, () => this.#create(reach, undefined, 10_000));
  }

  #create(reach: HttpCall['reach'], ca: string | undefined, keepAliveTimeout: number): Dispatcher {
    const connect = {
      timeout: defaultTimeoutMs,
      ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] }),
      ...(reach === 'user' ? { lookup: machine.lookup } : {}),
    };
    const { http, https, no } = this.#proxies;
    const options = { allowH2: false, keepAliveTimeout, connect };
    if (reach === 'node' || (http === undefined && https === undefined)) return new Agent(options);
    const proxies = { httpProxy: http ?? '', httpsProxy: https ?? '', noProxy: no ?? '' };
    return new EnvHttpProxyAgent({ ...options, ...proxies, requestTls: connect });
  }
}

/** The reply's JSON when it is a success; else an AuthError that `what` failed, with what the service says. */
export function jsonOf(
  { status, body }: HttpReply,
  what: string,
  secrets: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  if (status < 200 || status > 299) throw new AuthError(`${what}: ${replyError(status, body, secrets)}`);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // The parser's message would quote the answer.
    throw new AuthError(`${what}: the answer is not JSON`);
  }
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  throw new AuthError(`${what}: the answer is not an object`);
}

/** What an answer that is no success says, shortened and without secrets. */
export function replyError(status: number, body: string, secrets: readonly string[] = []): string {
  const text = redact(body, secrets).replaceAll(/\s+/g, ' ').trim();
  return `HTTP ${status}${text === '' ? '' : `: ${text.slice(0, 500)}`}`;
}

async function bounded(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new AuthError(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refuseAddress(url: string): void {
  if (!URL.canParse(url)) throw new AuthError('the address is no URL');
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') throw new AuthError('the address is neither https nor http');
  const refusal = machine.refusal(hostname);
  if (refusal !== undefined) throw new AuthError(refusal);
}

/** The URL without what may be secret in it. */
function bare(url: string): string {
  return redact(url.split('?', 1)[0] ?? '');
}

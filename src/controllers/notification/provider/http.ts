import { validateHeaderName, validateHeaderValue } from 'node:http';
import { type Dispatcher, request } from 'undici';
import type { AddressGuard } from '../../../auth/address-guard.ts';
import { sleep } from '../../../lib/async.ts';
import type { Clock } from '../../../lib/clock.ts';
import { isTimeout } from '../../../lib/errors.ts';
import { redact } from '../../../lib/redact.ts';
import { type HttpAgents, type HttpProxy, type HttpTls, ProxyError } from '../../../net/http-agents.ts';
import { networkFailure } from '../../../net/network-failure.ts';
import { NotifyError } from './notifier.ts';
import { redirectTarget } from './redirect.ts';
import { retryAfterMs, retryWaitMs } from './retry.ts';

/** A request to a service. */
export interface NotifierRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Not to be tried again: the service may have done it all the same, and would do it twice. */
  readonly once?: boolean;
  /** Whether the answer is needed as a whole; else, that of a success is not read, of others the beginning. */
  readonly whole?: boolean;
}

/** The answer of a service, of any status. */
export interface NotifierReply {
  readonly status: number;
  readonly body: string;
  /** Headers by their lower-case names; of several with the same name, the first. */
  header(name: string): string | undefined;
}

/** How a service is reached, and what must not show in messages about it. */
export interface Route {
  readonly tls?: HttpTls | undefined;
  readonly proxy?: HttpProxy | undefined;
  readonly secrets: readonly string[];
}

export interface NotifierHttpOptions {
  /** Made with a resolver of `guard`. */
  readonly agents: Pick<HttpAgents, 'acquire'>;
  /** Which addresses are refused. */
  readonly guard: AddressGuard;
  readonly clock: Clock;
  /** Numbers in [0, 1), to spread retries. */
  readonly random: () => number;
}

/** Of an answer that tells whether a message was taken, more is not read. */
const maxBeginningBytes = 1 << 16;
/** Whole answers may not have more: statuses and comments come in pages of a few hundred KiB. */
const maxReplyBytes = 4 << 20;
/** For the rest of an answer that is not needed, so that its connection can be used again. */
const restTimeoutMs = 2000;
const maxRedirects = 5;
const maxTries = 5;
/** A service that wants more time than this gets it from the caller, who may have more patience than one delivery. */
const maxPatienceMs = 30_000;

/**
 * The one HTTP client of all notifiers. Connections are shared; answers are bounded; redirects are followed on the same
 * host only; refused addresses stay out of reach, whatever name leads to them. Failed connections, 429 and 5xx but for 501
 * are tried again four times, as hashicorp/go-retryablehttp does for Flux (internal/notifier/client.go), after 2 s
 * doubled each time or what `Retry-After` asks for.
 */
export class NotifierHttp {
  readonly #options: NotifierHttpOptions;

  constructor(options: NotifierHttpOptions) {
    this.#options = options;
  }

  /** Which addresses are refused, also for those who open connections of their own. */
  get guard(): AddressGuard {
    return this.#options.guard;
  }

  /** The final answer, whatever its status. Throws {@link NotifyError} without one, and the reason of an abort. */
  async send(call: NotifierRequest, route: Route, signal: AbortSignal): Promise<NotifierReply> {
    const { clock, random } = this.#options;
    let failure: NotifyError | undefined;
    for (let tries = 1; ; tries++) {
      const outcome = await this.#try(call, route, signal, failure);
      const last = call.once === true || tries === maxTries;
      if (!(outcome instanceof NotifyError)) {
        const after = retryAfterMs(outcome.status, outcome.header('retry-after'), clock.now());
        if (!isTransient(outcome.status, after) || last || (after ?? 0) > maxPatienceMs) return outcome;
        failure = this.refusal(outcome, route);
        await pause(clock, after ?? retryWaitMs(tries, random), signal, failure);
        continue;
      }
      if (outcome.permanent || last) throw outcome;
      failure = outcome;
      await pause(clock, retryWaitMs(tries, random), signal, failure);
    }
  }

  /** As {@link send}, and throws {@link NotifyError} with what the service says when the answer is no success. */
  async succeed(call: NotifierRequest, route: Route, signal: AbortSignal): Promise<NotifierReply> {
    const reply = await this.send(call, route, signal);
    if (reply.status >= 200 && reply.status <= 299) return reply;
    const { message, permanent, retryAfterMs: after } = this.refusal(reply, route);
    throw new NotifyError(`request failed: ${message}`, { permanent, retryAfterMs: after });
  }

  /** Why an answer is no success: its status, and the beginning of what the service says, without secrets. */
  refusal(reply: NotifierReply, { secrets }: Route): NotifyError {
    const { status } = reply;
    const said = excerpt(reply.body, secrets);
    const after = retryAfterMs(status, reply.header('retry-after'), this.#options.clock.now());
    return new NotifyError(`request failed with status code ${status}${said === '' ? '' : `: ${said}`}`, {
      permanent: !isTransient(status, after),
      retryAfterMs: after,
    });
  }

  /** An answer, or why there is none. Throws when `signal` ends it. */
  async #try(
    call: NotifierRequest,
    route: Route,
    signal: AbortSignal,
    before: NotifyError | undefined,
  ): Promise<NotifierReply | NotifyError> {
    try {
      return await this.#follow(call, route, signal);
    } catch (cause) {
      if (cause instanceof NotifyError) return cause;
      if (signal.aborted) throw ended(signal, before);
      const permanent = cause instanceof ProxyError || isInvalidArgument(cause);
      const text = redact(networkFailure(cause), route.secrets);
      const unanswered = mayHaveArrived(cause);
      return new NotifyError(`failed to execute request to ${hostOf(call.url)}: ${text}`, {
        permanent,
        unanswered,
        cause,
      });
    }
  }

  async #follow(call: NotifierRequest, route: Route, signal: AbortSignal): Promise<NotifierReply> {
    checkHeaders(call.headers);
    let url = call.url;
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      this.#check(url, route);
      const reply = await this.#once({ ...call, url }, route, signal);
      const target = redirectTarget(call.method, url, reply);
      if (target === undefined) return reply;
      url = target;
    }
    throw new NotifyError(`${hostOf(url)} redirects more than ${maxRedirects} times`, { permanent: true });
  }

  #check(url: string, { proxy }: Route): void {
    const { protocol, hostname } = parseUrl(url);
    if (protocol !== 'http:' && protocol !== 'https:') {
      throw new NotifyError(`unsupported protocol scheme "${protocol.slice(0, -1)}"`, { permanent: true });
    }
    const proxyHost = proxy !== undefined && URL.canParse(proxy.url) ? new URL(proxy.url).hostname : '';
    const refusal = this.#options.guard.refusal(hostname) ?? this.#options.guard.refusal(proxyHost);
    if (refusal !== undefined) throw new NotifyError(refusal, { permanent: true });
  }

  async #once(call: NotifierRequest, { tls, proxy }: Route, signal: AbortSignal): Promise<NotifierReply> {
    const { method, url, headers, body = null, whole = false } = call;
    const lease = this.#options.agents.acquire(tls, proxy);
    try {
      const { dispatcher } = lease;
      const sent = { 'user-agent': 'sluice-notification-controller', ...headers };
      const answer = await request(url, { method, headers: sent, body, signal, dispatcher });
      if (whole || answer.statusCode > 299) return replyOf(answer, await bounded(answer.body, whole));
      // The message was taken; how the rest of the answer comes does not matter.
      const limits = { limit: maxBeginningBytes, signal: AbortSignal.timeout(restTimeoutMs) };
      answer.body.dump(limits).catch(() => undefined);
      return replyOf(answer, '');
    } finally {
      lease.release();
    }
  }
}

/** The URL, or a NotifyError that does not quote it: addresses hold tokens. */
export function parseUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new NotifyError('the address is not a valid URL', { permanent: true });
}

/** Enough to find what is shown, and short enough to look for secrets in. */
const maxExcerptedLength = 8192;

/** The beginning of a remote text on one line, without secrets. */
export function excerpt(text: string, secrets: readonly string[]): string {
  return redact(text.slice(0, maxExcerptedLength), secrets)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 500);
}

function isTransient(status: number, afterMs: number | undefined): boolean {
  return status === 429 || (status >= 500 && status !== 501) || afterMs !== undefined;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the address';
}

/** Before anything is sent; a client that finds it out itself may have begun to connect. The value is not told. */
function checkHeaders(headers: NotifierRequest['headers'] = {}): void {
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (cause) {
      throw new NotifyError(`invalid header field value for ${JSON.stringify(name)}`, { permanent: true, cause });
    }
  }
}

function isInvalidArgument(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'UND_ERR_INVALID_ARG';
}

/** Whether a connection ended after the request may have gone out. */
function mayHaveArrived(error: unknown): boolean {
  return error instanceof Error && 'code' in error && endings.includes(error.code);
}

const endings: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

async function pause(clock: Clock, ms: number, signal: AbortSignal, before: NotifyError): Promise<void> {
  try {
    await sleep(clock, ms, signal);
  } catch {
    throw ended(signal, before);
  }
}

/** How a delivery ends that is cut off: at its deadline with what was wrong until then, else with the signal's reason. */
function ended(signal: AbortSignal, before: NotifyError | undefined): unknown {
  if (!isTimeout(signal.reason)) return signal.reason;
  const since = before === undefined ? '' : `, last failure: ${before.message}`;
  return new NotifyError(`failed to execute request: context deadline exceeded${since}`, {
    permanent: false,
    retryAfterMs: before?.retryAfterMs,
    unanswered: before === undefined,
    cause: signal.reason,
  });
}

function replyOf({ statusCode, headers }: Dispatcher.ResponseData, body: string): NotifierReply {
  return {
    status: statusCode,
    body,
    header(name) {
      const value = headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
  };
}

async function bounded(body: Dispatcher.ResponseData['body'], whole: boolean): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    chunks.push(chunk);
    if (!whole && size >= maxBeginningBytes) break;
    if (size > maxReplyBytes) {
      throw new NotifyError(`the answer is larger than ${maxReplyBytes} bytes`, { permanent: true });
    }
  }
  return Buffer.concat(chunks).toString('utf8');
}

import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import type { AddressPolicy } from '../net/http-agents.ts';
import { GitError } from './errors.ts';
import { contentTypeError, statusError } from './http-status.ts';
import { networkError } from './network-error.ts';
import { followRedirect } from './redirect.ts';
import { displayUrl, parseRemoteUrl } from './remote-url.ts';
import type { ProtocolVersion, Transport, TransportLocation } from './transport.ts';

interface HttpTransportOptions {
  readonly location: TransportLocation;
  /** With the client certificate, if there is one: for the repository's own origin. */
  readonly dispatcher: Dispatcher;
  /** Without it: for where a redirect to another origin leads. */
  readonly anonymousDispatcher: Dispatcher;
  /** The Authorization header; undefined for anonymous access. */
  readonly authorization: string | undefined;
  readonly signal: AbortSignal;
  /** Which hosts may be reached; all when it is undefined. */
  readonly addressPolicy?: AddressPolicy | undefined;
}

type Response = Dispatcher.ResponseData;

const maxRedirects = 10;
const maxErrorBodyBytes = 4096;
const maxDrainedBytes = 16 * 1024;
const service = 'git-upload-pack';
const discovery = `/info/refs?service=${service}`;
/** Servers tell Git from browsers by `git/` at the beginning. */
const userAgent = 'git/2.0 (sluice)';

/**
 * Git's smart HTTP (gitprotocol-http). Only the discovery follows redirects, at most ten, as Git and go-git do. A
 * redirect to another host or port takes credentials and client certificate away, also for the requests after it; one
 * from https to http is refused.
 */
export class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  readonly #open = new Set<Readable>();
  #base: URL;
  #sendsCredentials: boolean;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    this.#base = parseRemoteUrl(options.location.url);
    this.#sendsCredentials = options.location.sendsCredentials;
  }

  async advertise(): Promise<AsyncIterable<Uint8Array>> {
    let url = endpoint(this.#base, discovery);
    for (let redirects = 0; ; redirects++) {
      const response = await this.#request('Get', url, { 'git-protocol': 'version=2' });
      const location = isRedirect(response.statusCode) ? response.headers['location'] : undefined;
      if (typeof location !== 'string') {
        return this.#body('Get', url, response, `application/x-${service}-advertisement`);
      }
      discard(response.body);
      if (redirects >= maxRedirects) {
        throw new GitError('RedirectRefused', `more than ${maxRedirects} redirects`);
      }
      const { base, keepsCredentials } = followRedirect(url, location);
      this.#base = base;
      this.#sendsCredentials &&= keepsCredentials;
      url = endpoint(base, discovery);
    }
  }

  async call(request: string, version: ProtocolVersion): Promise<AsyncIterable<Uint8Array>> {
    const url = endpoint(this.#base, `/${service}`);
    const result = `application/x-${service}-result`;
    const headers = {
      'content-type': `application/x-${service}-request`,
      accept: result,
      ...(version === 2 ? { 'git-protocol': 'version=2' } : {}),
    };
    const response = await this.#request('Post', url, headers, request);
    if (isRedirect(response.statusCode)) {
      discard(response.body);
      throw new GitError('RedirectRefused', 'the server redirects after discovery');
    }
    return this.#body('Post', url, response, result);
  }

  location(): TransportLocation {
    return { url: this.#base.href, sendsCredentials: this.#sendsCredentials };
  }

  close(): Promise<void> {
    for (const body of this.#open) {
      discard(body);
    }
    this.#open.clear();
    return Promise.resolve();
  }

  async #request(
    method: 'Get' | 'Post',
    url: URL,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Response> {
    const { signal, authorization, addressPolicy } = this.#options;
    if (addressPolicy?.allows(url.hostname) === false) {
      throw new GitError('InvalidURL', `the host '${url.hostname}' may not be reached from here`);
    }
    const dispatcher = this.#sendsCredentials ? this.#options.dispatcher : this.#options.anonymousDispatcher;
    const secret = this.#sendsCredentials && authorization !== undefined ? { authorization } : {};
    try {
      return await dispatcher.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: method === 'Get' ? 'GET' : 'POST',
        headers: { accept: '*/*', 'user-agent': userAgent, ...headers, ...secret },
        body: body ?? null,
        signal,
      });
    } catch (error) {
      throw networkError(error, { method, url: displayUrl(url.href), signal });
    }
  }

  async #body(
    method: 'Get' | 'Post',
    url: URL,
    response: Response,
    expectedType: string,
  ): Promise<AsyncIterable<Uint8Array>> {
    const contentType = String(response.headers['content-type'] ?? '');
    const attempt = { method, url: displayUrl(url.href), signal: this.#options.signal };
    const stream = decoded(response);
    this.#open.add(stream);
    if (response.statusCode !== 200) {
      const body = await beginning(stream);
      const withheld = this.#options.authorization !== undefined && !this.#sendsCredentials;
      throw statusError({ status: response.statusCode, contentType, body }, attempt.url, withheld);
    }
    if (contentType.split(';', 1)[0]?.trim().toLowerCase() !== expectedType) {
      discard(stream);
      throw contentTypeError(contentType, expectedType);
    }
    return chunks(stream, attempt, () => this.#open.delete(stream));
  }
}

function endpoint(base: URL, suffix: string): URL {
  return new URL(`${base.origin}${base.pathname.replace(/\/+$/, '')}${suffix}`);
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** The body without a content encoding, which is not asked for but may come from a proxy. */
function decoded(response: Response): Readable {
  const encoding = String(response.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity') {
    return response.body;
  }
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    discard(response.body);
    throw new GitError(
      'ProtocolError',
      `the server answered with content encoding '${encoding}', expected none or gzip`,
    );
  }
  // The reader of the gunzip stream sees every error: pipeline passes those of the body on.
  return pipeline(response.body, createGunzip(), () => undefined);
}

async function* chunks(
  stream: Readable,
  attempt: Parameters<typeof networkError>[1],
  done: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) {
      yield chunk;
    }
  } catch (error) {
    throw networkError(error, attempt);
  } finally {
    drain(stream, done);
  }
}

/**
 * Lets the end of an answer, which nobody reads on, come in, so that its connection can be used again; one that sends
 * more than a little is closed.
 */
function drain(stream: Readable, done: () => void): void {
  let left = maxDrainedBytes;
  stream.on('close', done);
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Uint8Array) => {
    left -= chunk.byteLength;
    if (left < 0) {
      stream.destroy();
    }
  });
}

/** The first 4 KiB of an error's body, as text; whatever happens on the way is not worth telling. */
async function beginning(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      parts.push(chunk);
      length += chunk.length;
      if (length >= maxErrorBodyBytes) {
        break;
      }
    }
  } catch {
    // The status tells enough.
  }
  discard(stream);
  return Buffer.concat(parts).toString('utf8', 0, maxErrorBodyBytes);
}

/** Ends a stream that nobody reads on; its late errors are nobody's. */
function discard(stream: Readable): void {
  stream.on('error', () => undefined);
  stream.destroy();
}

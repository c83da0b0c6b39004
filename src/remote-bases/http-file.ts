import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { isAllowedHost } from '../artifact/fetch-policy.ts';
import type { RemoteFile } from '../engines/kustomize/remote/remote-source.ts';
import { authFromUrl, authorization } from '../git/http-credentials.ts';
import { errorMessage } from '../lib/errors.ts';
import { redact } from '../lib/redact.ts';

export interface HttpFileOptions {
  readonly dispatcher: Dispatcher;
  readonly maxBytes: number;
  /** Carries the deadline. */
  readonly signal: AbortSignal;
}

const maxRedirects = 10;
const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * Reads a file as Go's http.Get does: at most ten redirects, credentials in the address as basic authentication. They go
 * to the address's own origin only, and TLS is not left again. Throws an Error that holds no credentials.
 */
export async function readHttpFile(address: string, options: HttpFileOptions): Promise<RemoteFile> {
  const shown = redact(address);
  try {
    return await follow(new URL(address), options);
  } catch (error) {
    options.signal.throwIfAborted();
    throw new Error(`Get "${shown}": ${redact(errorMessage(error))}`, { cause: error });
  }
}

async function follow(start: URL, options: HttpFileOptions): Promise<RemoteFile> {
  const secret = authorization(authFromUrl(start));
  let url = start;
  for (let hops = 0; ; hops++) {
    if (!isAllowedHost(url.hostname)) throw new Error(`the host '${url.hostname}' may not be reached from here`);
    const headers = secret !== undefined && url.origin === start.origin ? { authorization: secret } : {};
    const { statusCode, headers: answered, body } = await request(url, headers, options);
    const location = redirects.has(statusCode) ? answered['location'] : undefined;
    if (typeof location === 'string') {
      discard(body);
      if (hops >= maxRedirects) throw new Error(`stopped after ${maxRedirects} redirects`);
      url = redirected(url, location);
      continue;
    }
    if (statusCode < 200 || statusCode > 299) {
      discard(body);
      return { status: statusCode };
    }
    return { bytes: await readBody(body, String(answered['content-encoding'] ?? 'identity'), options.maxBytes) };
  }
}

function request(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { dispatcher, signal }: HttpFileOptions,
): Promise<Dispatcher.ResponseData> {
  return dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: 'GET',
    headers: { accept: '*/*', 'user-agent': 'sluice', ...headers },
    signal,
  });
}

function redirected(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) throw new Error('the server redirects to what is no URL');
  const url = new URL(location, from);
  if (url.protocol !== 'https:' && url.protocol !== from.protocol) {
    throw new Error(`the server redirects from ${from.protocol.slice(0, -1)} to ${url.protocol.slice(0, -1)}`);
  }
  return url;
}

async function readBody(body: Readable, encoding: string, maxBytes: number): Promise<Uint8Array> {
  const stream = decoded(body, encoding.toLowerCase());
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      length += chunk.byteLength;
      if (length > maxBytes) throw new Error(`the file has more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } finally {
    discard(body);
  }
  return Buffer.concat(chunks);
}

/** Without a content encoding, which is not asked for but may come from a proxy. */
function decoded(body: Readable, encoding: string): Readable {
  if (encoding === 'identity' || encoding === '') return body;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') throw new Error(`the server answers with encoding '${encoding}'`);
  const gunzip = createGunzip();
  body.on('error', (error) => gunzip.destroy(error));
  return body.pipe(gunzip);
}

/** Ends a stream that nobody reads on; its late errors are nobody's. */
function discard(stream: Readable): void {
  stream.on('error', () => undefined);
  stream.destroy();
}

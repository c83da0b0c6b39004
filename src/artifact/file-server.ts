import { type FileHandle, open, realpath } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isInside } from '../lib/secure-path.ts';
import { isPlainPath } from './archive.ts';
import { digestStream } from './digest.ts';
import { type ByteRange, parseRange } from './range.ts';
import { splitHostPort } from './storage.ts';

export interface FileServerOptions {
  /** The directory served: the storage's root. */
  readonly root: string;
  /** `host:port`; an empty host listens on all addresses (`--storage-addr`). */
  readonly addr: string;
  readonly maxConnections?: number;
}

/** How many files' digests are remembered for their ETags. */
const maxEtags = 4096;

/**
 * Serves artifacts by GET and HEAD: conditional and range requests, no listings, nothing outside the root or below a
 * name that begins with a dot. The ETag is the file's digest. There is no authentication: what is served is meant for
 * everybody who reaches it, and a NetworkPolicy decides who does.
 */
export class FileServer {
  readonly #options: FileServerOptions;
  readonly #server: Server;
  readonly #etags = new Map<string, string>();

  constructor(options: FileServerOptions) {
    this.#options = options;
    this.#server = createServer(
      { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 },
      (request, response) => {
        // Also a client that stops reading is let go.
        response.setTimeout(60_000, () => response.destroy());
        this.#serve(request, response).catch(() => fail(response));
      },
    );
    this.#server.maxConnections = options.maxConnections ?? 2048;
  }

  /** Listens; rejects when the address is taken. */
  async listen(): Promise<AddressInfo> {
    const { host, port } = splitHostPort(this.#options.addr);
    const listening = Promise.withResolvers<void>();
    this.#server.once('error', listening.reject);
    this.#server.listen({ port, ...(host === '' ? {} : { host }) }, listening.resolve);
    await listening.promise;
    this.#server.off('error', listening.reject);
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the file server has no address');
    return address;
  }

  /** Takes no more connections; requests under way get five seconds to end. */
  async close(): Promise<void> {
    const closed = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.#server.closeAllConnections(), 5_000);
    this.#server.close(() => closed.resolve());
    this.#server.closeIdleConnections();
    await closed.promise;
    clearTimeout(timer);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return answer(response, 405, 'method not allowed');
    }
    const path = requestedPath(request.url ?? '');
    const file = path === undefined ? undefined : await openInside(this.#options.root, path);
    if (file === undefined) return answer(response, 404, 'not found');
    try {
      await this.#send(file, request, response);
    } finally {
      await file.handle.close();
    }
  }

  async #send(file: OpenFile, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const etag = await this.#etag(file);
    const lastModified = new Date(Math.floor(file.mtimeMs / 1000) * 1000);
    response.setHeader('ETag', etag);
    response.setHeader('Last-Modified', lastModified.toUTCString());
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (isNotModified(request, etag, lastModified)) {
      response.writeHead(304).end();
      return;
    }
    const range = usableRange(request, etag, lastModified) ? parseRange(request.headers.range, file.size) : undefined;
    if (range === 'unsatisfiable') {
      response.setHeader('Content-Range', `bytes */${file.size}`);
      return answer(response, 416, 'range not satisfiable');
    }
    const sent: ByteRange = range ?? { start: 0, end: file.size - 1 };
    if (range !== undefined) response.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${file.size}`);
    response.setHeader('Content-Length', sent.end - sent.start + 1);
    response.setHeader('Content-Type', file.path.endsWith('.gz') ? 'application/gzip' : 'application/octet-stream');
    response.writeHead(range === undefined ? 200 : 206);
    if (request.method === 'HEAD' || file.size === 0) response.end();
    else await pipeline(file.handle.createReadStream({ ...sent, autoClose: false }), response);
  }

  async #etag(file: OpenFile): Promise<string> {
    const key = `${file.path}\u0000${file.inode}\u0000${file.size}\u0000${file.mtimeMs}`;
    const known = this.#etags.get(key);
    if (known !== undefined) return known;
    const etag = `"${await digestStream(file.handle.createReadStream({ start: 0, autoClose: false }), 'sha256')}"`;
    const oldest = this.#etags.keys().next();
    if (this.#etags.size >= maxEtags && oldest.done !== true) this.#etags.delete(oldest.value);
    this.#etags.set(key, etag);
    return etag;
  }
}

interface OpenFile {
  readonly handle: FileHandle;
  /** Absolute, symlinks resolved. */
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly inode: number;
}

/** The path that the request's target names below the root, or undefined when no file can have it. */
function requestedPath(target: string): string | undefined {
  const raw = target.split('?', 1)[0] ?? '';
  if (!raw.startsWith('/')) return undefined;
  try {
    const path = decodeURIComponent(raw.slice(1));
    const isHidden = path.split('/').some((segment) => segment.startsWith('.'));
    return isPlainPath(path) && !isHidden && !path.includes('\\') ? path : undefined;
  } catch {
    return undefined;
  }
}

async function openInside(root: string, path: string): Promise<OpenFile | undefined> {
  try {
    const realRoot = await realpath(root);
    const real = await realpath(join(realRoot, path));
    if (!isInside(realRoot, real)) return undefined;
    const handle = await open(real, 'r');
    const stats = await handle.stat();
    if (stats.isFile()) return { handle, path: real, size: stats.size, mtimeMs: stats.mtimeMs, inode: stats.ino };
    await handle.close();
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ELOOP' || code === 'EISDIR')
      return undefined;
    throw error;
  }
}

function isNotModified(request: IncomingMessage, etag: string, lastModified: Date): boolean {
  const wanted = request.headers['if-none-match'];
  if (wanted !== undefined) {
    return wanted.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
  }
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  return lastModified.getTime() <= since;
}

/** Whether the client's copy of the first part is of this very file (If-Range). */
function usableRange(request: IncomingMessage, etag: string, lastModified: Date): boolean {
  const condition = request.headers['if-range'];
  if (typeof condition !== 'string') return true;
  return condition.startsWith('"') ? condition === etag : Date.parse(condition) === lastModified.getTime();
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': text.length + 1 });
  response.end(response.req.method === 'HEAD' ? undefined : `${text}\n`);
}

/** The client is gone, or the file cannot be read: nothing more can be said once the headers are out. */
function fail(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else answer(response, 500, 'internal error');
}

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FatalError } from './controller.ts';

/** What a path answers. */
export interface Answer {
  readonly status: number;
  readonly contentType?: string;
  readonly body: string;
}

/** What paths answer, by path. */
export type Routes = Readonly<Record<string, () => Answer | Promise<Answer>>>;

/** A server that listens. */
export interface RunningServer {
  /** Where it can be reached, for example `127.0.0.1:8080`. */
  readonly address: string;
  /** Takes no more requests; those that are being answered may go on for `graceMs`, which is 0 by default. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Serves GET and HEAD of the given paths at a Go listen address (`:8080`, `127.0.0.1:0`); other paths are 404.
 * `0` and an empty address mean no server. Throws {@link FatalError} when the address cannot be listened at.
 */
export async function serveHttp(address: string, what: string, routes: Routes): Promise<RunningServer | undefined> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 30_000 });
  server.on('request', (request, response) => {
    request.resume();
    Promise.resolve()
      .then(() => answer(routes, request))
      .catch((error: unknown): Answer => ({ status: 500, body: `${String(error)}\n` }))
      .then(({ status, body, contentType = 'text/plain; charset=utf-8' }) => {
        response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
        response.end(request.method === 'HEAD' ? undefined : body);
      })
      .catch(() => response.destroy());
  });
  return listenAt(server, address, what);
}

/**
 * Lets `server` listen at a Go listen address (`:8080`, `127.0.0.1:0`); `0` and an empty address mean not at all.
 * Throws {@link FatalError} when the address cannot be listened at.
 */
export async function listenAt(server: Server, address: string, what: string): Promise<RunningServer | undefined> {
  const at = listenAddress(address, what);
  if (at === undefined) return undefined;
  await listening(server, at, what, address);
  const { address: host, port } = server.address() as AddressInfo;
  return {
    address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    close: (graceMs) => closed(server, graceMs),
  };
}

function answer(routes: Routes, { method, url = '/' }: IncomingMessage): Answer | Promise<Answer> {
  const [path = '/'] = url.split('?');
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) return { status: 404, body: '404 page not found\n' };
  return method === 'GET' || method === 'HEAD' ? route() : { status: 405, body: 'Method Not Allowed\n' };
}

/** A Go listen address; undefined for none. Throws {@link FatalError}. */
function listenAddress(address: string, what: string): { host?: string; port: number } | undefined {
  if (address === '' || address === '0') return undefined;
  const match = /^(?:\[(?<six>[^\]]*)\]|(?<host>[^:]*)):(?<port>\d{1,5})$/.exec(address);
  const { six, host = six, port } = match?.groups ?? {};
  if (port === undefined || Number(port) > 65_535) {
    throw new FatalError(`the ${what} address ${JSON.stringify(address)} is none: expected [host]:port`);
  }
  return host === undefined || host === '' ? { port: Number(port) } : { host, port: Number(port) };
}

function listening(server: Server, at: { host?: string; port: number }, what: string, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new FatalError(`the ${what} server cannot listen at ${address}: ${error.message}`, { cause: error }));
    });
    server.listen(at, resolve);
  });
}

function closed(server: Server, graceMs = 0): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    if (graceMs === 0) server.closeAllConnections();
    else server.closeIdleConnections();
  });
}

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { packChart } from '../../src/artifact/chart-archive.ts';
import { emitYaml } from '../../src/yaml/emit.ts';
import type { KeyPair } from './certificates.ts';

/** A chart to be packed. */
export interface TestChart {
  readonly name: string;
  readonly version: string;
  /** More of Chart.yaml. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** By path. A values.yaml is made when there is none. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** What goes wrong; `on` is everything unless it is named. */
export type ChartFault = { readonly on?: 'index' | 'chart' } & (
  | { readonly type: 'status'; readonly status: number }
  /** Every request leads to the same path below another address. */
  | { readonly type: 'redirect'; readonly to: string; readonly status?: number }
  /** No answer, ever. */
  | { readonly type: 'hang' }
  /** The connection ends after so many bytes of the body. */
  | { readonly type: 'truncate'; readonly bytes: number }
  /** A kilobyte at a time, with a pause after each. */
  | { readonly type: 'slow'; readonly pauseMs: number }
);

/** One request as it came. */
export interface ChartRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** How it was answered; 0 when it was not. */
  status: number;
}

export interface ChartRepositoryOptions {
  /** Serve HTTPS with this certificate. */
  readonly tls?: KeyPair;
  /** PEM of the authority whose certificates clients must show; only with `tls`. */
  readonly clientCa?: string;
}

interface Packed {
  readonly chart: TestChart;
  readonly bytes: Uint8Array;
  readonly created: string;
}

/** A chart repository on loopback: an index with ETags, and the packed charts beside it. */
export class ChartRepository {
  /** Newest last. */
  readonly requests: ChartRequest[] = [];
  /** Base URL, without a slash at its end. */
  readonly url: string;
  /** Who may read; everybody when absent. */
  access: { readonly username: string; readonly password: string } | undefined;
  fault: ChartFault | undefined;
  /** The index when it is not to be that of the charts. */
  index: string | Uint8Array | undefined;
  /** The index at a path; {@link index}, or that of the charts, when it gives nothing. */
  indexFor: (path: string) => Uint8Array | undefined = () => undefined;
  /** Whether the index is served with an ETag, and a condition on it is understood. */
  etags = true;
  /** What the index says of a chart in place of its digest. */
  digest: string | undefined;
  /** How the index names the archive of a chart: a URL, or a path relative to the repository. */
  chartUrl: (chart: TestChart) => string = ({ name, version }) => `${name}-${version}.tgz`;
  readonly #server: Server;
  readonly #charts = new Map<string, Packed>();

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async start({ tls, clientCa }: ChartRepositoryOptions = {}): Promise<ChartRepository> {
    const server =
      tls === undefined
        ? createHttpServer()
        : createHttpsServer({
            cert: tls.certificate,
            key: tls.key,
            ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
          });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new ChartRepository(server, `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`);
  }

  /** Packs charts, and takes them into the index. */
  add(...charts: readonly TestChart[]): void {
    for (const chart of charts) {
      const created = new Date(Date.UTC(2026, 0, 1) + this.#charts.size * 1000).toISOString();
      this.#charts.set(fileName(chart), { chart, bytes: packedChart(chart), created });
    }
  }

  /** Takes a chart out of the index, and its archive away. */
  remove(chart: Pick<TestChart, 'name' | 'version'>): void {
    this.#charts.delete(fileName(chart));
  }

  /** Serves these bytes for a chart in place of its archive. */
  replace(chart: Pick<TestChart, 'name' | 'version'>, bytes: Uint8Array): void {
    const packed = this.#charts.get(fileName(chart));
    if (packed !== undefined) this.#charts.set(fileName(chart), { ...packed, bytes });
  }

  /** The index of the charts, as `helm repo index` writes it. */
  indexOfCharts(): string {
    const entries = new Map<string, unknown[]>();
    for (const { chart, bytes, created } of this.#charts.values()) {
      const { name, version, meta } = chart;
      const digest = this.digest ?? createHash('sha256').update(bytes).digest('hex');
      const urls = [this.chartUrl(chart)];
      const versions = entries.getOrInsertComputed(name, () => []);
      versions.push({ apiVersion: 'v2', ...meta, name, version, created, digest, urls });
    }
    return emitYaml({ apiVersion: 'v1', generated: '2026-01-01T00:00:00Z', entries: Object.fromEntries(entries) });
  }

  /** How often a path was asked for. */
  count(path: string): number {
    return this.requests.filter((request) => request.path === path).length;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const { authorization, 'if-none-match': ifNoneMatch } = request.headers;
    const seen: ChartRequest = { path, authorization, ifNoneMatch, status: 0 };
    this.requests.push(seen);
    response.on('finish', () => {
      seen.status = response.statusCode;
    });
    const isIndex = path.endsWith('/index.yaml');
    const fault =
      this.fault?.on === undefined || this.fault.on === (isIndex ? 'index' : 'chart') ? this.fault : undefined;
    if (fault?.type === 'hang') return;
    if (fault?.type === 'status') return end(response, fault.status, 'as the test wants it\n');
    if (fault?.type === 'redirect')
      return void response.writeHead(fault.status ?? 302, { location: `${fault.to}${path}` }).end();
    if (!this.#admits(authorization)) {
      response.setHeader('www-authenticate', 'Basic realm="charts"');
      return end(response, 401, 'who are you?\n');
    }
    const body = isIndex
      ? Buffer.from(this.indexFor(path) ?? this.index ?? this.indexOfCharts())
      : this.#charts.get(path.slice(1))?.bytes;
    if (body === undefined) return end(response, 404, 'there is no such chart\n');
    if (isIndex && this.etags) {
      const etag = `"${createHash('sha256').update(body).digest('hex')}"`;
      response.setHeader('etag', etag);
      if (ifNoneMatch === etag) return void response.writeHead(304).end();
    }
    await send(response, body, fault);
  }

  #admits(authorization: string | undefined): boolean {
    if (this.access === undefined) return true;
    const { username, password } = this.access;
    return authorization === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }
}

/** The archive of a chart. */
export function packedChart({ name, version, meta, files = {} }: TestChart): Uint8Array {
  const chartYaml = emitYaml({ apiVersion: 'v2', ...meta, name, version });
  const all = { 'Chart.yaml': chartYaml, 'values.yaml': '', ...files };
  return packChart(
    name,
    Object.entries(all).map(([path, content]) => ({ name: path, data: Buffer.from(content) })),
  );
}

function fileName({ name, version }: Pick<TestChart, 'name' | 'version'>): string {
  return `${name}-${version}.tgz`;
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}

async function send(response: ServerResponse, body: Uint8Array, fault: ChartFault | undefined): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length });
  if (fault?.type === 'truncate') {
    response.write(body.subarray(0, fault.bytes), () => response.destroy());
    return;
  }
  if (fault?.type !== 'slow') return void response.end(body);
  for (let at = 0; at < body.length && !response.destroyed; at += 1024) {
    response.write(body.subarray(at, at + 1024));
    await setTimeout(fault.pauseMs, undefined, { ref: false });
  }
  response.end();
}

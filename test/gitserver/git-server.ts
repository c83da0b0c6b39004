import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyPair } from '../support/certificates.ts';
import { ProcessGroup } from '../support/process-group.ts';
import { runBackend } from './backend.ts';
import { bodyFault, type Fault, failRequest, type GitService } from './faults.ts';
import { type Access, Repository } from './repository.ts';
import { refsOf, tellOfPush, type Webhook } from './webhook.ts';

export interface GitServerOptions {
  /** Loopback port; a free one when absent. */
  readonly port?: number;
  /** Serve HTTPS with this certificate. */
  readonly tls?: KeyPair;
  /** PEM of the authority whose certificates clients must show; only with `tls`. */
  readonly clientCa?: string;
}

/** One request as it came, kept so that tests can see what clients do. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Name of the repository asked for, which need not exist; empty when the path is not one of Git's. */
  readonly repository: string;
  readonly service: GitService | 'other';
  readonly authorization: string | undefined;
  readonly gitProtocol: string | undefined;
}

const keptRequests = 10_000;

/** `/NAME.git/SERVICE`; a client may leave `.git` out. */
const requestPath = /^\/(.+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack|HEAD|objects\/.*)$/;

/** A real Git server on loopback: smart HTTP, versions 0 to 2, clone, fetch and push, by git's own http-backend. */
export class GitServer {
  /** Newest last, at most 10,000. */
  readonly requests: RecordedRequest[] = [];
  /** Base URL, without a slash at its end. */
  readonly url: string;
  readonly #root: string;
  readonly #server: Server;
  readonly #cleanup: ProcessGroup;
  readonly #repositories = new Map<string, Repository>();

  private constructor(server: Server, url: string, root: string, cleanup: ProcessGroup) {
    this.#server = server;
    this.url = url;
    this.#root = root;
    this.#cleanup = cleanup;
    server.on('request', (request, response) => this.#answer(request, response));
  }

  static async start(options: GitServerOptions = {}): Promise<GitServer> {
    const { tls, clientCa } = options;
    const server =
      tls === undefined
        ? createHttpServer()
        : createHttpsServer({
            cert: tls.certificate,
            key: tls.key,
            ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
          });
    server.requestTimeout = 0; // a push may take its time, and hanging is on the programme
    server.listen(options.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const root = await mkdtemp(join(tmpdir(), 'sluice-git-'));
    const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
    return new GitServer(server, url, root, new ProcessGroup([root]));
  }

  /**
   * Makes an empty repository and serves it as `NAME.git`.
   *
   * @param name may contain slashes: `fleet/apps`.
   */
  async create(name: string, options: { readonly access?: Access } = {}): Promise<Repository> {
    if (this.#repositories.has(name)) throw new Error(`there is a repository ${name} already`);
    const repository = new Repository(join(this.#root, `${name}.git`), `${this.url}/${name}.git`, options.access);
    await repository.init();
    this.#repositories.set(name, repository);
    return repository;
  }

  /** Closes all connections and removes the repositories. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    await this.#cleanup.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '/';
    const [rawPath = '', query = ''] = url.split(/\?(.*)/s);
    const [, name = '', rest = ''] = requestPath.exec(decodePath(rawPath)) ?? [];
    const service = rest === 'info/refs' || rest === 'git-upload-pack' || rest === 'git-receive-pack' ? rest : 'other';
    this.#record(request, url, name, service);
    const repository = this.#repositories.get(name);
    if (repository === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('repository not found\n');
      return;
    }
    const fault = hits(repository.fault, service) ? repository.fault : undefined;
    if (fault !== undefined && failRequest(fault, url, response)) return;
    const { access } = repository;
    if (access !== undefined && !admits(access, request.headers.authorization)) {
      const scheme = 'bearer' in access ? 'Bearer' : 'Basic';
      response.writeHead(401, { 'www-authenticate': `${scheme} realm="git"` }).end('authentication required\n');
      return;
    }
    const through = bodyFault(fault, response);
    const run = (): void =>
      runBackend(request, response, { root: this.#root, path: `/${name}.git/${rest}`, query, user: 'client', through });
    if (service === 'git-receive-pack' && repository.webhook !== undefined) {
      telling(repository, repository.webhook, response, run).catch((error: unknown) =>
        response.destroy(error as Error),
      );
    } else {
      run();
    }
  }

  #record(request: IncomingMessage, url: string, repository: string, service: GitService | 'other'): void {
    const { authorization } = request.headers;
    const gitProtocol = request.headers['git-protocol']?.toString();
    this.requests.push({ method: request.method ?? '', url, repository, service, authorization, gitProtocol });
    if (this.requests.length > keptRequests) this.requests.shift();
  }
}

/** Takes a push, and tells the webhook what it has moved. */
async function telling(
  { dir, url }: Repository,
  webhook: () => Promise<Webhook | undefined>,
  response: ServerResponse,
  run: () => void,
): Promise<void> {
  const before = await refsOf(dir);
  const closed = once(response, 'close');
  run();
  await closed;
  const whom = await webhook();
  if (whom !== undefined) await tellOfPush(whom, url, before, await refsOf(dir));
}

function hits(fault: Fault | undefined, service: GitService | 'other'): boolean {
  return fault !== undefined && (fault.only === undefined || fault.only === service);
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}

function admits(access: Access, authorization = ''): boolean {
  const wanted =
    'bearer' in access
      ? `Bearer ${access.bearer}`
      : `Basic ${Buffer.from(`${access.username}:${access.password}`).toString('base64')}`;
  const given = Buffer.from(authorization);
  return given.length === Buffer.byteLength(wanted) && timingSafeEqual(given, Buffer.from(wanted));
}

import { execFileSync, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A request as a test looks at it afterwards. */
export interface SeenRequest {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** What a test puts in front of git: true when it has answered. */
export type Intercept = (request: IncomingMessage, response: ServerResponse, body: Buffer) => boolean;

/** `git http-backend` behind Node's HTTP server, with what was asked on record. */
export class GitHttpServer {
  readonly seen: SeenRequest[] = [];
  intercept: Intercept | undefined;
  /** Bytes of git's answers that are sent on; more is cut off. */
  cutAnswersAt: number | undefined;
  /** Turns protocol version 2 off, as old servers do. */
  legacy = false;
  readonly #root: string;
  readonly #server: Server;
  readonly #backend: string;

  constructor(root: string, create: (listener: RequestListener) => Server = (listener) => createServer(listener)) {
    this.#root = root;
    this.#backend = `${execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim()}/git-http-backend`;
    this.#server = create((request, response) => {
      this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(repository: string): string {
    return `http://127.0.0.1:${this.port}/${repository}/.git`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) {
      parts.push(part);
    }
    const raw = Buffer.concat(parts);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    this.seen.push({
      line: `${request.method} ${request.url}`,
      authorization: request.headers.authorization,
      body: body.toString('latin1'),
    });
    if (this.intercept?.(request, response, body) !== true) {
      await this.#backendAnswer(request, response, body);
    }
  }

  async #backendAnswer(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const protocol = this.legacy ? undefined : request.headers['git-protocol'];
    const child = spawn(this.#backend, {
      env: {
        PATH: process.env['PATH'],
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_PROJECT_ROOT: this.#root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: decodeURIComponent(path),
        QUERY_STRING: query,
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        CONTENT_LENGTH: String(body.length),
        ...(typeof protocol === 'string' ? { GIT_PROTOCOL: protocol } : {}),
      },
    });
    child.stdin.on('error', () => undefined).end(body);
    child.stderr.resume();
    const output: Buffer[] = [];
    for await (const part of child.stdout) {
      output.push(part);
    }
    this.#reply(response, Buffer.concat(output));
  }

  #reply(response: ServerResponse, output: Buffer): void {
    const end = output.indexOf('\r\n\r\n');
    let status = 200;
    for (const line of output.toString('latin1', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(/: (.*)/s);
      if (name.toLowerCase() === 'status') {
        status = Number.parseInt(value, 10);
      } else if (name !== '') {
        response.setHeader(name, value);
      }
    }
    const content = output.subarray(end + 4);
    response.writeHead(status);
    response.end(content.subarray(0, this.cutAnswersAt ?? content.length));
  }
}

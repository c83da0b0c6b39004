import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudEnvironment } from '../../src/auth/environment.ts';
import { type AuthHttp, type HttpCall, HttpCaller, type HttpReply } from '../../src/auth/http.ts';

/** A request that a cloud got. */
export interface CloudRequest {
  readonly method: string;
  /** As it was asked for: the cloud's own host. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body of a form. */
  readonly form: Readonly<Record<string, string>>;
}

export interface CloudAnswer {
  readonly status?: number;
  /** Text as it is, anything else as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

type Handler = (request: CloudRequest) => CloudAnswer;

/**
 * Stands for the APIs of clouds, over real HTTP on loopback: what is asked of `https://sts.us-east-1.amazonaws.com/` by
 * {@link http} comes here, and is answered by the handler of that host and path. What nobody handles is an error.
 */
export class CloudServer {
  readonly requests: CloudRequest[] = [];
  /** How far each call might reach, in the order of the requests. */
  readonly reaches: HttpCall['reach'][] = [];
  readonly #handlers = new Map<string, Handler>();
  readonly #server: Server;
  readonly #caller = new HttpCaller();

  private constructor() {
    this.#server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const { 'x-asked': asked = '', host: _host, ...headers } = incoming.headers as Record<string, string>;
        const body = Buffer.concat(chunks).toString('utf8');
        const url = new URL(asked);
        const form = Object.fromEntries(new URLSearchParams(body));
        const request = { method: incoming.method ?? '', url, headers, body, form };
        this.requests.push(request);
        const answer = this.#answer(request);
        outgoing.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
        outgoing.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
      });
    });
  }

  static async start(): Promise<CloudServer> {
    const server = new CloudServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  /** Answers `method URL`, without the query. */
  on(endpoint: string, handler: Handler | CloudAnswer): void {
    this.#handlers.set(endpoint, typeof handler === 'function' ? handler : () => handler);
  }

  /** Calls of production code, with this server in the place of all hosts. */
  readonly http: AuthHttp = {
    call: async (call: HttpCall): Promise<HttpReply> => {
      this.reaches.push(call.reach);
      const { port } = this.#server.address() as AddressInfo;
      const { pathname, search } = new URL(call.url);
      const url = `http://127.0.0.1:${port}${pathname}${search}`;
      return this.#caller.call({ ...call, url, reach: 'fixed', headers: { ...call.headers, 'x-asked': call.url } });
    },
  };

  async stop(): Promise<void> {
    await this.#caller.close();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(request: CloudRequest): CloudAnswer {
    const { method, url } = request;
    const handler = this.#handlers.get(`${method} ${url.origin}${url.pathname}`);
    return handler?.(request) ?? { status: 404, body: { error: `nobody handles ${method} ${url.href}` } };
  }
}

/** An environment with these variables and files. */
export function cloudEnvironment(
  variables: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): CloudEnvironment {
  return {
    variables,
    read: async (path) => {
      const text = files[path];
      if (text === undefined) throw new Error(`no file ${path}`);
      return text;
    },
  };
}

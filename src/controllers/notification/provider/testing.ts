import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Agent } from 'undici';
import type { HttpAgents } from '../../../net/http-agents.ts';

/** What a test server answers a request that begins with `request` (`POST /path`); the first that fits is taken. */
export interface Answer {
  readonly request: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text, or a value to send as JSON. */
  readonly body?: unknown;
}

/** A request as a test server saw it. */
export interface SeenRequest {
  readonly method: string;
  /** Absent when it was addressed to the test server itself. */
  readonly host?: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of JSON the value; of what is no text `base64:` and its bytes. */
  readonly body?: unknown;
}

/** Headers that say how a client works rather than what it wants. */
const noise: readonly string[] = [
  'host',
  'user-agent',
  'content-length',
  'accept-encoding',
  'connection',
  'transfer-encoding',
  // Azure DevOps: a random id of the client.
  'x-tfs-session',
];

/** A server that stands for all services, whatever their hosts: it notes requests and answers as told. */
export class CaptureServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #agent: Agent;
  #answers: readonly Answer[] = [];
  #seen: SeenRequest[] = [];
  #proxies: (string | undefined)[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      read(request).then((body) => {
        const seen = seenRequest(request, body, this.address);
        this.#seen.push(seen);
        const answer = this.#answers.find(({ request: begins }) => `${seen.method} ${seen.path}`.startsWith(begins));
        response.writeHead(answer?.status ?? 200, { 'content-type': 'application/json', ...answer?.headers });
        const text = answer?.body ?? {};
        response.end(typeof text === 'string' ? text : JSON.stringify(text));
      }, response.destroy.bind(response));
    });
    // Every host leads here, and https is spoken in clear.
    this.#agent = new Agent({
      // As for the real ones: with HTTP/2, undici 8.12 waits for ever at an origin whose first request it refused.
      allowH2: false,
      connect: (_options, callback) => {
        const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
        socket.once('connect', () => callback(null, socket));
        socket.once('error', (error) => callback(error, null));
      },
    });
  }

  static async start(): Promise<CaptureServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new CaptureServer(server);
  }

  /** `127.0.0.1:port`. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** In place of the connections of the real client. */
  get agents(): Pick<HttpAgents, 'acquire'> {
    return {
      acquire: (_tls, proxy) => {
        this.#proxies.push(proxy?.url);
        return { dispatcher: this.#agent, release: () => undefined };
      },
    };
  }

  /** Forgets what it saw, and answers as told from now on; `{}` to all else. */
  expect(answers: readonly Answer[]): void {
    this.#answers = answers;
    this.#seen = [];
    this.#proxies = [];
  }

  get seen(): readonly SeenRequest[] {
    return this.#seen;
  }

  /** By which proxy each request was to go. */
  get proxies(): readonly (string | undefined)[] {
    return this.#proxies;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function seenRequest({ method = '', url = '', headers }: IncomingMessage, body: Buffer, own: string): SeenRequest {
  const kept = Object.entries(headers).filter(([name]) => !noise.includes(name));
  return {
    method,
    ...(headers.host === own ? {} : { host: headers.host ?? '' }),
    path: url,
    headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
    ...(body.length === 0 ? {} : { body: bodyValue(body) }),
  };
}

function bodyValue(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return /[^\n\r\u0020-\u007e]/.test(text) ? `base64:${body.toString('base64')}` : text;
  }
}

/** The file of test data as a value. */
export function testdata(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8'));
}

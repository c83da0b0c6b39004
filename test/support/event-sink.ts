import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from './wait-for.ts';

/** What came, decoded. */
export interface SunkPost {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** A server that notifications are sent to: notes each, and answers what it is told to. */
export class EventSink implements AsyncDisposable {
  /** In the order in which they came. */
  readonly posts: SunkPost[] = [];
  /** The status of answers; a path's own comes first. */
  status = 200;
  readonly statusOf = new Map<string, number>();
  /** How long an answer takes, milliseconds. */
  delayMs = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      const { url: path = '/', headers } = request;
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      request.on('end', () => {
        this.posts.push({ path, headers, body: JSON.parse(text) });
        setTimeout(() => response.writeHead(this.statusOf.get(path) ?? this.status).end(), this.delayMs);
      });
    });
  }

  static async start(): Promise<EventSink> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new EventSink(server);
  }

  /** Its URL, without a path. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The posts at a path. */
  at(path: string): readonly SunkPost[] {
    return this.posts.filter((post) => post.path === path);
  }

  /** Waits for posts at a path of which `test` is true, and gives them. */
  async waitFor(
    path: string,
    what: string,
    test: (posts: readonly SunkPost[]) => boolean,
  ): Promise<readonly SunkPost[]> {
    return waitFor(() => test(this.at(path)) && this.at(path), what, { intervalMs: 20 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

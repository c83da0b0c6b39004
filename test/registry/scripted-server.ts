import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KeyPair } from '../support/certificates.ts';

/** A request that a {@link ScriptedServer} got. */
export interface ScriptedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range?: string;
}

export type Script = (request: ScriptedRequest, response: ServerResponse) => void;

/** A server that answers as a test says: for what no real registry does, or should. */
export class ScriptedServer {
  readonly requests: ScriptedRequest[] = [];
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, script: Script) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('request', (incoming: IncomingMessage, response: ServerResponse) => {
      const { method = '', url = '', headers } = incoming;
      const { authorization, range } = headers;
      const request = { method, path: url, authorization, ...(range === undefined ? {} : { range }) };
      this.requests.push(request);
      incoming.resume();
      script(request, response);
    });
  }

  /** Listens on loopback, under `localhost` as well. */
  static async start(script: Script, tls?: KeyPair): Promise<ScriptedServer> {
    const server =
      tls === undefined ? createServer() : (createTlsServer({ cert: tls.certificate, key: tls.key }) as Server);
    server.listen(0, 'localhost');
    await once(server, 'listening');
    return new ScriptedServer(server, script);
  }

  /** The requests as `METHOD /path`. */
  get log(): readonly string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

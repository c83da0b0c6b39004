import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isRecord } from '../../../lib/json.ts';
import type { HttpTls } from '../../../net/http-agents.ts';
import { networkFailure } from '../../../net/network-failure.ts';
import { excerpt } from './http.ts';
import { NotifyError } from './notifier.ts';

/** A server of NATS, and how to reach it. */
export interface NatsServer {
  readonly host: string;
  readonly port: number;
  /** Whether TLS is asked for; a server may ask for it as well. */
  readonly wantsTls: boolean;
  readonly tls: HttpTls | undefined;
  readonly lookup: LookupFunction;
}

/** Who we are, for a server that gave this nonce. */
export type NatsIdentity = (nonce: string) => Readonly<Record<string, string>>;

/** INFO is the longest line, with the addresses of a whole cluster. */
const maxLineBytes = 65_536;

/**
 * A connection to NATS by its text protocol, for publishing. Every method throws NotifyError when the server refuses or
 * the connection ends, and ends with the signal it was opened with.
 *
 * https://docs.nats.io/reference/reference-protocols/nats-protocol
 */
export class NatsConnection implements Disposable {
  readonly #signal: AbortSignal;
  #socket: Socket;
  #buffer = '';
  #failure: unknown;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#listen();
  }

  /** Connects and proves who we are. */
  static async open(server: NatsServer, identity: NatsIdentity, signal: AbortSignal): Promise<NatsConnection> {
    signal.throwIfAborted();
    const { host, port, lookup } = server;
    const connection = new NatsConnection(connect({ host, port, lookup }), signal);
    try {
      await connection.#greet(server, identity);
      return connection;
    } catch (error) {
      connection[Symbol.dispose]();
      throw error;
    }
  }

  /** Publishes, and waits until the server has it. */
  async publish(subject: string, payload: Buffer): Promise<void> {
    this.#socket.write(
      Buffer.concat([Buffer.from(`PUB ${subject} ${payload.length}\r\n`), payload, Buffer.from('\r\n')]),
    );
    await this.#ping();
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#socket.destroy();
  }

  readonly #onAbort = (): void => {
    this.#fail(this.#signal.reason);
    this.#socket.destroy();
  };

  async #greet(server: NatsServer, identity: NatsIdentity): Promise<void> {
    const info = infoOf(await this.#line());
    const withTls = server.wantsTls || info['tls_required'] === true;
    if (withTls) await this.#secure(server);
    const nonce = typeof info['nonce'] === 'string' ? info['nonce'] : '';
    const options = {
      verbose: false,
      pedantic: false,
      ...identity(nonce),
      tls_required: withTls,
      name: 'NATS Provider Publisher',
      lang: 'node',
      version: '1',
      protocol: 1,
      echo: true,
      headers: true,
      no_responders: true,
    };
    this.#socket.write(`CONNECT ${JSON.stringify(options)}\r\n`);
    await this.#ping();
  }

  async #secure({ host, tls }: NatsServer): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners();
    // What came in clear after INFO is not to be believed.
    this.#buffer = '';
    this.#socket = connectTls({
      socket: plain,
      ...(isIP(host) === 0 ? { servername: host } : { host }),
      ...(tls?.ca === undefined ? {} : { ca: String(tls.ca) }),
      ...(tls?.cert === undefined ? {} : { cert: String(tls.cert) }),
      ...(tls?.key === undefined ? {} : { key: String(tls.key) }),
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once('secureConnect', resolve);
    this.#wake = resolve;
    this.#listen();
    await promise;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Waits until the server has done all that was sent before. */
  async #ping(): Promise<void> {
    this.#socket.write('PING\r\n');
    for (;;) {
      const line = await this.#line();
      if (line === 'PONG') return;
      if (line === 'PING') this.#socket.write('PONG\r\n');
      if (line.startsWith('-ERR')) throw refusal(line);
    }
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end + 2);
        return line;
      }
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #listen(): void {
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => {
      this.#buffer += text;
      if (this.#buffer.length > maxLineBytes) {
        this.#fail(new NotifyError('the server sent too long a line', { permanent: false }));
        this.#socket.destroy();
      }
      this.#wake?.();
    });
    this.#socket.on('error', (cause) =>
      this.#fail(new NotifyError(networkFailure(cause), { permanent: false, cause })),
    );
    this.#socket.on('close', () => this.#fail(new NotifyError('connection closed', { permanent: false })));
  }

  #fail(failure: unknown): void {
    this.#failure ??= failure;
    this.#wake?.();
  }
}

function infoOf(line: string): Readonly<Record<string, unknown>> {
  if (line.startsWith('-ERR')) throw refusal(line);
  try {
    const info: unknown = JSON.parse(line.replace(/^INFO\s+/i, ''));
    if (isRecord(info) && /^INFO\s/i.test(line)) return info;
  } catch {
    // Told below.
  }
  throw new NotifyError('the server did not begin with INFO', { permanent: true });
}

/** What is wrong with who we are, or what we may, will be so next time. */
function refusal(line: string): NotifyError {
  const said = excerpt(line.slice('-ERR'.length), []).replace(/^'|'$/g, '');
  return new NotifyError(`nats: ${said}`, { permanent: /authorization|permissions|authentication/i.test(said) });
}

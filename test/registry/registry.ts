import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findBinaries } from '../controlplane/binaries.ts';
import type { KeyPair } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { ProcessGroup, type Supervised } from '../support/process-group.ts';
import { waitFor } from '../support/wait-for.ts';
import { exchange } from './exchange.ts';
import { type TokenServer, tokenIssuer, tokenService } from './token-server.ts';

export interface RegistryOptions {
  /** Who is asked for a user name and password: everybody, who has to be {@link registryUser}. */
  readonly basicAuth?: boolean;
  /** Who gives tokens for it. */
  readonly tokenServer?: TokenServer;
  /** Speak TLS with this certificate. */
  readonly tls?: KeyPair;
  /** PEM of the authority whose certificates clients must show; only with `tls`. */
  readonly clientCa?: string;
}

/** The one user of a registry with `basicAuth`. */
export const registryUser = { username: 'robot', password: 'opensesame' };
/** Of {@link registryUser}'s password, by bcrypt. */
const passwordHash = '$2a$04$sQmQWrVIT7yfn0Akzhu0FuxEOnP7/slp0N7vWjovYi887PgE.eg6e';

/** One request as the registry logs it. */
export interface LoggedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly status: number;
  readonly userAgent: string;
}

const keptRequests = 10_000;
const startAttempts = 3;
const accessLine = /^\S+ - \S* ?\[[^\]]*\] "(\w+) (\S+) [^"]*" (\d{3}) \d+ "[^"]*" "([^"]*)"/;

/**
 * A real registry (github.com/distribution/distribution) on loopback, found in KUBEBUILDER_ASSETS or built once from its
 * Go module. It can be stopped and started again under the same address, with what was pushed.
 */
export class Registry {
  /** Newest last, at most 10,000. The readiness of the registry itself is not among them. */
  readonly requests: LoggedRequest[] = [];
  readonly #program: string;
  readonly #dir: string;
  readonly #group: ProcessGroup;
  readonly #options: RegistryOptions;
  #port = 0;
  #process: Supervised | undefined;
  readonly #log: string[] = [];

  private constructor(program: string, dir: string, options: RegistryOptions) {
    this.#program = program;
    this.#dir = dir;
    this.#options = options;
    this.#group = new ProcessGroup([dir]);
  }

  static async start(options: RegistryOptions = {}): Promise<Registry> {
    const { registry: program } = await findBinaries(['registry'], {
      assets: process.env['KUBEBUILDER_ASSETS'],
      log: (line) => process.stderr.write(`${line}\n`),
    });
    const registry = new Registry(program, await mkdtemp(join(tmpdir(), 'sluice-registry-')), options);
    try {
      for (let attempt = 1; ; attempt++) {
        registry.#port = await freePort();
        try {
          await registry.up();
          return registry;
        } catch (error) {
          const taken = registry.#log.some((line) => line.includes('address already in use'));
          if (!taken || attempt === startAttempts) throw error;
        }
      }
    } catch (error) {
      await registry.stop();
      throw error;
    }
  }

  /** `127.0.0.1:PORT`. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Base URL of the API, without a slash at its end. */
  get url(): string {
    return `${this.#options.tls === undefined ? 'http' : 'https'}://${this.address}`;
  }

  /** Starts it (again). */
  async up(): Promise<void> {
    const config = join(this.#dir, 'config.json');
    await writeFile(config, JSON.stringify(await this.#config()));
    const started = await this.#group.spawn(this.#program, ['serve', config], {
      cwd: this.#dir,
      env: { OTEL_TRACES_EXPORTER: 'none', HOME: this.#dir },
    });
    this.#process = started;
    for (const stream of [started.child.stdout, started.child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#logged(line));
    }
    const ended = new AbortController();
    void started.exited.then((code) => ended.abort(new Error(`the registry ended (${code})`)));
    try {
      await waitFor((signal) => this.#answers(signal), 'the registry to answer', {
        intervalMs: 20,
        signal: ended.signal,
      });
    } catch (cause) {
      throw new Error(`the registry did not come up:\n${this.#log.join('\n')}`, { cause });
    }
  }

  /** Stops it; its address then refuses connections. */
  async down(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    running?.child.ref();
    running?.signal('SIGKILL');
    await running?.exited;
  }

  /** Replaces what the registry keeps under a digest by something else of the same length. */
  async corruptBlob(digest: string): Promise<void> {
    const hex = digest.slice('sha256:'.length);
    const file = join(this.#dir, 'data/docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
    const bytes = await readFile(file);
    await writeFile(
      file,
      bytes.map((byte) => byte ^ 0xff),
    );
  }

  /** Ends it and removes what was pushed. */
  async stop(): Promise<void> {
    await this.#group.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #answers(signal: AbortSignal): Promise<boolean> {
    try {
      const { status } = await exchange(`${this.url}/v2/`, { signal, headers: { 'user-agent': readiness } });
      return status === 200 || status === 401;
    } catch (error) {
      // One that wants a certificate of us answers so, too.
      return (
        this.#options.clientCa !== undefined && error instanceof Error && /certificate required/i.test(error.message)
      );
    }
  }

  #logged(line: string): void {
    const [, method, path, status, userAgent = ''] = accessLine.exec(line) ?? [];
    if (method === undefined || path === undefined) {
      this.#log.push(line);
      if (this.#log.length > 50) this.#log.shift();
      return;
    }
    if (userAgent === readiness) return;
    this.requests.push({ method, path, status: Number(status), userAgent });
    if (this.requests.length > keptRequests) this.requests.shift();
  }

  async #config(): Promise<unknown> {
    const { basicAuth = false, tokenServer, tls, clientCa } = this.#options;
    const write = async (name: string, content: string): Promise<string> => {
      const file = join(this.#dir, name);
      await writeFile(file, content);
      return file;
    };
    const auth = {
      ...(basicAuth
        ? {
            htpasswd: {
              realm: 'registry',
              path: await write('htpasswd', `${registryUser.username}:${passwordHash}\n`),
            },
          }
        : {}),
      ...(tokenServer === undefined
        ? {}
        : {
            token: {
              realm: tokenServer.realm,
              service: tokenService,
              issuer: tokenIssuer,
              jwks: await write('jwks.json', tokenServer.jwks),
              signingalgorithms: ['ES256'],
            },
          }),
    };
    return {
      version: '0.1',
      log: { level: 'warn', accesslog: { disabled: false } },
      storage: { filesystem: { rootdirectory: join(this.#dir, 'data') }, delete: { enabled: true } },
      http: {
        addr: this.address,
        secret: 'not a secret',
        ...(tls === undefined
          ? {}
          : {
              tls: {
                certificate: await write('tls.crt', tls.certificate),
                key: await write('tls.key', tls.key),
                ...(clientCa === undefined ? {} : { clientcas: [await write('ca.crt', clientCa)] }),
              },
            }),
      },
      ...(Object.keys(auth).length === 0 ? {} : { auth }),
    };
  }
}

const readiness = 'readiness';

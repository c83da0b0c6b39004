import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.ts';
import type { ProcessGroup, Supervised } from './process-group.ts';
import { waitFor } from './wait-for.ts';

const root = join(import.meta.dirname, '..', '..');

export interface ControllerOptions {
  /** First argument of the entry point: `kustomize-controller`, or `all`. */
  readonly name: string;
  readonly kubeconfig: string;
  /** The process ends with this group at the latest. */
  readonly group: ProcessGroup;
  /** Flags after ours, so that they win: `--concurrent=20`. */
  readonly flags?: readonly string[];
  /** What Node runs; `src/main.ts` of this repository when absent. */
  readonly entry?: string;
  /** The Node that runs it; the test's own when absent. */
  readonly node?: string;
  /** Working folder; that of this repository when absent. */
  readonly cwd?: string;
  /** Whom it runs as; only root may ask for it. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly env?: Readonly<Record<string, string>>;
  /** File that all output is also written to. */
  readonly logFile?: string;
}

/** One line of a controller's log; a line that is not JSON has only `msg`. */
export interface LogLine {
  readonly level?: string;
  readonly msg?: string;
  readonly [key: string]: unknown;
}

const keptLines = 20_000;
/** How often a process is started anew because somebody else took its port in the meantime. */
const maxStarts = 4;

/** A controller that runs as a process of its own, as in a cluster. */
export class ControllerProcess {
  /** What it logged, newest last, at most 20,000 lines. */
  readonly logs: LogLine[] = [];
  readonly metricsUrl: string;
  readonly healthUrl: string;
  readonly #process: Supervised;
  readonly #ports: readonly number[];

  private constructor(process: Supervised, ports: { metrics: number; health: number }, file: WriteStream | undefined) {
    this.#process = process;
    this.#ports = Object.values(ports);
    this.metricsUrl = `http://127.0.0.1:${ports.metrics}/metrics`;
    this.healthUrl = `http://127.0.0.1:${ports.health}`;
    for (const stream of [process.child.stdout, process.child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        file?.write(`${line}\n`);
        this.logs.push(parseLine(line));
        if (this.logs.length > keptLines) this.logs.shift();
      });
    }
    void process.exited.then(() => file?.end());
  }

  /** Starts the process and waits until its /readyz answers 200. @throws {Error} with its output when it does not. */
  static async start(options: ControllerOptions): Promise<ControllerProcess> {
    for (let start = 1; ; start++) {
      const controller = await ControllerProcess.#spawn(options);
      try {
        await controller.#ready(options.name);
        return controller;
      } catch (error) {
        if (start === maxStarts || !controller.#lostPort()) throw error;
      }
    }
  }

  static async #spawn(options: ControllerOptions): Promise<ControllerProcess> {
    const { name, kubeconfig, group, flags = [], entry = join(root, 'src', 'main.ts') } = options;
    const ports = { metrics: await freePort(), health: await freePort() };
    const args = [
      entry,
      name,
      `--metrics-addr=127.0.0.1:${ports.metrics}`,
      `--health-addr=127.0.0.1:${ports.health}`,
      ...flags,
    ];
    const child = await group.spawn(options.node ?? process.execPath, args, {
      cwd: options.cwd ?? root,
      ...(options.user === undefined ? {} : { user: options.user }),
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        KUBECONFIG: kubeconfig,
        RUNTIME_NAMESPACE: 'flux-system',
        ...options.env,
      },
    });
    const file = options.logFile === undefined ? undefined : createWriteStream(options.logFile, { flags: 'a' });
    return new ControllerProcess(child, ports, file);
  }

  /** Free ports are not held: whoever is quicker has them. */
  #lostPort(): boolean {
    const lost = this.#ports.map((port) => `EADDRINUSE: address already in use 127.0.0.1:${port}`);
    return this.logs.some((line) => lost.some((text) => JSON.stringify(line).includes(text)));
  }

  async #ready(name: string): Promise<void> {
    const ended = new AbortController();
    void this.#process.exited.then((code) => ended.abort(new Error(`it ended (${code})`)));
    try {
      await waitFor(async (signal) => (await fetch(`${this.healthUrl}/readyz`, { signal })).ok, `${name} to be ready`, {
        intervalMs: 50,
        signal: ended.signal,
      });
    } catch (cause) {
      const output = this.logs.slice(-20).map((line) => JSON.stringify(line));
      await this.kill();
      throw new Error(`${name} did not start\n${output.join('\n')}`, { cause });
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Its exit code, or the signal that ended it. */
  get exited(): Promise<number | NodeJS.Signals> {
    return this.#process.exited;
  }

  /** Asks it to end, as a kubelet does, and waits until it has. */
  async stop(): Promise<number | NodeJS.Signals> {
    return this.#end('SIGTERM');
  }

  /** Ends it without a warning. */
  async kill(): Promise<number | NodeJS.Signals> {
    return this.#end('SIGKILL');
  }

  /** Freezes it, as a machine that is suspended does; {@link resume} lets it go on. */
  pause(): void {
    this.#process.signal('SIGSTOP');
  }

  resume(): void {
    this.#process.signal('SIGCONT');
  }

  /** Waits for a log line. Lines logged before count. */
  async waitForLog(what: string, test: (line: LogLine) => boolean, deadlineMs = 30_000): Promise<LogLine> {
    return waitFor(() => this.logs.find(test), `${what} in the log`, { deadlineMs, intervalMs: 20 });
  }

  /** Its metrics, in the text format of Prometheus. */
  async metrics(): Promise<string> {
    return (await fetch(this.metricsUrl, { signal: AbortSignal.timeout(10_000) })).text();
  }

  async #end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    this.#process.child.ref();
    this.#process.signal(signal);
    return this.#process.exited;
  }
}

function parseLine(line: string): LogLine {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as LogLine) : { msg: line };
  } catch {
    return { msg: line };
  }
}

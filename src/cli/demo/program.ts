import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { DemoError } from './checkout.ts';
import type { ProcessGroup, Supervised } from './process-group.ts';

export interface ProgramOptions {
  readonly name: string;
  /** What Node runs, and its arguments. */
  readonly script: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** File that all output is appended to. */
  readonly logFile?: string;
  /** Takes each line of standard error. */
  readonly onLog?: (line: string) => void;
}

interface Listener {
  take(line: string): void;
}

const keptLines = 5_000;
const shownLines = 30;

/** A child process that runs a script, and its output line by line. */
export class Program {
  readonly name: string;
  readonly #process: Supervised;
  /** Resolves when it has ended and all its output was read. */
  readonly #closed: Promise<unknown>;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<Listener>();
  #stopping = false;

  private constructor(name: string, process: Supervised) {
    this.name = name;
    this.#process = process;
    this.#closed = once(process.child, 'close');
  }

  static async start(group: ProcessGroup, options: ProgramOptions): Promise<Program> {
    const { name, script, args, logFile, onLog } = options;
    const env = Object.entries(options.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const child = await group.spawn(process.execPath, [script, ...args], { env: Object.fromEntries(env) });
    const program = new Program(name, child);
    const file = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' });
    program.#read(child.child.stdout, file);
    program.#read(child.child.stderr, file, onLog);
    void child.exited.then(() => file?.end());
    return program;
  }

  #read(stream: Readable | null, file: WriteStream | undefined, onLine?: (line: string) => void): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (line) => {
      file?.write(`${line}\n`);
      this.#lines.push(line);
      if (this.#lines.length > keptLines) this.#lines.shift();
      onLine?.(line);
      for (const listener of this.#listeners) listener.take(line);
    });
  }

  /**
   * What `pick` makes of the first line that it takes, which may have come before. Throws when the signal is aborted,
   * and {@link DemoError} with the last lines when the program ends without such a line.
   */
  async findLine<T>(pick: (line: string) => T | undefined, signal: AbortSignal): Promise<T> {
    for (const line of this.#lines) {
      const found = pick(line);
      if (found !== undefined) return found;
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const listener: Listener = {
      take(line) {
        const found = pick(line);
        if (found !== undefined) resolve(found);
      },
    };
    const onAbort = (): void => reject(signal.reason);
    this.#listeners.add(listener);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    void this.failure.then(reject);
    try {
      return await promise;
    } finally {
      this.#listeners.delete(listener);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Resolves when the program ends although nobody has told it to, and then says so; else never. */
  get failure(): Promise<DemoError> {
    return Promise.all([this.#process.exited, this.#closed]).then(([code]) => {
      if (this.#stopping) return new Promise<never>(() => {});
      return new DemoError([`${this.name} ended (${code}):`, ...this.#lines.slice(-shownLines)].join('\n'));
    });
  }

  /** Asks it to end, as a kubelet would, and waits until it has, or until `signal` is aborted. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopping = true;
    this.#process.child.ref();
    this.#process.signal('SIGTERM');
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    await Promise.race([this.#process.exited, promise]);
  }
}

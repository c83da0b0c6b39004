import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Writable } from 'node:stream';

/**
 * Outlives its parent on purpose: reads `+ pid` and `- pid` lines, and when its input ends, because the parent closed it
 * or because the parent is dead however it died, kills the process groups that are left and removes the directories
 * given as arguments. Written for a POSIX shell, so that it costs about a megabyte and needs nothing installed.
 */
const watchdogScript = `
trap '' INT TERM HUP
pids=
while read -r op pid; do
  case $op in
    +) pids="$pids $pid" ;;
    -) kept=; for p in $pids; do [ "$p" = "$pid" ] || kept="$kept $p"; done; pids=$kept ;;
  esac
done
for p in $pids; do kill -KILL -"$p" 2>/dev/null; done
[ $# -gt 0 ] || exit 0
rm -rf -- "$@" 2>/dev/null && exit 0
sleep 1
rm -rf -- "$@"
`;

/** Waits for a line before it becomes the program: until then the watchdog does not know the process. */
const launchScript = 'read -r _ || exit 125; exec "$0" "$@" </dev/null';

export interface SpawnOptions {
  readonly cwd?: string;
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** File that standard output and error are appended to; when absent both are pipes of the child process. */
  readonly logFile?: string;
  /** Whom the program runs as; only root may ask for it. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** A running child of a {@link ProcessGroup}. */
export interface Supervised {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves, and never rejects, when the process is gone: with its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Whether the process is known to be gone. */
  readonly hasExited: () => boolean;
  /** Sends a signal to the process and everything it started. */
  signal(signal: NodeJS.Signals): void;
}

/**
 * Child processes that never outlive this process, not even when it is killed with SIGKILL: a watchdog holds the other
 * end of a pipe and kills them when it closes. Each child leads a process group of its own, so that Ctrl-C in a terminal
 * reaches only this process, which then ends the children in its own order. Children do not keep the event loop alive.
 */
export class ProcessGroup {
  readonly #watchdog: ChildProcess;
  readonly #input: Writable;
  readonly #running = new Set<Supervised>();
  #closed = false;

  /** @param removeDirs directories that shall be removed when this process ends without {@link close}, and by it. */
  constructor(removeDirs: readonly string[] = []) {
    this.#watchdog = spawn('/bin/sh', ['-c', watchdogScript, 'watchdog', ...removeDirs], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    const input = this.#watchdog.stdin;
    if (input === null) throw new Error('the watchdog has no input');
    this.#input = input;
    this.#input.on('error', () => {}); // a watchdog that is gone is noticed by its exit code in close()
    unref(this.#watchdog);
  }

  /** Starts a program. Rejects when it cannot be started. */
  async spawn(command: string, args: readonly string[], options: SpawnOptions): Promise<Supervised> {
    if (this.#closed) throw new Error(`cannot start ${command}: the process group is closed`);
    const log = options.logFile === undefined ? 'pipe' : openSync(options.logFile, 'a');
    const child = spawn('/bin/sh', ['-c', launchScript, command, ...args], {
      stdio: ['pipe', log, log],
      detached: true,
      env: { ...options.env },
      ...options.user,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    if (typeof log === 'number') closeSync(log);
    await once(child, 'spawn');
    const { pid, stdin } = child;
    if (pid === undefined || stdin === null) throw new Error(`${command} has no process id`);
    const supervised = this.#supervise(child, pid);
    stdin.on('error', () => {}); // the process may be gone already; `exited` tells
    await write(this.#input, `+ ${pid}\n`);
    stdin.end('go\n');
    unref(child);
    return supervised;
  }

  #supervise(child: ChildProcess, pid: number): Supervised {
    let gone = false;
    const exited = new Promise<number | NodeJS.Signals>((resolve) => {
      child.once('exit', (code, signal) => {
        gone = true;
        this.#running.delete(supervised);
        if (!this.#closed) this.#input.write(`- ${pid}\n`);
        resolve(code ?? signal ?? 'SIGKILL');
      });
    });
    const supervised: Supervised = {
      child,
      pid,
      exited,
      hasExited: () => gone,
      signal: (signal) => {
        if (!gone) killGroup(pid, signal);
      },
    };
    this.#running.add(supervised);
    return supervised;
  }

  /** Kills what still runs, waits until it is gone, and removes the directories. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const running = [...this.#running];
    for (const { child, signal } of running) {
      child.ref(); // or the event loop could end before the exit is seen
      signal('SIGKILL');
    }
    await Promise.all(running.map(({ exited }) => exited));
    this.#closed = true;
    this.#watchdog.ref();
    const ended = this.#watchdog.exitCode === null ? once(this.#watchdog, 'exit') : undefined;
    this.#input.end();
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Lets the event loop end while the child and its pipes are open. */
function unref(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** The git command failed. */
export class GitCommandError extends Error {
  override name = 'GitCommandError';
}

/** Settings and identity come from here only, so that whoever runs the tests has no say in them. */
export function gitEnvironment(): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    LC_ALL: 'C',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
  };
}

/**
 * Runs git in `dir` and gives its trimmed standard output.
 *
 * @param input what git reads from standard input.
 * @throws {GitCommandError} with git's own words when it exits with anything but 0.
 */
export async function git(dir: string, args: readonly string[], input: Uint8Array | string = ''): Promise<string> {
  const child = spawn('git', args, { cwd: dir, env: gitEnvironment(), stdio: ['pipe', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => {}); // it ended before it had read all: its exit code says why
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new GitCommandError(`git ${args.join(' ')}: ${Buffer.concat(err).toString().trim()}`);
  return Buffer.concat(out).toString().trim();
}

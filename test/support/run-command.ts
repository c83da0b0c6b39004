import { mock } from 'node:test';
import type { Command } from 'commander';
import type { TemplateResult } from './template-case.ts';

/** Runs a command in a folder, as the shell would. */
export function runCommand(
  command: Command,
  cwd: string,
  args: readonly string[],
): Pick<TemplateResult, 'status' | 'stdout' | 'stderr'> {
  const before = process.cwd();
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const out = mock.method(process.stdout, 'write', (text: string) => stdout.push(text) > 0);
  const error = mock.method(process.stderr, 'write', (text: string) => stderr.push(text) > 0);
  process.chdir(cwd);
  try {
    command.parse([...args], { from: 'user' });
    return { status: Number(process.exitCode ?? 0), stdout: stdout.join(''), stderr: stderr.join('') };
  } finally {
    process.exitCode = 0;
    process.chdir(before);
    out.mock.restore();
    error.mock.restore();
  }
}

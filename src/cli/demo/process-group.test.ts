import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { waitFor } from '../../../test/support/wait-for.ts';
import { ProcessGroup } from './process-group.ts';

const run = promisify(execFile);
const env = { PATH: process.env['PATH'] ?? '' };

/** Whether any of the processes runs. One that is dead but not yet reaped by its new parent does not. */
async function anyAlive(...pids: readonly number[]): Promise<boolean> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,stat=']);
  return stdout.split('\n').some((line) => {
    const [pid, stat = ''] = line.trim().split(/\s+/);
    return pids.includes(Number(pid)) && !stat.startsWith('Z');
  });
}

describe('ProcessGroup', () => {
  it('gives output and exit code', async () => {
    await using group = new ProcessGroup();
    const shell = await group.spawn('sh', ['-c', 'echo "$1"; exit 3', 'sh', 'a  b'], { env });
    const lines = createInterface({ input: shell.child.stdout ?? process.stdin });
    const [line] = (await once(lines, 'line')) as [string];
    assert.equal(line, 'a  b');
    assert.equal(await shell.exited, 3);
    assert.ok(shell.hasExited());
  });

  it('tells by exit code 127 that a program does not exist', async () => {
    await using group = new ProcessGroup();
    assert.equal(await (await group.spawn('/nonexistent/program', [], { env })).exited, 127);
  });

  it('kills what a child has started, and removes its directories, on close', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'sluice-group-'));
    const group = new ProcessGroup([dir]);
    const shell = await group.spawn('sh', ['-c', 'sleep 1000 & echo $!; wait'], { env });
    const lines = createInterface({ input: shell.child.stdout ?? process.stdin });
    const [grandchild] = (await once(lines, 'line')) as [string];
    await group.close();
    assert.equal(await shell.exited, 'SIGKILL');
    await waitFor(async () => !(await anyAlive(Number(grandchild))), 'the grandchild to be gone');
    assert.ok(!existsSync(dir));
    await group.close();
    await assert.rejects(group.spawn('true', [], { env }), /closed/);
  });

  for (const [name, code] of [
    ['is killed', "process.kill(process.pid, 'SIGKILL')"],
    ['throws', "setTimeout(() => { throw new Error('planned'); })"],
    ['exits', 'process.exit()'],
  ] as const) {
    it(`leaves neither process nor directory when the parent ${name}`, async () => {
      const dir = await mkdtemp(join(tmpdir(), 'sluice-group-'));
      const script = `
        const { ProcessGroup } = await import(${JSON.stringify(join(import.meta.dirname, 'process-group.ts'))});
        const group = new ProcessGroup([${JSON.stringify(dir)}]);
        const running = await group.spawn('sleep', ['1000'], { env: { PATH: process.env.PATH } });
        const stopped = await group.spawn('sleep', ['1000'], { env: { PATH: process.env.PATH } });
        stopped.signal('SIGSTOP');
        process.stdout.write(running.pid + ' ' + stopped.pid + '\\n', () => { ${code} });`;
      const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
      const pids = line.split(' ').map(Number);
      assert.equal(pids.length, 2);
      await waitFor(async () => !existsSync(dir) && !(await anyAlive(...pids)), 'everything to be gone');
    });
  }
});

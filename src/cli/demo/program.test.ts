import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { waitFor } from '../../../test/support/wait-for.ts';
import { ProcessGroup } from './process-group.ts';
import { Program } from './program.ts';

const script = `
console.log('/some/kubeconfig');
console.error('progress');
if (process.argv[2] === 'fail') throw new Error('planned');
process.on('SIGTERM', () => { console.log('ending'); process.exit(0); });
setInterval(() => {}, 1 << 30);
`;

describe('Program', () => {
  const { signal } = new AbortController();
  let dir = '';
  let group: ProcessGroup;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-program-'));
    await writeFile(join(dir, 'script.mjs'), script);
    group = new ProcessGroup();
  });
  after(async () => {
    await group.close();
    await rm(dir, { recursive: true });
  });
  const start = (args: readonly string[], onLog?: (line: string) => void): Promise<Program> =>
    Program.start(group, {
      name: 'stub',
      script: join(dir, 'script.mjs'),
      args,
      env: { PATH: process.env['PATH'], NONE: undefined },
      logFile: join(dir, 'log'),
      ...(onLog === undefined ? {} : { onLog }),
    });
  const kubeconfig = (line: string): string | undefined => (line.startsWith('/') ? line : undefined);

  it('gives lines that come and that have come, and ends when told', async () => {
    const logged = Promise.withResolvers<string>();
    const program = await start([], logged.resolve);
    assert.equal(await program.findLine(kubeconfig, signal), '/some/kubeconfig');
    assert.equal(await program.findLine(kubeconfig, signal), '/some/kubeconfig');
    assert.equal(await logged.promise, 'progress');
    await program.stop(AbortSignal.timeout(10_000));
    await waitFor(async () => /kubeconfig/.test(await readFile(join(dir, 'log'), 'utf8')), 'the log file');
  });

  it('says how it failed', async () => {
    const program = await start(['fail']);
    const never = program.findLine(() => undefined, signal);
    await assert.rejects(never, { name: 'DemoError', message: /^stub ended \(1\):\n.*planned/s });
    assert.match((await program.failure).message, /planned/);
  });

  it('stops waiting when the signal is aborted', async () => {
    const program = await start([]);
    await program.findLine(kubeconfig, signal);
    const stop = new AbortController();
    const never = program.findLine(() => undefined, stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(never, /enough/);
    await program.stop(AbortSignal.timeout(10_000));
  });
});

/**
 * What fetching a repository costs: `node bench/git.ts [FILES...]`. A repository of so many manifests is served by git
 * itself; a fresh process clones it with src/git (listing, shallow fetch, index, every file read), looks again without
 * a change, and fetches one folder of it; `git clone --depth 1` stands beside it. CPU counts more than wall time.
 *
 * Budget, on one core of a 2020s server: 4,000 files below 0.5 s of CPU over an idle process and 60 MiB of RSS over it;
 * an unchanged look is one request and below 5 ms of CPU.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchTree } from '../src/git/checkout.ts';
import { openRemote } from '../src/git/open.ts';
import { resolveRef } from '../src/git/resolve.ts';
import { GitSessions } from '../src/git/sessions.ts';
import { gitEnvironment } from '../test/gitserver/git.ts';
import { GitServer } from '../test/gitserver/git-server.ts';

const defaultFiles = [1500, 4000];
const deadlineMs = 60_000;

interface Measured {
  readonly cpuMs: number;
  readonly wallMs: number;
}

async function measure<T>(work: () => Promise<T>): Promise<Measured & { readonly result: T }> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: Math.round((user + system) / 1000), wallMs: Math.round(performance.now() - started), result };
}

/** The client, in a process of its own: prints its measurements as JSON. */
async function client(url: string): Promise<void> {
  const sessions = new GitSessions();
  const idleRss = process.memoryUsage.rss();
  const visit = async (sparse?: readonly string[]): Promise<{ files: number; bytes: number; folder: string }> => {
    const remote = openRemote({ url, sessions, signal: AbortSignal.timeout(deadlineMs) });
    try {
      const resolved = await resolveRef(remote, { branch: 'main' });
      const { files } = await fetchTree(remote, resolved, sparse === undefined ? {} : { sparse });
      const folder = files.find(({ path }) => path.includes('/'))?.path.replace(/\/.*/, '/') ?? '';
      return { files: files.length, bytes: files.reduce((sum, file) => sum + file.read().length, 0), folder };
    } finally {
      await remote.close();
    }
  };
  const look = async (): Promise<void> => {
    const remote = openRemote({ url, sessions, signal: AbortSignal.timeout(deadlineMs) });
    await resolveRef(remote, { branch: 'main' });
    await remote.close();
  };
  const { result, ...clone } = await measure(() => visit());
  const peakRss = process.resourceUsage().maxRSS * 1024;
  const { result: _second, ...again } = await measure(() => visit());
  await look();
  const { result: _looked, ...unchanged } = await measure(look);
  const { result: part, ...sparse } = await measure(() => visit([result.folder]));
  await sessions.close();
  const mib = (bytes: number): number => Math.round(bytes / 2 ** 20);
  const report = { ...result, clone, again, unchanged, sparse: { ...sparse, files: part.files } };
  console.log(JSON.stringify({ ...report, idleRssMiB: mib(idleRss), peakRssMiB: mib(peakRss) }));
}

/** Manifests of 0.3 to 6 KiB that compress as manifests do, in folders of 20. */
function manifests(count: number): Record<string, string> {
  const files: Record<string, string> = {};
  for (let index = 0; index < count; index++) {
    const lines = Array.from(
      { length: 5 + ((index * 7) % 90) },
      (_, line) => `    key-${line}: value ${(index * line) % 997}\n`,
    );
    const head = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app-${index}\ndata:\n`;
    files[`dir-${Math.floor(index / 200)}/app-${Math.floor(index / 20)}/cm-${index}.yaml`] = head + lines.join('');
  }
  return files;
}

function gitClone(url: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const script = 'TIMEFORMAT="%U %S %R"; time git clone -q --depth 1 "$0" "$1"';
    const args = ['-c', `{ ${script}; } 2>&1`, url, join(dir, 'clone')];
    const [user = 0, system = 0, real = 0] = execFileSync('bash', args, { env: gitEnvironment(), encoding: 'utf8' })
      .trim()
      .split(' ')
      .map(Number);
    return JSON.stringify({ cpuMs: Math.round((user + system) * 1000), wallMs: Math.round(real * 1000) });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function main(counts: readonly number[]): Promise<void> {
  await using server = await GitServer.start();
  for (const count of counts) {
    const repository = await server.create(`bench-${count}`);
    await repository.commit({ files: manifests(count) });
    const run = (command: string, args: readonly string[]): Promise<string> =>
      new Promise((resolve, reject) => {
        const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: process.env });
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
        child.on('error', reject).on('close', () => resolve(output.trim()));
      });
    console.log(`${count} files`);
    console.log(`  src/git  ${await run(process.execPath, [import.meta.filename, 'client', repository.url])}`);
    console.log(`  git      ${await run(process.execPath, [import.meta.filename, 'git', repository.url])}`);
  }
}

const [mode, url] = process.argv.slice(2);
if (mode === 'client' && url !== undefined) {
  await client(url);
} else if (mode === 'git' && url !== undefined) {
  console.log(gitClone(url));
} else {
  const counts = process.argv.slice(2).map(Number).filter(Number.isInteger);
  await main(counts.length > 0 ? counts : defaultFiles);
}

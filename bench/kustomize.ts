/**
 * What `sluice build` costs beside the original: `node bench/kustomize.ts [KUSTOMIZE]`, after `npm run build`. KUSTOMIZE is
 * the original's binary (v5.8.2), by default the one in PATH; without one only our own figures are taken. Generated trees
 * of 20, 1,000 and 10,000 objects with an overlay: namespace, prefix, labels, images, a strategic merge patch, a JSON
 * patch and a generated ConfigMap. Linux only, as memory is read from /proc.
 *
 * Budgets, exit 1 when one is missed: 20 objects in a warm process below 5 ms of CPU, and as a command not slower than the
 * original; 1,000 objects with a tenth of the original's CPU time and at most 150 MB; 10,000 in at most 12 times that.
 * Both programs take turns and medians are compared, but a machine that is busy with other things says little.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from '../src/engines/kustomize/build.ts';
import { memoryTree } from '../src/lib/memory-tree.ts';
import { overlayOf } from './support/kustomize-tree.ts';

const budget = { warmMs: 5, cpuRatio: 10, peakMb: 150, growth: 12 };

interface Spent {
  readonly cpuMs: number;
  readonly wallMs: number;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** CPU time of a build in this process, once everything is compiled. */
function warm(objects: number, rounds: number): number {
  const tree = memoryTree(overlayOf(objects));
  const times = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    build(tree, 'overlay').toYaml();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return median(times.slice(rounds / 2));
}

/** Runs a command to its end, and throws when it fails. */
function run(command: readonly string[]): Spent {
  const script = 'TIMEFORMAT="%U %S %R"; time "$0" "$@" >/dev/null';
  const { status, stderr } = spawnSync('bash', ['-c', script, ...command], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command.join(' ')} failed:\n${stderr}`);
  const [user = 0, system = 0, real = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { cpuMs: (user + system) * 1000, wallMs: real * 1000 };
}

/** Medians of commands that take turns; a first turn does not count. */
function inTurn(commands: readonly (readonly string[])[], rounds: number): Spent[] {
  const spent = Array.from({ length: rounds + 1 }, () => commands.map(run)).slice(1);
  return commands.map((_, i) => ({
    cpuMs: median(spent.map((round) => round[i]?.cpuMs ?? Number.NaN)),
    wallMs: median(spent.map((round) => round[i]?.wallMs ?? Number.NaN)),
  }));
}

/** The most memory that a command held, in MB. */
function peakMb(command: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    let peak = 0;
    const look = setInterval(() => {
      const status = existsSync(`/proc/${child.pid}/status`) ? readFileSync(`/proc/${child.pid}/status`, 'utf8') : '';
      peak = Math.max(peak, Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0));
    }, 2);
    child.on('error', reject).on('close', () => {
      clearInterval(look);
      resolve((peak * 1024) / 1e6);
    });
  });
}

function written(dir: string, objects: number): string {
  const root = join(dir, String(objects));
  for (const [path, text] of Object.entries(overlayOf(objects))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return join(root, 'overlay');
}

/** The original where it was said to be, else where the shell finds it; undefined when it is nowhere. */
function original(): string | undefined {
  const [given] = process.argv.slice(2);
  if (given !== undefined) return given;
  const found = spawnSync('sh', ['-c', 'command -v kustomize'], { encoding: 'utf8' }).stdout.trim();
  return found === '' ? undefined : found;
}

const failures: string[] = [];

/** Prints both commands' figures, and answers how many times more the original took. */
function compare(dir: string, rounds: number, commands: readonly (readonly string[])[]): Spent | undefined {
  const [ours, theirs] = inTurn(
    commands.map((command) => [...command, dir]),
    rounds,
  );
  for (const [name, spent] of Object.entries({ sluice: ours, kustomize: theirs })) {
    if (spent) console.log(`  ${name.padEnd(9)} ${spent.cpuMs.toFixed(0)} ms CPU, ${spent.wallMs.toFixed(0)} ms`);
  }
  if (ours === undefined || theirs === undefined) return undefined;
  return { cpuMs: theirs.cpuMs / ours.cpuMs, wallMs: theirs.wallMs / ours.wallMs };
}

async function main(): Promise<void> {
  const entry = join(import.meta.dirname, '..', 'dist', 'main.js');
  if (!existsSync(entry)) throw new Error(`${entry} is missing: npm run build makes it`);
  const kustomize = original();
  const commands = [[process.execPath, entry, 'build'], ...(kustomize === undefined ? [] : [[kustomize, 'build']])];
  const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const warmMs = warm(20, 400);
    console.log(`20 objects, in a warm process: ${warmMs.toFixed(2)} ms CPU`);
    if (warmMs > budget.warmMs) failures.push(`20 objects take ${warmMs.toFixed(2)} ms in a warm process`);

    const small = written(dir, 20);
    const outputs = commands.map(([program = '', ...args]) =>
      execFileSync(program, [...args, small], { encoding: 'utf8' }),
    );
    if (new Set(outputs).size > 1) failures.push('the outputs differ');
    console.log('20 objects, as a command:');
    const start = compare(small, 15, commands);
    if (start !== undefined && start.wallMs < 1) failures.push('20 objects take longer than in the original');

    console.log('1,000 objects:');
    const thousand = written(dir, 1000);
    const many = compare(thousand, 5, commands);
    if (many !== undefined && many.cpuMs < budget.cpuRatio) {
      failures.push(`1,000 objects take 1/${many.cpuMs.toFixed(1)} of the original's CPU time`);
    }
    for (const command of commands) {
      const peak = await peakMb([...command, thousand]);
      console.log(`  ${command === commands[0] ? 'sluice   ' : 'kustomize'} ${peak.toFixed(0)} MB at most`);
      if (command === commands[0] && peak > budget.peakMb) failures.push(`1,000 objects take ${peak.toFixed(0)} MB`);
    }

    // The original's time grows with the square: 5,000 objects take it minutes.
    console.log('growth:');
    let first = Number.NaN;
    for (const objects of [1000, 2000, 5000, 10_000]) {
      const place = written(dir, objects);
      const command = [...(commands[0] ?? []), place];
      const [{ cpuMs } = { cpuMs: Number.NaN }] = inTurn([command], 3);
      console.log(`  ${objects} objects: ${cpuMs.toFixed(0)} ms CPU, ${(await peakMb(command)).toFixed(0)} MB at most`);
      if (objects === 1000) first = cpuMs;
      if (objects === 10_000 && cpuMs > first * budget.growth) failures.push('time grows faster than the objects');
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

await main();
for (const failure of failures) console.error(`missed: ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;

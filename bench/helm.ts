/**
 * What rendering charts costs beside the original: `node bench/helm.ts CHARTS... [--helm HELM]`, after `npm run build`.
 * CHARTS are folders with charts, each with its dependencies in `charts`: the copies that tools/compare-helm.ts leaves in
 * its `--work`. HELM is the original's binary (v4.2), by default the one in PATH. Linux and macOS.
 *
 * Budgets, exit 1 when one is missed: kube-prometheus-stack, where it is among the charts, as a command not slower than
 * the original, start-up included, and in a warm process its second release in at most 60 ms of CPU; the median chart
 * warm below 5 ms; memory after 10,000 renderings of a small chart not above what it is after 1,000, by more than 10 %.
 * The programs take turns and medians are compared, but a machine that is busy with other things says little.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readChart } from '../src/cli/chart-directory.ts';
import { machineHost } from '../src/crypto/machine-host.ts';
import { GoMap } from '../src/engines/gotemplate/value/values.ts';
import type { Chart } from '../src/engines/helm/chart/chart.ts';
import { manifestStream } from '../src/engines/helm/manifest-stream.ts';
import { defaultCapabilities } from '../src/engines/helm/render/capabilities.ts';
import { renderChart } from '../src/engines/helm/template.ts';

const budget = { largeMs: 60, medianMs: 5, growth: 1.1 };
const large = 'kube-prometheus-stack';
const failures: string[] = [];

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function render(chart: Chart, name: string): number {
  const release = { name, namespace: 'ns', revision: 1, isUpgrade: false };
  const now = (): number => performance.now();
  const options = { release, values: new GoMap(), capabilities: defaultCapabilities, host: machineHost, now };
  return manifestStream(renderChart(chart, options)).length;
}

/** CPU milliseconds of a rendering. */
function costOf(chart: Chart, name: string): number {
  const before = process.cpuUsage();
  render(chart, name);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** What a further release of a chart costs, once the program and the chart are compiled. */
function warm(chart: Chart, rounds: number): number {
  const costs = Array.from({ length: rounds }, (_, round) => costOf(chart, `rel-${round % 7}`));
  return median(costs.slice(rounds / 2));
}

/** Folders of charts, but for those within others. */
function chartsBelow(folder: string): readonly string[] {
  if (existsSync(join(folder, 'Chart.yaml'))) return [folder];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) => chartsBelow(join(folder, name)));
}

/** Charts that can be rendered with their own values. */
function renderable(paths: readonly string[]): readonly { readonly path: string; readonly chart: Chart }[] {
  return paths.flatMap((path) => {
    try {
      const chart = readChart(path);
      render(chart, 'rel');
      return [{ path, chart }];
    } catch {
      return [];
    }
  });
}

/** Wall and CPU milliseconds of a command. */
function run([program = '', ...args]: readonly string[]): { readonly wallMs: number; readonly cpuMs: number } {
  const script = 'TIMEFORMAT="%U %S %R"; time "$0" "$@" >/dev/null';
  const { status, stderr } = spawnSync('bash', ['-c', script, program, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed:\n${stderr}`);
  const [user = 0, system = 0, real = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { cpuMs: (user + system) * 1000, wallMs: real * 1000 };
}

function compareCommands(chart: string, helm: string): void {
  const entry = join(import.meta.dirname, '..', 'dist', 'main.js');
  if (!existsSync(entry)) throw new Error(`${entry} is missing: npm run build makes it`);
  const commands = { sluice: [process.execPath, entry], helm: [helm] };
  const spent = Array.from({ length: 12 }, () =>
    Object.values(commands).map((command) => run([...command, 'template', 'rel', chart, '-n', 'ns'])),
  ).slice(1);
  const [ours = Number.NaN, theirs = Number.NaN] = Object.keys(commands).map((name, index) => {
    const wall = median(spent.map((round) => round[index]?.wallMs ?? Number.NaN));
    const cpu = median(spent.map((round) => round[index]?.cpuMs ?? Number.NaN));
    console.log(`  ${name.padEnd(6)} ${wall.toFixed(0)} ms, ${cpu.toFixed(0)} ms CPU`);
    return wall;
  });
  if (!(ours <= theirs)) failures.push(`${large} takes ${(ours / theirs).toFixed(2)} of the original's time`);
}

function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}

function checkMemory({ path, chart }: { readonly path: string; readonly chart: Chart }): void {
  const after = new Map<number, number>();
  for (let count = 1; count <= 10_000; count++) {
    render(chart, `rel-${count}`);
    if (count === 1000 || count === 10_000) after.set(count, heapMb());
  }
  const [first = Number.NaN, last = Number.NaN] = [after.get(1000), after.get(10_000)];
  console.log(`${basename(path)} 10,000 times: ${first.toFixed(1)} MB after 1,000, ${last.toFixed(1)} MB at the end`);
  if (!(last <= first * budget.growth)) failures.push('memory grows with the renderings');
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { helm: { type: 'string', default: 'helm' } },
  });
  if (positionals.length === 0) throw new Error('usage: node bench/helm.ts CHARTS... [--helm HELM]');
  const charts = renderable(positionals.flatMap(chartsBelow));
  const stack = charts.find(({ path }) => basename(path) === large);
  if (stack !== undefined) {
    const cost = warm(stack.chart, 40);
    console.log(`${large}, a further release in a warm process: ${cost.toFixed(1)} ms CPU`);
    if (!(cost <= budget.largeMs)) failures.push(`${large} takes ${cost.toFixed(1)} ms warm`);
    console.log(`${large}, as a command:`);
    compareCommands(stack.path, values.helm);
  }
  const costs = charts.map(({ path, chart }) => ({ path, chart, cost: warm(chart, 10) }));
  const middle = median(costs.map(({ cost }) => cost));
  console.log(`${charts.length} charts, warm: median ${middle.toFixed(2)} ms CPU`);
  if (!(middle < budget.medianMs)) failures.push(`the median chart takes ${middle.toFixed(2)} ms`);
  const [small] = costs.toSorted((a, b) => a.cost - b.cost).slice(costs.length >> 2);
  if (small !== undefined) checkMemory(small);
}

main();
for (const failure of failures) console.error(`missed: ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;

/**
 * Renders every chart below some folders with Helm and with our engine, and tells the differences.
 *
 * Usage: node tools/compare-helm.ts DIR... --helm PATH [--work FOLDER] [--timeout SECONDS] [--only REGEX]
 *
 * A folder is one repository in the table at the end. Each chart is rendered with its own values, and once more with
 * every values file in its `ci` folder. Charts that need others from elsewhere get these from the same folders, where a
 * chart of that name lies in them: copies are made in FOLDER, nothing is downloaded. Exits with 1 when anything differs.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { readChart } from '../src/cli/chart-directory.ts';
import { machineHost } from '../src/crypto/machine-host.ts';
import type { Chart } from '../src/engines/helm/chart/chart.ts';
import { manifestStream } from '../src/engines/helm/manifest-stream.ts';
import { defaultCapabilities } from '../src/engines/helm/render/capabilities.ts';
import { renderChart } from '../src/engines/helm/template.ts';
import { mergeUserValues } from '../src/engines/helm/values/user-values.ts';
import { type ChartVerdict, judgeCharts, type Output } from './conformance/chart-pair.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    helm: { type: 'string', default: 'helm' },
    work: { type: 'string' },
    timeout: { type: 'string', default: '60' },
    only: { type: 'string', default: '.' },
  },
});
const run = promisify(execFile);
const parallel = 2;

interface Pair {
  readonly root: string;
  /** The copy of the chart, with its dependencies. */
  readonly chart: string;
  readonly label: string;
  readonly valuesFile: string | undefined;
}

const read: { path: string; chart: Chart | undefined } = { path: '', chart: undefined };

if (positionals.length === 0) {
  console.error('usage: compare-helm DIR... --helm PATH');
  process.exitCode = 2;
} else await compareAll(positionals.map((dir) => resolve(dir)));

async function compareAll(roots: readonly string[]): Promise<void> {
  const work = resolve(flags.work ?? mkdtempSync(join(tmpdir(), 'compare-helm-')));
  const charts = roots.flatMap((root) => chartsBelow(root).map((dir) => ({ root, dir })));
  const library = new Map(charts.map(({ dir }) => [basename(dir), dir]));
  const pairs = charts.flatMap(({ root, dir }) => pairsOf(root, dir, work, library));
  const table: Record<string, Partial<Record<ChartVerdict, number>>> = {};
  const waiting = pairs.filter(({ label }) => new RegExp(flags.only).test(label));
  const worker = async (): Promise<void> => {
    for (let pair = waiting.shift(); pair !== undefined; pair = waiting.shift()) {
      const { verdict, detail } = await compare(pair);
      const name = basename(pair.root);
      const counts = table[name] ?? {};
      table[name] = counts;
      counts[verdict] = (counts[verdict] ?? 0) + 1;
      if (detail !== '') console.log(`${verdict}: ${pair.label}\n${detail}`);
      if (verdict === 'different' || verdict === 'only helm renders') process.exitCode = 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  console.table(table);
  if (flags.work === undefined) rmSync(work, { recursive: true, force: true });
}

/** Folders with a Chart.yaml, but for those within the `charts` of another one. */
function chartsBelow(root: string): readonly string[] {
  if (existsSync(join(root, 'Chart.yaml'))) return [root];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== '.git' && entry.name !== 'node_modules')
    .flatMap(({ name }) => chartsBelow(join(root, name)));
}

function pairsOf(root: string, dir: string, work: string, library: ReadonlyMap<string, string>): readonly Pair[] {
  const label = relative(join(root, '..'), dir);
  const copy = join(work, label.replaceAll('/', '+'), basename(dir));
  if (!existsSync(copy)) {
    mkdirSync(copy, { recursive: true });
    cpSync(dir, copy, { recursive: true, dereference: true });
    addDependencies(copy, library, 0);
  }
  const ci = join(dir, 'ci');
  const files = existsSync(ci) ? readdirSync(ci).filter((name) => /values\.ya?ml$/.test(name)) : [];
  return [
    { root, chart: copy, label, valuesFile: undefined },
    ...files.map((name) => ({ root, chart: copy, label: `${label} with ${name}`, valuesFile: join(ci, name) })),
  ];
}

/** Copies the charts that Chart.yaml names and `charts` does not have. */
function addDependencies(chart: string, library: ReadonlyMap<string, string>, depth: number): void {
  if (depth > 5) return;
  const declared = ['Chart.yaml', 'requirements.yaml']
    .filter((file) => existsSync(join(chart, file)))
    .flatMap((file) => [...readFileSync(join(chart, file), 'utf8').matchAll(/^\s*-?\s*name:\s*["']?([\w.-]+)/gm)]);
  const present = existsSync(join(chart, 'charts')) ? readdirSync(join(chart, 'charts')) : [];
  for (const [, name = ''] of declared) {
    const source = library.get(name);
    const isThere = present.some((file) => file === name || file.startsWith(`${name}-`));
    if (source === undefined || isThere || name === basename(chart)) continue;
    const target = join(chart, 'charts', name);
    if (existsSync(target)) continue;
    cpSync(source, target, { recursive: true, dereference: true });
    addDependencies(target, library, depth + 1);
  }
}

async function compare(pair: Pair): Promise<{ readonly verdict: ChartVerdict; readonly detail: string }> {
  const original = await byHelm(pair);
  const ours = byEngine(pair);
  const again = async (): Promise<Output> => byHelm(pair);
  return judgeCharts(original, ours, again);
}

async function byHelm({ chart, valuesFile }: Pair): Promise<Output> {
  const args = ['template', 'rel', chart, '--namespace', 'ns', ...(valuesFile === undefined ? [] : ['-f', valuesFile])];
  try {
    const { stdout } = await run(flags.helm, args, {
      timeout: Number(flags.timeout) * 1000,
      maxBuffer: 256 << 20,
      env: { ...process.env, TZ: 'UTC' },
    });
    return { output: stdout };
  } catch (error) {
    const { stderr = '' } = error as { readonly stderr?: string };
    return { error: stderr };
  }
}

function byEngine({ chart, valuesFile }: Pair): Output {
  try {
    const files = valuesFile === undefined ? [] : [{ name: valuesFile, text: readFileSync(valuesFile, 'utf8') }];
    const rendered = renderChart(chartAt(chart), {
      release: { name: 'rel', namespace: 'ns', revision: 1, isUpgrade: false },
      values: mergeUserValues({ files }, () => ''),
      capabilities: defaultCapabilities,
      host: machineHost,
      now: () => performance.now(),
    });
    return { output: manifestStream(rendered) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** The chart as it was read for the pair before, where that is the same. */
function chartAt(path: string): Chart {
  if (read.path !== path) {
    read.chart = readChart(path);
    read.path = path;
  }
  if (read.chart === undefined) throw new Error('no chart was read');
  return read.chart;
}

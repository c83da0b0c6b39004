/**
 * What a large Helm index costs: `node bench/helm-index.ts [--mb 50] [--original BINARY]`, after `npm run build`. An index
 * like that of a large public repository is served over HTTP; the source-controller, as a process of its own on a real API
 * server, makes it an artifact, and then twenty HelmCharts out of it. BINARY is Flux's source-controller, to stand beside;
 * the limit is raised for both, because Flux holds the artifact, which is larger than the index, against it too, and could
 * use no chart of it. Reads /proc: Linux alone.
 *
 * Budget, exit 1 when it is missed: an index of 50 MB below 300 MiB of peak RSS.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadAll } from 'js-yaml';
import { startControlPlane } from '../test/controlplane/control-plane.ts';
import type { ApiObject } from '../test/support/api-client.ts';
import { ChartRepository, packedChart } from '../test/support/chart-repository.ts';
import { condition, isReady } from '../test/support/conditions.ts';
import { freePort } from '../test/support/free-port.ts';
import { Kubectl, ref } from '../test/support/kubectl.ts';
import { ProcessGroup } from '../test/support/process-group.ts';

const { values } = parseArgs({ options: { mb: { type: 'string', default: '50' }, original: { type: 'string' } } });
const megabytes = Number(values.mb);
const maxPeakMiB = 300;
const charts = 20;
const apiVersion = 'source.toolkit.fluxcd.io/v1';
const root = join(import.meta.dirname, '..');
const ticksPerSecond = 100;

const demo = { name: 'demo', version: '1.0.0' };
const digest = createHash('sha256').update(packedChart(demo)).digest('hex');

function version(name: string, number: number): string {
  return `  - annotations:
      artifacthub.io/license: Apache-2.0
      artifacthub.io/links: |
        - name: Chart Source
          url: https://charts.example.com/source/${name}
    apiVersion: v2
    appVersion: v2.${number}.0
    created: "2026-01-12T09:15:37.40231${number}Z"
    dependencies:
    - condition: alertmanager.enabled
      name: alertmanager
      repository: https://charts.example.com/
      version: 1.12.*
    description: Something that is monitored, scaled, backed up and restored, number ${number}.
    digest: ${digest}
    home: https://charts.example.com/
    keywords:
    - monitoring
    - metrics
    kubeVersion: '>=1.19.0-0'
    maintainers:
    - email: somebody@example.com
      name: somebody
    name: ${name}
    sources:
    - https://charts.example.com/source/${name}
    type: application
    urls:
    - demo-1.0.0.tgz
    version: 25.${number}.0
`;
}

/** An index of about so many bytes, a hundred versions to a chart. */
function index(bytes: number): Buffer {
  const parts = [Buffer.from('apiVersion: v1\nentries:\n')];
  let size = 0;
  for (let chart = 0; size < bytes; chart++) {
    const name = `chart-${String(chart).padStart(4, '0')}`;
    const versions = Array.from({ length: 100 }, (_, at) => version(name, 99 - at)).join('');
    parts.push(Buffer.from(`  ${name}:\n${versions}`));
    size += versions.length;
  }
  return Buffer.concat([...parts, Buffer.from('generated: "2026-01-12T09:15:37Z"\n')]);
}

interface Measured {
  readonly indexMs: number;
  readonly chartsMs: number;
  readonly cpuMs: number;
  readonly idleMiB: number;
  readonly peakMiB: number;
}

async function statusOf(pid: number, field: string): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(text)?.[1] ?? 0) / 1024;
}

async function cpuMs(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

async function measure(
  program: readonly string[],
  kubeconfig: string,
  kubectl: Kubectl,
  url: string,
): Promise<Measured> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  await using group = new ProcessGroup([dir]);
  const address = `127.0.0.1:${await freePort()}`;
  const [command = '', ...first] = program;
  const storage = [`--storage-path=${dir}`, `--storage-addr=${address}`, `--storage-adv-addr=${address}`];
  const flags = [...storage, `--helm-index-max-size=${megabytes * 2_000_000}`];
  const ports = [`--metrics-addr=127.0.0.1:${await freePort()}`, `--health-addr=127.0.0.1:${await freePort()}`];
  const env = { PATH: process.env['PATH'] ?? '', HOME: dir, KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: 'default' };
  const { child } = await group.spawn(command, [...first, ...flags, ...ports], { cwd: root, env });
  const pid = child.pid ?? 0;
  child.stdout?.resume();
  child.stderr?.resume();
  const apply = (kind: string, name: string, spec: object): Promise<readonly ApiObject[]> =>
    kubectl.apply([{ apiVersion, kind, metadata: { name }, spec: { interval: '1h', ...spec } }]);
  const ready = (kind: string, name: string): Promise<ApiObject> =>
    kubectl.waitFor(ref(apiVersion, kind, name), 'ready', isReady);

  await apply('HelmRepository', 'warm', { url: `${url}/small` });
  await ready('HelmRepository', 'warm');
  const [idleMiB, idleCpu] = [await statusOf(pid, 'VmRSS'), await cpuMs(pid)];
  const begun = performance.now();
  await apply('HelmRepository', 'charts', { url });
  await ready('HelmRepository', 'charts');
  const indexed = performance.now();
  const names = Array.from({ length: charts }, (_, at) => `chart-${String(at).padStart(4, '0')}`);
  const sourceRef = { kind: 'HelmRepository', name: 'charts' };
  await Promise.all(names.map((name) => apply('HelmChart', name, { chart: name, sourceRef })));
  await Promise.all(names.map((name) => ready('HelmChart', name)));
  const done = performance.now();
  const measured = {
    indexMs: indexed - begun,
    chartsMs: done - indexed,
    cpuMs: (await cpuMs(pid)) - idleCpu,
    idleMiB,
    peakMiB: await statusOf(pid, 'VmHWM'),
  };
  for (const kind of ['HelmChart', 'HelmRepository']) {
    for (const object of await kubectl.list(apiVersion, kind)) {
      await kubectl.delete(object);
      await kubectl.waitGone(object);
    }
  }
  return measured;
}

await using server = await ChartRepository.start();
server.add(demo);
const small = Buffer.from(server.indexOfCharts());
const large = index(megabytes * 1_000_000);
server.indexFor = (path) => (path.startsWith('/small') ? small : large);
const plane = await startControlPlane({ controllers: [] });
try {
  const cluster = new Kubectl(plane.admin);
  const crds = join(root, 'config/crd');
  const files = (await readdir(crds)).filter((name) => name.startsWith('source.'));
  const definitions = await Promise.all(files.map(async (name) => loadAll(await readFile(join(crds, name), 'utf8'))));
  for (const crd of await cluster.apply(definitions.flat() as object[]))
    await cluster.waitFor(crd, 'established', (object) => condition(object, 'Established')?.status === 'True');
  const kubectl = await cluster.createNamespace('bench');
  const programs: readonly (readonly [string, readonly string[]])[] = [
    ['sluice', [process.execPath, join(root, 'dist', 'main.js'), 'source-controller']],
    ...(values.original === undefined ? [] : [['original', [values.original]] as const]),
  ];
  console.log(`an index of ${(large.length / 1e6).toFixed(1)} MB, then ${charts} charts of it`);
  for (const [name, program] of programs) {
    const {
      indexMs,
      chartsMs,
      cpuMs: cpu,
      idleMiB,
      peakMiB,
    } = await measure(program, plane.kubeconfig, kubectl, server.url);
    const times = `index ${(indexMs / 1000).toFixed(1)} s, charts ${(chartsMs / 1000).toFixed(1)} s`;
    const costs = `CPU ${(cpu / 1000).toFixed(1)} s, RSS ${idleMiB.toFixed(0)} MiB idle, ${peakMiB.toFixed(0)} MiB peak`;
    console.log(`${name.padEnd(10)}${times}, ${costs}`);
    if (name === 'sluice' && peakMiB > maxPeakMiB) {
      console.log(`  more than ${maxPeakMiB} MiB`);
      process.exitCode = 1;
    }
  }
} finally {
  await plane.stop();
}

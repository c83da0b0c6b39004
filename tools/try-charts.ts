/**
 * Installs, upgrades and uninstalls charts on a control plane of its own, and tells what is left of each.
 *
 * Usage: node tools/try-charts.ts CHART... [--values FILE] [--timeout SECONDS]
 *
 * A chart is a directory or a .tgz with its dependencies. It is installed with these values over its own, waited for,
 * looked at for drift, upgraded to a later version of itself (all labels with the version change), and uninstalled.
 * Objects must keep their uids in the upgrade, and none may be left but those that are kept and definitions of `crds`.
 * Exits with 1 when anything is wrong.
 */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readChart } from '../src/cli/chart-directory.ts';
import type { ActionContext } from '../src/controllers/helm/actions/context.ts';
import { detectDrift, hasDrift } from '../src/controllers/helm/actions/detect-drift.ts';
import { summarizeDrift } from '../src/controllers/helm/actions/drift-summary.ts';
import { install } from '../src/controllers/helm/actions/install.ts';
import { buildObjects, type ReleaseObject } from '../src/controllers/helm/actions/objects.ts';
import { KEEP, look, RESOURCE_POLICY } from '../src/controllers/helm/actions/release-objects.ts';
import { uninstall } from '../src/controllers/helm/actions/uninstall.ts';
import { upgrade } from '../src/controllers/helm/actions/upgrade.ts';
import type { Chart } from '../src/engines/helm/chart/chart.ts';
import type { ReleaseRecord } from '../src/engines/helm/release/record.ts';
import { createClient } from '../src/kube/http-client.ts';
import { loadConnection } from '../src/kube/kubeconfig.ts';
import { parseYaml } from '../src/yaml/parse.ts';
import { startControlPlane } from '../test/controlplane/control-plane.ts';
import { actionBench, chartInput, installing, uninstalling, upgrading } from '../test/support/helm-actions.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { timeout: { type: 'string', default: '120' }, values: { type: 'string' } },
});
const values = (flags.values === undefined ? {} : parseYaml(readFileSync(flags.values, 'utf8'))) as Record<
  string,
  unknown
>;
const wait = { timeoutMs: Number(flags.timeout) * 1_000, strategy: 'watcher', forJobs: true } as const;

let requests = 0;
const plane = await startControlPlane({ kwok: 2 });
const client = createClient(await loadConnection({ kubeconfig: plane.kubeconfig, inCluster: false }), {
  qps: 0,
  onRequest: () => {
    requests++;
  },
});

try {
  for (const path of positionals) {
    const name = basename(path, '.tgz');
    try {
      console.log(`${name}: ${await tryChart(name, readChart(resolve(path)))}`);
    } catch (error) {
      process.exitCode = 1;
      console.log(`${name}: FAILED ${error instanceof Error ? error.message : String(error)}`);
    }
  }
} finally {
  await client.close();
  await plane.stop();
}

async function tryChart(name: string, chart: Chart): Promise<string> {
  const namespace = await client.discovery.resourceFor({ group: '', version: 'v1', kind: 'Namespace' });
  await client.create(namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const { context, cache } = actionBench(client, name, { name, signal: AbortSignal.timeout(600_000) });
  try {
    const input = chartInput(chart, values, { client, release: context.release });
    const first = await counted(() => install(context, installing(input, { wait, crds: 'CreateReplace' })));
    const objects = await objectsOf(first.result, context);
    const before = await uidsOf(objects, context);
    const drift = await detectDrift(context, first.result, { ignore: [] });
    if (hasDrift(drift.diffs) || drift.errors.length > 0) {
      throw new Error(`drift: ${[summarizeDrift(drift.diffs), ...drift.errors].join('\n')}`);
    }
    const later = { ...chart, metadata: { ...chart.metadata, version: nextMinor(chart.metadata.version) } };
    const next = chartInput(later, values, { client, release: context.release });
    const second = await counted(() => upgrade(context, upgrading(next, { wait, crds: 'CreateReplace' })));
    const after = await uidsOf(objects, context);
    const anew = [...before].filter(([key, uid]) => after.has(key) && after.get(key) !== uid).map(([key]) => key);
    if (anew.length > 0) throw new Error(`made anew: ${anew.join(', ')}`);
    const third = await counted(() => uninstall(context, uninstalling({ wait })));
    const all = [...objects, ...(await objectsOf(second.result, context))];
    const left = await uidsOf(
      all.filter(({ object }) => object.metadata.annotations?.[RESOURCE_POLICY] !== KEEP),
      context,
    );
    if (left.size > 0) throw new Error(`left: ${[...left.keys()].join(', ')}`);
    const seconds = [first, second, third].map(({ ms }) => (ms / 1_000).toFixed(1)).join(' / ');
    const asked = [first, second, third].map((one) => one.requests).join(' / ');
    const hooks = first.result.hooks.length;
    return `${objects.length} objects, ${hooks} hooks; requests ${asked}; seconds ${seconds}`;
  } finally {
    cache.close();
  }
}

async function counted<T>(run: () => Promise<T>): Promise<{ result: T; requests: number; ms: number }> {
  const [asked, began] = [requests, performance.now()];
  const result = await run();
  return { result, requests: requests - asked, ms: performance.now() - began };
}

function objectsOf({ manifest }: ReleaseRecord, { release, signal }: ActionContext): Promise<readonly ReleaseObject[]> {
  return buildObjects(manifest, { client, namespace: release.namespace, signal });
}

/** Of those that are there. */
async function uidsOf(objects: readonly ReleaseObject[], context: ActionContext): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const item of objects) {
    const live = await look(item, context);
    const { kind, namespace, name } = item.ref;
    if (live !== undefined) found.set(`${kind}/${namespace}/${name}`, live.metadata.uid ?? '');
  }
  return found;
}

function nextMinor(version: string): string {
  const [major = '0', minor = '0'] = version.replace(/^v/, '').split('.');
  return `${major}.${Number(minor) + 1}.0`;
}

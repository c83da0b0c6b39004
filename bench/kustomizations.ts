/**
 * What Kustomizations cost: N of them with five objects each, out of one repository, are installed, upgraded, asked for
 * without news, one of them is changed, and its objects are changed by hand; then ten that depend on each other. Runs the controllers against a control
 * plane of its own, on loopback, and counts the kustomize-controller's API requests by the audit log.
 *
 * `node bench/kustomizations.ts [--count 100] [--entry dist/main.js]`; exits 1 when a budget is missed. The memory budget
 * is that of the compiled program with 500 Kustomizations.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Kustomization, kustomizationKind } from '../src/crds/kustomize/kustomization.ts';
import { createClient } from '../src/kube/http-client.ts';
import { loadConnection } from '../src/kube/kubeconfig.ts';
import type { KubeObject } from '../src/kube/object.ts';
import { mapLimited } from '../src/lib/async.ts';
import { isRecord } from '../src/lib/json.ts';
import { Environment } from '../test/support/environment.ts';
import type { Tenant } from '../test/support/tenant.ts';
import { appAt } from './support/app.ts';
import { Board } from './support/board.ts';
import { type Cost, Gauge } from './support/gauge.ts';
import { type Figure, report } from './support/report.ts';

const { values } = parseArgs({ options: { count: { type: 'string', default: '100' }, entry: { type: 'string' } } });
const count = Number(values.count);
const chained = 10;
const deadlineMs = 300_000;
const kind = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' };
/** Budgets of totals were set for 500 Kustomizations. */
const scale = Math.max(count, 100) / 500;

const figures: Figure[] = [];
const environment = await Environment.start({
  audit: true,
  ...(values.entry === undefined ? {} : { entry: resolve(values.entry) }),
});
const client = createClient(await loadConnection({ kubeconfig: environment.plane.kubeconfig }));
try {
  await apps();
  await chain();
} finally {
  await client.close();
  await environment.stop();
}
const over = report(figures);
for (const { phase, name, value, budget } of over)
  console.error(`over budget: ${phase}, ${name}: ${value} > ${budget}`);
process.exitCode = over.length === 0 ? 0 : 1;

async function apps(): Promise<void> {
  const tenant = await environment.tenant('apps');
  const board = new Board(client, kustomizationKind, tenant.namespace);
  const names = Array.from({ length: count }, (_, i) => `app-${i}`);
  const files = (release: string, some = names) =>
    Object.assign({}, ...some.map((name) => appAt(`apps/${name}`, name, release)));
  let sha = await tenant.commit(files('a'));
  await fetched(tenant);

  await phase('install', 30_000 * scale, { each: 10 }, async () => {
    board.aim(hasApplied(sha));
    const spec = (name: string) => ({ path: `apps/${name}`, wait: true, timeout: '1m', retryInterval: '2m' });
    await mapLimited(names, 8, (name) => tenant.kustomization(spec(name), name));
    return board.reached(count, deadlineMs);
  });
  await phase('upgrade of 2 of 5 objects', undefined, { each: 5 }, async () => {
    sha = await tenant.commit(files('b'));
    board.aim(hasApplied(sha));
    await tenant.fetch();
    return board.reached(count, deadlineMs);
  });
  await phase('no-op', undefined, { each: 1, cpuEach: 5 }, async () => {
    const token = `${Date.now()}`;
    board.aim((object) => statusOf(object).lastHandledReconcileAt === token);
    await mapLimited(names, 8, (name) => ask(tenant, name, token));
    return board.reached(count, deadlineMs);
  });
  await phase('one of all changed', 10_000, { total: 1.2 * count, cpuTotal: 6_000 * scale, loop: 50 }, async () => {
    const last = names.slice(-1);
    sha = await tenant.commit(files('c', last));
    board.aim(hasApplied(sha));
    const asked = performance.now();
    const applied = tenant.kubectl.waitFor(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `app-${count - 1}` } },
      'applied',
      (object) => (object['data'] as { readonly release?: string }).release === 'c',
    );
    await tenant.fetch();
    await applied;
    figure('one of all changed', 'that one is applied', performance.now() - asked, 'ms', 2_000);
    return board.reached(count, deadlineMs);
  });
  await drift(tenant, names.slice(0, 1));
  await phase('delete', undefined, {}, async () => {
    await mapLimited(names, 8, (name) => tenant.kubectl.delete({ ...kind, metadata: { name } }));
    await board.empty(deadlineMs);
    return [];
  });
  board.close();
}

/** What is changed or deleted by hand is put right, with an interval of an hour. */
async function drift(tenant: Tenant, [name = '']: readonly string[]): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
  const { data } = await tenant.kubectl.get(object);
  const isBack = (now: { readonly [field: string]: unknown }): boolean =>
    JSON.stringify(now['data']) === JSON.stringify(data);
  const changes = {
    'changed by hand': () => tenant.kubectl.patch(object, { data: { release: 'by hand' } }),
    'deleted by hand': () => tenant.kubectl.delete(object),
  };
  for (const [what, change] of Object.entries(changes)) {
    const took: number[] = [];
    for (let round = 0; round < 3; round++) {
      await change();
      const changedAt = performance.now();
      await tenant.kubectl.waitFor(object, 'as it was', isBack);
      took.push(performance.now() - changedAt);
      await tenant.ready(name);
    }
    figure(what, 'put right again, the slowest of 3', Math.max(...took), 'ms', 1_000);
  }
}

/** Each depends on the one before; a commit passes through all of them. */
async function chain(): Promise<void> {
  const tenant = await environment.tenant('chain');
  const board = new Board(client, kustomizationKind, tenant.namespace);
  const names = Array.from({ length: chained }, (_, i) => `app-${i}`);
  const files = (release: string) => Object.assign({}, ...names.map((name) => appAt(name, name, release)));
  let sha = await tenant.commit(files('a'));
  await fetched(tenant);
  await phase('chain of ten, install', undefined, {}, async () => {
    board.aim(hasApplied(sha));
    for (const [i, name] of names.entries()) {
      const dependsOn = i === 0 ? [] : [{ name: `app-${i - 1}` }];
      await tenant.kustomization({ path: name, wait: true, dependsOn }, name);
    }
    return board.reached(chained, deadlineMs);
  });
  await phase('chain of ten, a new revision', 5_000, {}, async () => {
    sha = await tenant.commit(files('b'));
    board.aim(hasApplied(sha));
    await tenant.fetch();
    return board.reached(chained, deadlineMs);
  });
  board.close();
}

interface Budgets {
  /** Requests for each Kustomization, and CPU milliseconds. */
  readonly each?: number;
  readonly cpuEach?: number;
  /** Requests for all, and CPU milliseconds of both controllers. */
  readonly total?: number;
  readonly cpuTotal?: number;
  /** The event loop's delay, milliseconds at the 99th percentile. */
  readonly loop?: number;
}

/** Measures what is done until all have got there; `lastMs` is the budget for the last one. */
async function phase(
  name: string,
  lastMs: number | undefined,
  budgets: Budgets,
  run: () => Promise<readonly number[]>,
): Promise<void> {
  const gauge = await Gauge.start(environment);
  const startedAt = performance.now();
  const times = await run();
  const took = times.map((at) => at - startedAt);
  const cost = await gauge.stop();
  if (took.length > 0) figure(name, 'the last one is ready', Math.max(...took), 'ms', lastMs);
  costs(name, cost, budgets);
}

function costs(name: string, { requests, cpuMs, peakMiB, loopMs }: Cost, budgets: Budgets): void {
  const total = [...requests.values()].reduce((sum, some) => sum + some, 0);
  figure(name, 'requests', total, '', budgets.total);
  if (budgets.each !== undefined) figure(name, 'requests for each', total / count, '', budgets.each);
  figure(name, 'CPU of both controllers', cpuMs.kustomize + cpuMs.source, 'ms', budgets.cpuTotal);
  if (budgets.cpuEach !== undefined) figure(name, 'CPU for each', cpuMs.kustomize / count, 'ms', budgets.cpuEach);
  figure(name, 'event loop, p99', loopMs, 'ms', budgets.loop);
  figure(name, 'resident memory, peak', peakMiB, 'MiB', values.entry === undefined ? undefined : 160);
  const kinds = [...requests].sort(([, a], [, b]) => b - a).map(([what, some]) => `${some} ${what}`);
  console.log(`${name}: ${kinds.join(', ') || 'no request'}`);
}

function figure(phaseName: string, name: string, value: number, unit: string, budget?: number): void {
  figures.push({
    phase: phaseName,
    name,
    value,
    unit,
    ...(budget === undefined ? {} : { budget: Math.round(budget) }),
  });
}

function hasApplied(sha: string): (object: KubeObject) => boolean {
  return (object) => {
    const { lastAppliedRevision, observedGeneration } = statusOf(object);
    return lastAppliedRevision?.endsWith(sha) === true && observedGeneration === object.metadata.generation;
  };
}

function statusOf(object: KubeObject): NonNullable<Kustomization['status']> {
  return (object['status'] ?? {}) as NonNullable<Kustomization['status']>;
}

/** Adds the source, and waits until it has files. */
async function fetched(tenant: Tenant): Promise<void> {
  const source = await tenant.source();
  await tenant.kubectl.waitFor(source, 'fetched', ({ status }) => isRecord(status) && status['artifact'] !== undefined);
}

async function ask(tenant: Tenant, name: string, token: string): Promise<void> {
  await tenant.kubectl.annotate({ ...kind, metadata: { name } }, { 'reconcile.fluxcd.io/requestedAt': token });
}

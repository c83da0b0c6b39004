/**
 * What the API-server client costs: server-side apply of 500 ConfigMaps (requests a second, CPU per request) and the
 * memory that 5,000 watched ConfigMaps take when only their metadata is asked for. Runs against a control plane of its
 * own, on loopback: `node --expose-gc bench/kube-apply.ts`. Exits 1 when a budget is missed.
 */
import { createClient } from '../src/kube/http-client.ts';
import { loadConnection } from '../src/kube/kubeconfig.ts';
import type { KubeObject, PartialObject, ResourceType } from '../src/kube/object.ts';
import { startControlPlane } from '../test/controlplane/control-plane.ts';

const applies = 500;
const rounds = 5;
const concurrency = 8;
const watched = 5_000;
const budget = { cpuMsPerApply: 0.3, watchedHeapMb: 15 };

const configMaps: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

function configMap(name: string, bytes: number, label: string): KubeObject {
  const metadata = { name, namespace: 'default', labels: { 'app.kubernetes.io/name': name, round: label } };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { text: 'x'.repeat(bytes) } };
}

/** Runs `task` for 0 to `count` - 1, a few at a time. */
async function spread(count: number, task: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}

const plane = await startControlPlane({ controllers: [], log: () => {} });
const client = createClient(await loadConnection({ kubeconfig: plane.kubeconfig }), { qps: -1 });
const failures: string[] = [];
try {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 1; round <= rounds; round++) {
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    const options = { fieldManager: 'bench', force: true };
    await spread(applies, (i) => client.apply(configMaps, configMap(`apply-${i}`, 500, `r${round}`), options));
    const { user, system } = process.cpuUsage(cpu);
    const cpuMs = (user + system) / 1000 / applies;
    best = Math.min(best, cpuMs);
    const perSecond = Math.round((applies * 1000) / (performance.now() - startedAt));
    console.log(`apply, round ${round}: ${perSecond} requests/s, ${cpuMs.toFixed(3)} ms CPU each`);
  }
  if (best > budget.cpuMsPerApply) failures.push(`an apply takes ${best.toFixed(3)} ms CPU`);

  await spread(watched, (i) => client.create(configMaps, configMap(`watched-${i}`, 5_000, 'w')));
  const before = heapMb();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const objects = new Map<string, PartialObject>();
  const stop = new AbortController();
  await new Promise<void>((resolve, reject) => {
    client.watch<PartialObject>(
      configMaps,
      {
        signal: stop.signal,
        metadataOnly: true,
        labelSelector: 'round=w',
        trim: ({ apiVersion, kind, metadata: { managedFields: _left, ...metadata } }) => ({
          apiVersion,
          kind,
          metadata,
        }),
      },
      {
        replace(all) {
          for (const object of all) objects.set(object.metadata.name, object);
          resolve();
        },
        upsert() {},
        remove() {},
        error: reject,
      },
    );
  });
  const took = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  const heap = heapMb() - before;
  stop.abort();
  console.log(
    `watch of ${objects.size}: ${heap.toFixed(1)} MB heap, ${took.toFixed(0)} ms, ${((user + system) / 1000).toFixed(0)} ms CPU`,
  );
  if (objects.size !== watched) failures.push(`${objects.size} of ${watched} objects were seen`);
  if (heap > budget.watchedHeapMb) failures.push(`${watched} watched objects take ${heap.toFixed(1)} MB`);
  console.log(`resident: ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`);
} finally {
  await client.close();
  await plane.stop();
}
for (const failure of failures) console.error(`over budget: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;

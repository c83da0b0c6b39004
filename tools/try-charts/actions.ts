import type { ActionContext } from '../../src/controllers/helm/actions/context.ts';
import { detectDrift, hasDrift } from '../../src/controllers/helm/actions/detect-drift.ts';
import { summarizeDrift } from '../../src/controllers/helm/actions/drift-summary.ts';
import { install } from '../../src/controllers/helm/actions/install.ts';
import { buildObjects, type ReleaseObject } from '../../src/controllers/helm/actions/objects.ts';
import { KEEP, look, RESOURCE_POLICY } from '../../src/controllers/helm/actions/release-objects.ts';
import { uninstall } from '../../src/controllers/helm/actions/uninstall.ts';
import { upgrade } from '../../src/controllers/helm/actions/upgrade.ts';
import type { ReleaseRecord } from '../../src/engines/helm/release/record.ts';
import { createClient } from '../../src/kube/http-client.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import { startControlPlane } from '../../test/controlplane/control-plane.ts';
import { actionBench, chartInput, installing, uninstalling, upgrading } from '../../test/support/helm-actions.ts';
import type { Trial, Trials } from './trial.ts';

/** Trials by the actions alone: no controller runs, and no source is read. */
export async function tryActions(timeoutMs: number): Promise<Trials> {
  const wait = { timeoutMs, strategy: 'watcher', forJobs: true } as const;
  let requests = 0;
  const plane = await startControlPlane({ kwok: 2 });
  const client = createClient(await loadConnection({ kubeconfig: plane.kubeconfig, inCluster: false }), {
    qps: 0,
    onRequest: () => {
      requests++;
    },
  });
  return {
    run: tryChart,
    stop: async () => {
      await client.close();
      await plane.stop();
    },
  };

  async function tryChart({ chart, next: later, values }: Trial): Promise<string> {
    const { name } = chart.metadata;
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

  function objectsOf(
    { manifest }: ReleaseRecord,
    { release, signal }: ActionContext,
  ): Promise<readonly ReleaseObject[]> {
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
}

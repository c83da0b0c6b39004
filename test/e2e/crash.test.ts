import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ApiObject } from '../support/api-client.ts';
import { type AuditMark, Environment } from '../support/environment.ts';
import { configMap, manifest } from '../support/manifests.ts';
import { seededRandom } from '../support/random.ts';
import { inventoryIds, kustomizeApi, type Tenant } from '../support/tenant.ts';
import { waitFor } from '../support/wait-for.ts';

const seed = 20_261_122;
const rounds = 8;
const ownerGroup = 'kustomize.toolkit.fluxcd.io';

/** Kinds that the Kustomizations of this file make, and so all places where something could be forgotten. */
const kinds = [
  { group: '', kind: 'Namespace', path: '/api/v1/namespaces' },
  { group: '', kind: 'ConfigMap', path: '/api/v1/configmaps' },
  { group: '', kind: 'ServiceAccount', path: '/api/v1/serviceaccounts' },
  {
    group: 'rbac.authorization.k8s.io',
    kind: 'ClusterRole',
    path: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  },
] as const;

describe(`a kustomize-controller that is killed (seed ${seed})`, () => {
  let environment: Environment;
  before(async () => {
    environment = await Environment.start({ audit: true, kustomizeFlags: ['--concurrent-ssa=2'] });
  });
  after(() => environment?.stop());

  it('never leaves an object behind that no inventory knows', async () => {
    const random = seededRandom(seed);
    const team = await environment.tenant('crash');
    await team.install({ 'all.yaml': objects(team, [], 0) }, { targetNamespace: undefined, retryInterval: '1s' });
    await team.ready();
    let sha = '';
    for (let round = 1; round <= rounds; round++) {
      const kept = Array.from({ length: 40 }, (_, index) => index).filter(() => random() < 0.5);
      const mark = await environment.auditMark();
      sha = await team.push({ 'all.yaml': objects(team, kept, round) });
      await killAfter(Math.floor(random() * (kept.length + 10)), mark);
      await assertKnown(team, round);
      await environment.startKustomize();
    }
    const inventory = inventoryIds(await team.applied(sha)).toSorted();
    assert.deepEqual(await owned(team), inventory);

    for (let round = 1; round <= 3; round++) {
      const mark = await environment.auditMark();
      if (round === 1) sha = await team.push({ 'all.yaml': null, 'README.md': 'nothing to apply' });
      await killAfter(Math.floor(random() * 12), mark);
      await assertKnown(team, rounds + round);
      await environment.startKustomize();
    }
    assert.deepEqual(inventoryIds(await team.applied(sha)), []);
    assert.deepEqual(await owned(team), []);
  });

  it('goes on with a deletion', async () => {
    const team = await environment.tenant('crash');
    const all = Array.from({ length: 40 }, (_, index) => index);
    await team.install({ 'all.yaml': objects(team, all, 0) }, { targetNamespace: undefined });
    await team.ready();
    const mark = await environment.auditMark();
    await team.kubectl.delete(team.app());
    await killAfter(20, mark);
    await assertKnown(team, 0);
    await environment.startKustomize();
    await team.kubectl.waitGone(team.app());
    assert.deepEqual(await owned(team), []);
  });

  /** Kills the controller as soon as the API server has had so many of its writes. */
  async function killAfter(writes: number, mark: AuditMark): Promise<void> {
    await waitFor(
      async () => {
        const requests = await environment.requestsSince(mark, 'kustomize-controller');
        const done = requests.filter(({ verb, dryRun }) => !dryRun && (verb === 'patch' || verb === 'delete'));
        return done.length >= writes;
      },
      `${writes} writes`,
      { intervalMs: 2, deadlineMs: 2_000 },
    ).catch(() => undefined); // fewer writes were needed: killed while idle
    await environment.kustomize.kill();
  }

  /** Everything that carries the owner's labels is in its inventory. */
  async function assertKnown(team: Tenant, round: number): Promise<void> {
    const present = await owned(team);
    const [app] = await team.kubectl.list(kustomizeApi, 'Kustomization');
    const known = new Set(app === undefined ? [] : inventoryIds(app));
    assert.deepEqual(
      present.filter((id) => !known.has(id)),
      [],
      `unknown objects in round ${round}`,
    );
  }

  /** Inventory ids of all objects that the tenant's Kustomization owns and that are not being deleted, sorted. */
  async function owned({ namespace }: Tenant): Promise<readonly string[]> {
    const labelSelector = `${ownerGroup}/name=app,${ownerGroup}/namespace=${namespace}`;
    const ids: string[] = [];
    for (const { group, path, kind } of kinds) {
      const { items } = await environment.plane.admin.call<{ items: ApiObject[] }>('GET', path, {
        query: { labelSelector },
      });
      for (const { metadata } of items.filter(({ metadata }) => metadata['deletionTimestamp'] === undefined)) {
        ids.push(`${metadata.namespace ?? ''}_${metadata.name}_${group}_${kind}`);
      }
    }
    return ids.sort();
  }
});

/**
 * Objects of all stages: a Namespace and ClusterRoles, then ConfigMaps in that namespace and the tenant's own,
 * and ServiceAccounts. Those that stay change with every round.
 */
function objects({ namespace }: Tenant, indexes: readonly number[], round: number): string {
  const inner = `${namespace}-inner`;
  const some = indexes.map((index) => {
    const name = `${namespace}-${index}`;
    const labels = { round: String(round) };
    switch (index % 4) {
      case 0:
        return {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name, labels },
          rules: [],
        };
      case 1:
        return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } };
      case 2:
        return configMap(name, {}, { namespace, labels });
      default:
        return configMap(name, {}, { namespace: inner, labels });
    }
  });
  return manifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: inner } }, ...some);
}

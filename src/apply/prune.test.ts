import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiError, FakeServer, resource } from '../../test/support/fake-client.ts';
import { KUSTOMIZE_GROUP, ownerLabels } from '../crds/meta/names.ts';
import type { KubeObject } from '../kube/object.ts';
import { Applier } from './applier.ts';
import { changeLog } from './change-set.ts';
import { pruneFailureMessage } from './prune.ts';

const owner = { name: 'app', namespace: 'flux' };
const nameLabel = `${KUSTOMIZE_GROUP}/name`;

function owned(name: string, kind = 'ConfigMap', labels: Readonly<Record<string, string>> = {}): KubeObject {
  const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1';
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: 'ns', labels: { ...ownerLabels(KUSTOMIZE_GROUP, owner), ...labels } },
  };
}

function setup(...objects: readonly KubeObject[]) {
  const server = new FakeServer();
  for (const object of objects) server.edit(object, 'setup');
  const applier = new Applier({ client: server.client(), fieldManager: 'k', ownerGroup: KUSTOMIZE_GROUP });
  return {
    server,
    async prune(...ids: readonly string[]): Promise<string> {
      const entries = ids.map((id) => ({ id, v: 'v1' }));
      const { changes, failed } = await applier.prune(entries, { owner, signal: AbortSignal.timeout(10_000) });
      return [changeLog(changes), ...(failed.length === 0 ? [] : [pruneFailureMessage(failed)])].join('\n');
    },
  };
}

test('one read and one delete per object', async () => {
  const { server, prune } = setup(owned('a'));
  assert.equal(await prune('ns_a__ConfigMap'), 'ConfigMap/ns/a deleted');
  assert.deepEqual(server.taken(), ['get ConfigMap/a', 'delete ConfigMap/a']);
  assert.equal(await prune('ns_a__ConfigMap'), 'ConfigMap/ns/a deleted');
  assert.deepEqual(server.taken(), ['get ConfigMap/a']);
});

test('an object that is taken over between the look and the deletion stays', async () => {
  const { server, prune } = setup(owned('a'));
  server.answer = ({ verb }) => {
    if (verb === 'delete') server.edit(owned('a', 'ConfigMap', { [nameLabel]: 'other' }), 'kustomize-controller');
    return undefined;
  };
  assert.equal(await prune('ns_a__ConfigMap'), 'ConfigMap/ns/a skipped');
  assert.ok(server.find('ConfigMap', 'a'));
});

test('an object that is re-created in between by somebody else stays', async () => {
  const { server, prune } = setup(owned('a'));
  server.answer = ({ verb }) => {
    if (verb !== 'delete') return undefined;
    server.objects.clear();
    server.edit({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'ns' } }, 'someone');
    server.answer = () => undefined;
    return undefined;
  };
  assert.equal(await prune('ns_a__ConfigMap'), 'ConfigMap/ns/a skipped');
  assert.ok(server.find('ConfigMap', 'a'));
});

test('an object that changes all the time is looked at again, and left for later in the end', async () => {
  const { server, prune } = setup(owned('a'));
  let changes = 0;
  const limit = { most: 3 };
  server.answer = ({ verb }) => {
    if (verb === 'delete' && changes < limit.most)
      server.edit({ ...owned('a'), data: { n: String(++changes) } }, 'busy');
    return undefined;
  };
  assert.equal(await prune('ns_a__ConfigMap'), 'ConfigMap/ns/a deleted');
  server.edit(owned('a'), 'setup');
  limit.most = 1_000;
  assert.match(await prune('ns_a__ConfigMap'), /delete failed, errors: ConfigMap\/ns\/a delete failed: .*modified/);
  assert.ok(server.find('ConfigMap', 'a'));
});

test('what is on its way out is not asked to go again', async () => {
  const object = owned('a');
  const { server, prune } = setup({ ...object, metadata: { ...object.metadata, finalizers: ['hold'] } });
  assert.equal(await prune('ns_a__ConfigMap'), 'ConfigMap/ns/a deleted');
  server.taken();
  assert.equal(await prune('ns_a__ConfigMap'), 'ConfigMap/ns/a deleted');
  assert.deepEqual(server.taken(), ['get ConfigMap/a']);
});

test('in reverse order, and each failure by itself', async () => {
  const { server, prune } = setup(owned('a'), owned('b'), owned('s', 'Secret'), owned('d', 'Deployment'));
  server.answer = ({ verb, name }) =>
    verb === 'get' && name === 'b' ? apiError(500, 'InternalError', 'etcd') : undefined;
  assert.equal(
    await prune('ns_a__ConfigMap', 'ns_b__ConfigMap', 'ns_s__Secret', 'ns_d_apps_Deployment', 'junk'),
    'Deployment/ns/d deleted\nSecret/ns/s deleted\nConfigMap/ns/a deleted\ndelete failed, errors: ConfigMap/ns/b query failed: etcd;junk query failed: unable to parse stored object metadata: junk;',
  );
});

test('a kind that is not served', async () => {
  const crd = (name: string, group: string, kind: string): KubeObject => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural: name.split('.')[0] },
      versions: [{ name: 'v2', served: true }],
    },
  });
  const service = (name: string, spec: unknown): KubeObject => ({
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name },
    spec,
  });
  const { server, prune } = setup(
    crd('others.x.io', 'x.io', 'Other'),
    crd('movers.x.io', 'x.io', 'Mover'),
    service('v1.x.io', {}),
    service('v1.agg.io', { service: { name: 'metrics' } }),
    { ...owned('m', 'Mover'), apiVersion: 'v1', kind: 'ConfigMap' },
  );
  server.types = [...server.types, resource('x.io/v2', 'Mover')];
  server.edit({ ...owned('m'), apiVersion: 'x.io/v2', kind: 'Mover' }, 'setup');
  assert.equal(await prune('ns_t_x.io_Gone'), 'Gone/ns/t deleted', 'neither a CRD nor an API service has it');
  assert.equal(await prune('ns_m_x.io_Mover'), 'Mover/ns/m deleted', 'its CRD serves another version');
  assert.equal(server.find('Mover', 'm'), undefined);
  for (const id of ['ns_t_agg.io_Gone', 'ns_t__Gone', 'ns_t_apps_Gone', 'ns_t_storage.k8s.io_Gone']) {
    assert.match(await prune(id), /query failed: no matches for kind "Gone"/, id);
  }
  server.answer = ({ kind }) => (kind === 'CustomResourceDefinition' ? apiError(403, 'Forbidden', 'no') : undefined);
  assert.match(await prune('ns_t_x.io_Gone'), /query failed: no matches for kind/, 'without the right to look');
});

test('ends with the reason of the signal', async () => {
  const { server } = setup(owned('a'));
  const applier = new Applier({ client: server.client(), fieldManager: 'k', ownerGroup: KUSTOMIZE_GROUP });
  const reason = new Error('shutting down');
  await assert.rejects(
    applier.prune([{ id: 'ns_a__ConfigMap', v: 'v1' }], { owner, signal: AbortSignal.abort(reason) }),
    reason,
  );
  assert.ok(server.find('ConfigMap', 'a'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiError, FakeServer } from '../../test/support/fake-client.ts';
import { KUSTOMIZE_GROUP } from '../crds/meta/names.ts';
import type { KubeObject } from '../kube/object.ts';
import { Applier } from './applier.ts';
import { applyEach } from './apply-each.ts';

const configMap = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'ns' },
  data: {},
});
const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' } };

async function run(server: FakeServer, objects: readonly KubeObject[], signal = AbortSignal.timeout(10_000)) {
  const applier = new Applier({ client: server.client(), fieldManager: 'k', ownerGroup: KUSTOMIZE_GROUP });
  const saved: string[] = [];
  const { entries, failed } = await applyEach(applier, objects, {
    signal,
    stageTimeoutMs: 1_000,
    customStageKinds: [],
    beforeStage: async (stage) => void saved.push(...stage.map(({ id }) => id)),
  });
  return {
    entries: entries.map(({ subject, action }) => `${subject} ${action}`),
    failed: failed.map(({ object }) => object.metadata.name),
    saved,
  };
}

const refuse = (server: FakeServer, ...names: readonly string[]): void => {
  server.answer = ({ name }) => (names.includes(name) ? apiError(422, 'Invalid', `${name} is bad`) : undefined);
};

test('what can be applied is, in all stages; what cannot be is given back', async () => {
  const server = new FakeServer();
  refuse(server, 'b');
  const result = await run(server, [configMap('a'), configMap('b'), configMap('c'), namespace]);
  assert.deepEqual(result.entries, ['Namespace/ns created', 'ConfigMap/ns/a created', 'ConfigMap/ns/c created']);
  assert.deepEqual(result.failed, ['b']);
  assert.deepEqual(result.saved, ['_ns__Namespace', 'ns_a__ConfigMap', 'ns_c__ConfigMap']);
});

test('a bad object of an early stage does not keep out a later one', async () => {
  const server = new FakeServer();
  refuse(server, 'ns');
  assert.deepEqual((await run(server, [namespace, configMap('a')])).entries, ['ConfigMap/ns/a created']);
});

test('what failed is tried again while others get through', async () => {
  const server = new FakeServer();
  // b is accepted once a is there, c once b is: a chain inside one stage.
  const needs: Readonly<Record<string, string>> = { b: 'a', c: 'b' };
  server.answer = ({ name, verb }) => {
    const needed = needs[name];
    const missing = verb !== 'get' && needed !== undefined && server.find('ConfigMap', needed) === undefined;
    return missing ? apiError(403, 'Forbidden', `${needed} first`) : undefined;
  };
  const { entries, failed } = await run(server, [configMap('c'), configMap('b'), configMap('a')]);
  assert.deepEqual(failed, []);
  assert.deepEqual(entries.toSorted(), ['ConfigMap/ns/a created', 'ConfigMap/ns/b created', 'ConfigMap/ns/c created']);
});

test('when nothing changes any more it is not tried again', async () => {
  const server = new FakeServer();
  await run(server, [configMap('a')]);
  refuse(server, 'b');
  server.taken();
  await run(server, [configMap('a'), configMap('b')]);
  assert.equal(server.taken().filter((request) => request === 'dry-run ConfigMap/b').length, 2);
});

test('a failure of the write itself is told too', async () => {
  const server = new FakeServer();
  server.answer = ({ verb, name }) =>
    verb === 'apply' && name === 'a' ? apiError(500, 'InternalError', 'etcd') : undefined;
  assert.deepEqual(await run(server, [configMap('a'), configMap('b')]), {
    entries: ['ConfigMap/ns/b created'],
    failed: ['a'],
    saved: ['ns_a__ConfigMap', 'ns_b__ConfigMap', 'ns_a__ConfigMap', 'ns_a__ConfigMap'],
  });
});

test('an aborted signal ends it', async () => {
  const server = new FakeServer();
  const controller = new AbortController();
  server.answer = () => {
    controller.abort();
    return apiError(422, 'Invalid', 'bad');
  };
  await assert.rejects(run(server, [configMap('a'), configMap('b')], controller.signal), { name: 'AbortError' });
});

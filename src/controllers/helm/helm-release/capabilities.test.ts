import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiError, FakeServer, resource } from '../../../../test/support/fake-client.ts';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import type { Client } from '../../../kube/client.ts';
import { ClusterCapabilities, clusterLookup } from './capabilities.ts';

const { signal } = new AbortController();

/** A client whose API server tells its version, which the fake one does not. */
function versioned(server: FakeServer) {
  const asked: string[] = [];
  let invalidated = 0;
  let body = '{"gitVersion":"v1.36.0"}';
  const client = server.client();
  const withVersion: Client = {
    ...client,
    discovery: { ...client.discovery, invalidate: () => invalidated++ },
    async raw(_method, path) {
      asked.push(path);
      return { status: 200, headers: {}, body } as Awaited<ReturnType<Client['raw']>>;
    },
  };
  return {
    client: withVersion,
    asked,
    invalidated: () => invalidated,
    upgrade: (next: string) => {
      body = next;
    },
  };
}

describe('ClusterCapabilities', () => {
  it('tells the version of the cluster and what it serves', async () => {
    const server = new FakeServer();
    server.types = [resource('v1', 'Secret'), resource('apps/v1', 'Deployment')];
    const { client } = versioned(server);
    assert.deepEqual(await new ClusterCapabilities(new ManualClock()).of(client, false, signal), {
      kubeVersion: 'v1.36.0',
      apiVersions: ['v1', 'apps/v1', 'v1/Secret', 'apps/v1/Deployment'],
      helmVersion: 'v4.2.1',
    });
  });

  it('asks for the version once in a while, and for the kinds anew where it must', async () => {
    const clock = new ManualClock();
    const capabilities = new ClusterCapabilities(clock);
    const { client, asked, invalidated, upgrade } = versioned(new FakeServer());
    await capabilities.of(client, false, signal);
    upgrade('{"gitVersion":"v1.37.0"}');
    assert.equal((await capabilities.of(client, true, signal)).kubeVersion, 'v1.36.0');
    assert.deepEqual([asked.length, invalidated()], [1, 1]);
    clock.advance(10 * 60_000);
    assert.equal((await capabilities.of(client, false, signal)).kubeVersion, 'v1.37.0');
    assert.equal(asked.length, 2);
  });

  it('has a version for each cluster', async () => {
    const capabilities = new ClusterCapabilities(new ManualClock());
    const [one, two] = [versioned(new FakeServer()), versioned(new FakeServer())];
    two.upgrade('{}');
    assert.equal((await capabilities.of(one.client, false, signal)).kubeVersion, 'v1.36.0');
    assert.equal((await capabilities.of(two.client, false, signal)).kubeVersion, '');
  });
});

describe('clusterLookup', () => {
  const question = (name: string, namespace = 'team', kind = 'ConfigMap', apiVersion = 'v1') => ({
    apiVersion,
    kind,
    namespace,
    name,
  });

  function cluster(): FakeServer {
    const server = new FakeServer();
    for (const [namespace, name] of [
      ['team', 'a'],
      ['team', 'b'],
      ['else', 'c'],
    ] as const)
      server.edit({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } });
    server.taken();
    return server;
  }

  const namesOf = (found: unknown): readonly string[] =>
    (found as { readonly items: readonly { readonly metadata: { readonly name: string } }[] }).items.map(
      ({ metadata }) => metadata.name,
    );

  it('finds an object, and nothing', async () => {
    const lookup = clusterLookup(cluster().client(), signal);
    const found = (await lookup(question('a'))) as { readonly metadata: { readonly name: string } };
    assert.equal(found.metadata.name, 'a');
    assert.equal(await lookup(question('c')), undefined);
  });

  it('finds all of a kind', async () => {
    const lookup = clusterLookup(cluster().client(), signal);
    const all = await lookup(question('', ''));
    assert.deepEqual([all?.['apiVersion'], all?.['kind'], namesOf(all)], ['v1', 'ConfigMapList', ['a', 'b', 'c']]);
    assert.deepEqual(namesOf(await lookup(question(''))), ['a', 'b']);
  });

  it('asks the same once, also for nothing, as long as it lives', async () => {
    const server = cluster();
    const lookup = clusterLookup(server.client(), signal);
    await Promise.all([lookup(question('a')), lookup(question('a')), lookup(question('x'))]);
    await lookup(question('x'));
    assert.deepEqual(server.taken(), ['get ConfigMap/a', 'get ConfigMap/x']);
    await clusterLookup(server.client(), signal)(question('a'));
    assert.deepEqual(server.taken(), ['get ConfigMap/a']);
  });

  it('fails where the account may not look, and for kinds that are not served', async () => {
    const server = cluster();
    const lookup = clusterLookup(server.client(), signal);
    server.answer = () => apiError(403, 'Forbidden', 'configmaps "a" is forbidden');
    await assert.rejects(lookup(question('a')), /configmaps "a" is forbidden/);
    await assert.rejects(
      lookup(question('a', 'team', 'Order', 'example.com/v1')),
      /no matches for kind "Order" in version "example.com\/v1"/,
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeServer } from '../../../test/support/fake-client.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { Impersonation } from '../client.ts';
import type { Connection } from '../connection.ts';
import type { ClosableClient } from '../http-client.ts';
import { KubeconfigError } from '../kubeconfig-error.ts';
import { TargetClusters, type TargetClustersOptions, type TargetRequest } from './target-clusters.ts';

const signal = new AbortController().signal;
const namespace = 'team';

function kubeconfig(user: object = { token: 'abc' }, cluster: object = {}): string {
  return JSON.stringify({
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://other.example.com', ...cluster } }],
    users: [{ name: 'u', user }],
  });
}

function setUp(options: Partial<TargetClustersOptions> = {}) {
  const server = new FakeServer();
  const connections: Connection[] = [];
  const impersonated: Impersonation[] = [];
  const connect = (connection: Connection): ClosableClient => {
    connections.push(connection);
    const client = new FakeServer().client();
    const impersonate = (as: Impersonation) => {
      impersonated.push(as);
      return { ...client };
    };
    return Object.assign(client, { impersonate, close: async () => {} });
  };
  const own = server.client();
  const targets = new TargetClusters({
    own,
    connect,
    defaultServiceAccount: '',
    trust: {},
    clock: new ManualClock(),
    connectByConfigMap: async () => Promise.reject(new Error('none')),
    ...options,
  });
  const secret = (data: Readonly<Record<string, string>>, name = 'kc') =>
    server.edit({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      data: Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      ),
    });
  return { server, targets, own, secret, connections, impersonated };
}

const bySecret = (key?: string): TargetRequest => ({
  namespace,
  kubeConfig: { secretRef: { name: 'kc', ...(key === undefined ? {} : { key }) } },
});

describe('TargetClusters', () => {
  it("gives the controller's own cluster without a kubeConfig", async () => {
    const { targets, own, server } = setUp();
    using target = await targets.acquire({ namespace }, signal);
    assert.equal(target.client, own);
    assert.deepEqual(target.identity, { cluster: '' });
    assert.deepEqual(server.taken(), []);
  });

  it('impersonates the account, else the default one', async () => {
    const { targets } = setUp({ defaultServiceAccount: 'standard' });
    using first = await targets.acquire({ namespace, serviceAccountName: 'deployer' }, signal);
    using second = await targets.acquire({ namespace, serviceAccountName: 'deployer' }, signal);
    using third = await targets.acquire({ namespace }, signal);
    assert.equal(first.client, second.client);
    assert.equal(first.identity.user, 'system:serviceaccount:team:deployer');
    assert.equal(third.identity.user, 'system:serviceaccount:team:standard');
  });

  const keys: readonly { name: string; key?: string; data: Readonly<Record<string, string>> }[] = [
    { name: 'value', data: { value: kubeconfig(), 'value.yaml': 'no' } },
    { name: 'value.yaml', data: { 'value.yaml': kubeconfig(), other: 'no' } },
    { name: 'the key that is named', key: 'other', data: { value: 'no', other: kubeconfig() } },
  ];
  for (const { name, key, data } of keys) {
    it(`reads the kubeconfig under ${name}`, async () => {
      const { targets, secret, connections } = setUp();
      secret(data);
      using _target = await targets.acquire(bySecret(key), signal);
      assert.deepEqual(
        connections.map(({ server }) => server),
        ['https://other.example.com'],
      );
    });
  }

  it('connects once to what is reached in the same way, and anew when the Secret changes', async () => {
    const { targets, secret, connections } = setUp();
    secret({ value: kubeconfig() });
    using a = await targets.acquire(bySecret(), signal);
    using b = await targets.acquire(bySecret(), signal);
    assert.equal(a.client, b.client);
    assert.deepEqual(a.identity, b.identity);
    secret({ value: kubeconfig({ token: 'new' }) });
    using c = await targets.acquire(bySecret(), signal);
    assert.notEqual(c.client, a.client);
    assert.notEqual(c.identity.cluster, a.identity.cluster);
    assert.equal(connections.length, 2);
    assert.equal(a.closed.aborted, false);
  });

  it('impersonates in the other cluster', async () => {
    const { targets, secret, impersonated } = setUp({ defaultServiceAccount: 'standard' });
    secret({ value: kubeconfig() });
    using target = await targets.acquire(bySecret(), signal);
    assert.deepEqual(impersonated, [{ user: 'system:serviceaccount:team:standard' }]);
    assert.notEqual(target.client, target.base);
  });

  const refused: readonly {
    name: string;
    key?: string;
    data?: Readonly<Record<string, string>>;
    want: string;
  }[] = [
    {
      name: 'a Secret that is not there',
      want: `unable to read KubeConfig secret 'team/kc' error: secrets "kc" not found`,
    },
    {
      name: 'a Secret without the usual keys',
      data: { other: 'x' },
      want: "KubeConfig secret 'team/kc' does not contain a 'value' key with a kubeconfig",
    },
    {
      name: 'a Secret without the named key',
      key: 'mine',
      data: { value: kubeconfig() },
      want: "KubeConfig secret 'team/kc' does not contain a 'mine' key with a kubeconfig",
    },
    {
      name: 'rubbish',
      data: { value: 'password: [hunter2' },
      want: "KubeConfig secret 'team/kc': the kubeconfig is not valid YAML",
    },
    {
      name: 'a credential plugin',
      data: { value: kubeconfig({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'touch' } }) },
      want: `KubeConfig secret 'team/kc': user "u" authenticates by exec, which is not allowed here`,
    },
    {
      name: 'a token file',
      data: { value: kubeconfig({ tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token' }) },
      want: `KubeConfig secret 'team/kc': tokenFile of "u" names a file, which is not allowed here`,
    },
    {
      name: 'skipped verification',
      data: { value: kubeconfig({ token: 't' }, { 'insecure-skip-tls-verify': true }) },
      want: "KubeConfig secret 'team/kc': insecure-skip-tls-verify is not allowed in this kubeconfig",
    },
  ];
  for (const { name, key, data, want } of refused) {
    it(`refuses ${name}`, async () => {
      const { targets, secret, connections } = setUp();
      if (data !== undefined) secret(data);
      await assert.rejects(targets.acquire(bySecret(key), signal), (error) => {
        assert.ok(error instanceof KubeconfigError);
        assert.equal(error.message, want);
        return true;
      });
      assert.deepEqual(connections, []);
    });
  }

  for (const server of [
    'http://169.254.169.254/latest',
    'https://[fe80::1]:6443',
    'http://0xA9FEA9FE',
    'https://[::ffff:a9fe:a9fe]',
  ]) {
    it(`connects to no metadata service: ${server}`, async () => {
      const { targets, secret, connections } = setUp();
      secret({ value: kubeconfig({ token: 't' }, { server }) });
      await assert.rejects(
        targets.acquire(bySecret(), signal),
        /is an address of a metadata service, which is not allowed/,
      );
      secret({ value: kubeconfig({ token: 't' }, { 'proxy-url': server }) });
      await assert.rejects(
        targets.acquire(bySecret(), signal),
        /is an address of a metadata service, which is not allowed/,
      );
      assert.deepEqual(connections, []);
    });
  }

  it('looks no name up to a metadata service', async () => {
    const { targets, secret, connections } = setUp();
    secret({ value: kubeconfig() });
    using _target = await targets.acquire(bySecret(), signal);
    const lookup = connections[0]?.lookup;
    assert.ok(lookup !== undefined);
    const found = await new Promise((resolve) =>
      lookup('localhost', { family: 4 }, (_error, address) => resolve(address)),
    );
    assert.equal(found, '127.0.0.1');
    const refused = await new Promise((resolve) => lookup('169.254.169.254', {}, (error) => resolve(error?.message)));
    assert.match(String(refused), /is an address of a metadata service/);
  });

  it('shares what a ConfigMap describes by the key of its connection', async () => {
    const connection = { server: 'https://by.config.map' } as Connection;
    const { targets, connections } = setUp({
      connectByConfigMap: async ({ name }) => ({ key: name === 'c' ? 'other' : 'same', connection }),
    });
    const request = (name: string): TargetRequest => ({ namespace, kubeConfig: { configMapRef: { name } } });
    using a = await targets.acquire(request('a'), signal);
    using b = await targets.acquire(request('b'), signal);
    using c = await targets.acquire(request('c'), signal);
    assert.equal(a.client, b.client);
    assert.notEqual(a.client, c.client);
    assert.equal(connections.length, 2);
  });
});

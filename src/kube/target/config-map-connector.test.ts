import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cloudEnvironment } from '../../../test/support/cloud-server.ts';
import { FakeServer } from '../../../test/support/fake-client.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { createCloudAuth } from '../../auth/cloud-auth.ts';
import type { ServiceAccounts } from '../../auth/provider.ts';
import { TokenCache } from '../../auth/token-cache.ts';
import { kubeconfigServer } from '../kubeconfig.ts';
import { KubeconfigError } from '../kubeconfig-error.ts';
import { configMapConnector } from './config-map-connector.ts';

const signal = new AbortController().signal;
const namespace = 'team';
const request = { namespace, name: 'cluster' };
const description = {
  provider: 'generic',
  address: 'https://other.example.com:6443',
  'ca.crt': 'PEM',
  audiences: '\n  first \nsecond\n',
  serviceAccountName: 'deployer',
};

function setUp({ defaultServiceAccount = '', objectLevel = true } = {}) {
  const clock = new ManualClock();
  const server = new FakeServer();
  const asked: string[] = [];
  const annotations: Record<string, string> = {};
  const serviceAccounts: ServiceAccounts = {
    read: async (ref) => (ref.name === 'missing' ? undefined : { ...ref, annotations: { ...annotations } }),
    async token(ref, audiences) {
      asked.push(`${ref.namespace}/${ref.name} for ${audiences.join(' and ')}`);
      const claims = { exp: clock.now() / 1000 + 3600, n: asked.length };
      return `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
    },
  };
  const cloud = createCloudAuth({
    http: { call: () => Promise.reject(new Error('no cloud is asked')) },
    now: () => clock.now(),
    environment: cloudEnvironment(),
    serviceAccounts,
    cache: new TokenCache({ maxSize: 10, clock }),
    objectLevel,
    readKubeconfig: kubeconfigServer,
  });
  const connect = configMapConnector({ own: server.client(), cloud, defaultServiceAccount });
  const configMap = (data: object) =>
    server.edit({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cluster', namespace }, data });
  return { annotations, asked, clock, configMap, connect };
}

describe('configMapConnector', () => {
  it('connects as the account, with a token for the audiences', async () => {
    const { asked, configMap, connect } = setUp();
    configMap(description);
    const { connection } = await connect(request, signal);
    assert.equal(connection.server, 'https://other.example.com:6443');
    assert.deepEqual(connection.tls(), { ca: 'PEM' });
    assert.match(String(await connection.credentials.authorization()), /^Bearer x\./);
    assert.deepEqual(asked, ['team/deployer for first and second']);
  });

  it('renews the token before it ends, and when it is refused', async () => {
    const { asked, clock, configMap, connect } = setUp();
    configMap(description);
    const { credentials } = (await connect(request, signal)).connection;
    const first = await credentials.authorization();
    assert.equal(credentials.authorization(), first);
    clock.advance(2_881_000);
    const second = await credentials.authorization();
    assert.notEqual(second, first);
    assert.equal(credentials.renew?.(), true);
    assert.notEqual(await credentials.authorization(), second);
    assert.equal(asked.length, 3);
  });

  it('tells apart what is described, and who the account is', async () => {
    const { annotations, configMap, connect } = setUp();
    const keys = new Set<string>();
    const keyOf = async (data: object): Promise<string> => {
      configMap(data);
      return (await connect(request, signal)).key;
    };
    keys.add(await keyOf(description));
    keys.add(await keyOf(description));
    assert.equal(keys.size, 1);
    keys.add(await keyOf({ ...description, 'ca.crt': 'OTHER' }));
    keys.add(await keyOf({ ...description, serviceAccountName: 'other' }));
    keys.add(await keyOf({ ...description, audiences: 'other' }));
    annotations['iam'] = 'someone else';
    keys.add(await keyOf(description));
    assert.equal(keys.size, 5);
  });

  it("takes the operator's account where none is named", async () => {
    const { asked, configMap, connect } = setUp({ defaultServiceAccount: 'standard' });
    const { serviceAccountName: _name, audiences: _audiences, ...rest } = description;
    configMap({ ...rest, serviceAccountName: null, audiences: null });
    await connect(request, signal);
    assert.deepEqual(asked, ['team/standard for https://other.example.com:6443']);
  });

  const refused: readonly { name: string; data?: object; options?: object; want: string }[] = [
    {
      name: 'a ConfigMap that is not there',
      want: 'failed to get configmap team/cluster: configmaps "cluster" not found',
    },
    { name: 'another provider', data: { ...description, provider: 'acme' }, want: "provider 'acme' not implemented" },
    { name: 'no provider', data: {}, want: "provider '' not implemented" },
    {
      name: 'plain HTTP',
      data: { ...description, address: 'http://other.example.com' },
      want: "Kubernetes API server address 'http://other.example.com' must use https scheme",
    },
    {
      name: 'no address',
      data: { ...description, address: '' },
      want: 'cluster address is required to create a REST config',
    },
    {
      name: 'an account while the gate is off',
      data: description,
      options: { objectLevel: false },
      want: 'failed to get access token for cluster: ObjectLevelWorkloadIdentity feature gate is not enabled',
    },
    {
      name: 'an account that is not there',
      data: { ...description, serviceAccountName: 'missing' },
      want: `failed to get access token for cluster: failed to get service account 'team/missing': ServiceAccount "missing" not found`,
    },
    {
      name: "the operator's account when it is not there",
      data: { provider: 'generic', address: 'x' },
      options: { defaultServiceAccount: 'missing' },
      want: "failed to get access token for cluster: failed to get service account 'team/missing': the specified default service account does not exist in the object namespace. your cluster is subject to multi-tenant workload identity lockdown, reach out to your cluster administrator for help",
    },
    {
      name: 'a cluster of AWS that is none',
      data: { provider: 'aws', cluster: 'prod' },
      want: "invalid EKS cluster ARN: 'prod'. must match ^arn:aws[\\w-]*:eks:([^:]{1,100}):[0-9]{1,30}:cluster\\/(.{1,200})$",
    },
  ];
  for (const { name, data, options = {}, want } of refused) {
    it(`refuses ${name}`, async () => {
      const { configMap, connect } = setUp(options);
      if (data !== undefined) configMap(data);
      await assert.rejects(connect(request, signal), (error: Error) => {
        assert.equal(error.message, want);
        assert.ok(error instanceof KubeconfigError || error.name === 'AuthError');
        return true;
      });
    });
  }
});

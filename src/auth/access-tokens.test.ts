import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cloudEnvironment } from '../../test/support/cloud-server.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { AccessTokens } from './access-tokens.ts';
import { clusterServer } from './cluster-provider.ts';
import { genericClusters, genericProvider, serviceAccountOf } from './generic/provider.ts';
import type { Provider, ServiceAccounts } from './provider.ts';
import type { BearerToken } from './token.ts';
import { TokenCache } from './token-cache.ts';

const signal = new AbortController().signal;

function jwt(claims: object): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'none' })}.${encode(claims)}.x`;
}

function setUp({ objectLevel = true, annotations = {} as Record<string, string> } = {}) {
  const clock = new ManualClock();
  const asked: string[] = [];
  const exp = Math.floor(clock.now() / 1000) + 3600;
  const serviceAccounts: ServiceAccounts = {
    read: async ({ namespace, name }) => (name === 'missing' ? undefined : { namespace, name, annotations }),
    async token({ namespace, name }, audiences) {
      asked.push(`${namespace}/${name} for ${audiences.join()}`);
      return jwt({ sub: `system:serviceaccount:${namespace}:${name}`, exp });
    },
  };
  const tokens = new AccessTokens({ cache: new TokenCache({ maxSize: 10, clock }), serviceAccounts, objectLevel });
  const files = {
    '/var/run/secrets/kubernetes.io/serviceaccount/token': jwt({ sub: 'system:serviceaccount:flux-system:kc' }),
  };
  const deps = { environment: cloudEnvironment({}, files), serviceAccounts };
  return { asked, clock, deps, tokens, provider: genericProvider(deps) };
}

const identity = { namespace: 'team', name: 'deployer' };

describe('AccessTokens', () => {
  it("exchanges an account's token, and keeps what came", async () => {
    const { asked, tokens, provider } = setUp();
    const first = await tokens.get(provider, { identity, audiences: ['a'] }, signal);
    assert.equal(await tokens.get(provider, { identity, audiences: ['a'] }, signal), first);
    assert.deepEqual(serviceAccountOf(first.token), identity);
    assert.deepEqual(asked, ['team/deployer for a']);
  });

  it('keeps tokens apart by account, identity, audience, scope and region', async () => {
    const { asked, tokens, provider } = setUp();
    const annotated: Provider<BearerToken> = { ...provider, identityOf: () => 'another' };
    await tokens.get(provider, { identity, audiences: ['a', 'b'] }, signal);
    await tokens.get(provider, { identity, audiences: ['a,b'] }, signal);
    await tokens.get(provider, { identity: { ...identity, name: 'other' }, audiences: ['a', 'b'] }, signal);
    await tokens.get(provider, { identity: { ...identity, namespace: 'x' }, audiences: ['a', 'b'] }, signal);
    await tokens.get(provider, { identity, audiences: ['a', 'b'], scopes: ['s'] }, signal);
    await tokens.get(provider, { identity, audiences: ['a', 'b'], region: 'r' }, signal);
    await tokens.get(annotated, { identity, audiences: ['a', 'b'] }, signal);
    await tokens.get(provider, { audiences: ['a', 'b'] }, signal);
    assert.equal(asked.length, 8);
  });

  it("gives the controller's own without an account", async () => {
    const { asked, tokens, provider } = setUp({ objectLevel: false });
    await tokens.get(provider, { audiences: ['vault'] }, signal);
    assert.deepEqual(asked, ['flux-system/kc for vault']);
  });

  const refused: readonly { name: string; account: object; objectLevel?: boolean; want: string }[] = [
    {
      name: 'an account while the gate is off',
      account: identity,
      objectLevel: false,
      want: 'ObjectLevelWorkloadIdentity feature gate is not enabled',
    },
    {
      name: 'an account that is not there',
      account: { namespace: 'team', name: 'missing' },
      want: `failed to get service account 'team/missing': ServiceAccount "missing" not found`,
    },
    {
      name: "the operator's default when it is not there",
      account: { namespace: 'team', name: 'missing', isDefault: true },
      want: "failed to get service account 'team/missing': the specified default service account does not exist in the object namespace. your cluster is subject to multi-tenant workload identity lockdown, reach out to your cluster administrator for help",
    },
  ];
  for (const { name, account, objectLevel = true, want } of refused) {
    it(`refuses ${name}`, async () => {
      const { asked, tokens, provider } = setUp({ objectLevel });
      await assert.rejects(tokens.get(provider, { identity: account as typeof identity }, signal), { message: want });
      assert.deepEqual(asked, []);
    });
  }

  it('says of whom nothing could be got, and why', async () => {
    const { tokens, provider } = setUp();
    const failing: Provider<BearerToken> = {
      ...provider,
      identityOf: () => 'me',
      accountToken: () => Promise.reject(new Error('denied')),
      controllerToken: () => Promise.reject(new Error('denied')),
    };
    await assert.rejects(tokens.get(failing, { identity }, signal), {
      message: "failed to create provider access token for service account 'team/deployer': denied",
    });
    await assert.rejects(tokens.get(failing, {}, signal), {
      message: 'failed to create provider access token for the controller: denied',
    });
  });
});

describe('clusters that trust the issuer', () => {
  it('are asked with a token for their address, unless another audience is named', async () => {
    const { asked, deps, tokens } = setUp();
    const clusters = genericClusters(deps);
    const description = { address: 'https://Other.example.com', ca: 'PEM' };
    const access = await clusters.access(description, { identity }, tokens, signal);
    assert.deepEqual([access.server, access.ca], ['https://other.example.com:443', 'PEM']);
    await clusters.access(description, { identity, audiences: ['mine'] }, tokens, signal);
    assert.deepEqual(asked, ['team/deployer for https://Other.example.com', 'team/deployer for mine']);
  });

  it('need an address', async () => {
    const { deps, tokens } = setUp();
    await assert.rejects(genericClusters(deps).access({}, { identity }, tokens, signal), {
      message: 'cluster address is required to create a REST config',
    });
  });

  const addresses: readonly [address: string, want: string][] = [
    ['example.com', 'https://example.com:443'],
    ['https://EXAMPLE.com:6443/path', 'https://example.com:6443'],
    ['https://[::1]:6443', 'https://[::1]:6443'],
  ];
  for (const [address, want] of addresses) it(`are at ${want}`, () => assert.equal(clusterServer(address), want));
  for (const address of ['http://example.com', '', 'https://']) {
    it(`are not at ${JSON.stringify(address)}`, () => assert.throws(() => clusterServer(address)));
  }
});

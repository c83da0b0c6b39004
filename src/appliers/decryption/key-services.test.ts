import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cloudEnvironment } from '../../../test/support/cloud-server.ts';
import { FakeServer } from '../../../test/support/fake-client.ts';
import { createCloudAuth } from '../../auth/cloud-auth.ts';
import type { HttpCall } from '../../auth/http.ts';
import type { ServiceAccounts } from '../../auth/provider.ts';
import { TokenCache } from '../../auth/token-cache.ts';
import { KeyServices } from './key-services.ts';

const { signal } = new AbortController();
const address = 'https://vault.example.com';
const key = {
  kind: 'hc_vault',
  vaultAddress: address,
  enginePath: 'transit',
  keyName: 'k',
  enc: 'vault:v1:x',
} as const;
const object = { namespace: 'team', name: 'app' };

function setUp({
  defaultServiceAccount = '',
  variables = {},
  files = {},
  usesIdentities = true,
}: {
  defaultServiceAccount?: string;
  variables?: Record<string, string>;
  files?: Record<string, string>;
  usesIdentities?: boolean;
} = {}) {
  const server = new FakeServer();
  const calls: HttpCall[] = [];
  const accounts: string[] = [];
  const serviceAccounts: ServiceAccounts = {
    read: async (ref) => ({ ...ref, annotations: {} }),
    async token({ namespace, name }) {
      accounts.push(`${namespace}/${name}`);
      const claims = { sub: `system:serviceaccount:${namespace}:${name}`, exp: 4e9 };
      return `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;
    },
  };
  const cloud = createCloudAuth({
    http: {
      async call(call) {
        calls.push(call);
        const answer = call.url.includes('/auth/')
          ? { auth: { client_token: 't', lease_duration: 60 } }
          : { data: { plaintext: 'AAAA' } };
        return { status: 200, headers: {}, body: JSON.stringify(answer) };
      },
    },
    now: () => Date.now(),
    environment: cloudEnvironment(variables, files),
    serviceAccounts,
    cache: new TokenCache({ maxSize: 10 }),
    objectLevel: true,
    readKubeconfig: () => ({ server: '', ca: '' }),
  });
  const services = new KeyServices({
    client: server.client(),
    cloud,
    kind: 'Kustomization',
    usesIdentities,
    defaultServiceAccount,
    vaultConfigMap: { namespace: 'flux-system', name: 'vault' },
  });
  const list = (data: object) =>
    server.edit({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'vault', namespace: 'flux-system' }, data });
  const decrypt = (serviceAccountName?: string, entries: Record<string, string> = {}) => {
    const decryption = {
      provider: 'sops' as const,
      ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    };
    const bytes = new Map(Object.entries(entries).map(([name, value]) => [name, Buffer.from(value)]));
    const { hc_vault: vault } = services.sources({ ...object, decryption }, bytes, (_entry, parse) => parse());
    assert.ok(vault !== undefined);
    return vault.decrypt(key, signal);
  };
  const available = (...entries: readonly string[]): readonly string[] => {
    const bytes = new Map(entries.map((name) => [name, Buffer.from(JSON.stringify(secrets[name] ?? ''))]));
    const decryption = { provider: 'sops' as const };
    return Object.keys(services.sources({ ...object, decryption }, bytes, (_entry, parse) => parse())).sort();
  };
  return { accounts, available, calls, decrypt, list };
}

const secrets: Readonly<Record<string, unknown>> = {
  'sops.aws-kms': { aws_access_key_id: 'a', aws_secret_access_key: 'b' },
};

const instances = JSON.stringify({ instances: [{ address, loginPath: 'auth/kubernetes/login' }] });

describe('KeyServices', () => {
  it('asks as the account of the spec, else as the default one', async () => {
    const { accounts, decrypt, list } = setUp({ defaultServiceAccount: 'standard' });
    list({ 'config.yaml': instances });
    await decrypt('own');
    await decrypt();
    assert.deepEqual(accounts, ['team/own', 'team/standard']);
  });

  it('heeds what the environment says of Vault, and no token of it', async () => {
    const variables = { VAULT_CACERT: '/ca', VAULT_NAMESPACE: 'admin', VAULT_TOKEN: 'hunter2' };
    const { calls, decrypt, list } = setUp({ variables, files: { '/ca': 'PEM' } });
    list({ 'config.yaml': instances });
    await decrypt('own');
    assert.ok(calls.every(({ ca, headers }) => ca === 'PEM' && headers?.['x-vault-namespace'] === 'admin'));
    assert.ok(!JSON.stringify(calls).includes('hunter2'));
    const allowed = setUp({ variables: { SOPS_HC_VAULT_ALLOWLIST: 'none' } });
    await assert.rejects(allowed.decrypt('own'), /^Error: Allowlist does not allow https:\/\/vault\.example\.com$/);
  });

  it('asks nobody whose credentials are not in the Secret, where no identities are used', () => {
    const { available } = setUp({ usesIdentities: false });
    assert.deepEqual(available(), []);
    assert.deepEqual(available('my.agekey'), []);
    assert.deepEqual(available('sops.vault-token', 'sops.aws-kms'), ['hc_vault', 'kms']);
    assert.deepEqual(setUp().available(), ['azure_kv', 'gcp_kms', 'hc_vault', 'kms']);
  });

  it('lets a static token work where the list cannot be read', async () => {
    const { calls, decrypt } = setUp();
    await decrypt(undefined, { 'sops.vault-token': 's' });
    assert.deepEqual(
      calls.map(({ reach }) => reach),
      ['user'],
    );
  });

  const broken: readonly { name: string; data?: object; want: RegExp }[] = [
    { name: 'is not there', want: /failed to get Vault ConfigMap 'flux-system\/vault': configmaps "vault" not found$/ },
    { name: 'is empty', data: {}, want: /Vault ConfigMap 'flux-system\/vault' is missing the 'config\.yaml' key$/ },
    {
      name: 'says something else',
      data: { 'config.yaml': 'a: b' },
      want: /failed to parse 'config\.yaml' in Vault ConfigMap 'flux-system\/vault': expected a list of instances/,
    },
    { name: 'is no YAML', data: { 'config.yaml': 'a: [' }, want: /failed to parse 'config\.yaml'/ },
    {
      name: 'lists other servers',
      data: { 'config.yaml': '{"instances": []}' },
      want: /no Vault login path configured for address 'https:\/\/vault\.example\.com'$/,
    },
  ];
  for (const { name, data, want } of broken) {
    it(`decrypts nothing with a list that ${name}`, async () => {
      const { decrypt, list, calls } = setUp();
      if (data !== undefined) list(data);
      await assert.rejects(decrypt('own'), ({ message }: Error) => want.test(message));
      assert.deepEqual(calls, []);
    });
  }
});

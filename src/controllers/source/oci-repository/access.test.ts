import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { Authority } from '../../../../test/support/certificates.ts';
import { apiError } from '../../../../test/support/fake-client.ts';
import type { AccessTokenRequest } from '../../../auth/access-tokens.ts';
import type { OCIRepository } from '../../../crds/source/oci-repository.ts';
import { Fault } from '../../../runtime/fault.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import { readAccess } from './access.ts';
import type { OciRepositoryDeps } from './deps.ts';
import { ociRepository } from './testing.ts';
import { UsedSecrets } from './used-secrets.ts';

const repository = { registry: 'registry.example.com', path: 'org/app' };
const signal = new AbortController().signal;

const dockerConfig = (password: string, registry = repository.registry) => ({
  '.dockerconfigjson': JSON.stringify({ auths: { [registry]: { username: 'u', password } } }),
});

interface World {
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly accounts?: Readonly<Record<string, readonly string[]>>;
  readonly objectLevel?: boolean;
  readonly defaultServiceAccount?: string;
}

function setUp({ secrets = {}, accounts = {}, objectLevel = false, defaultServiceAccount = '' }: World = {}) {
  const asked: { registry: string; request: AccessTokenRequest }[] = [];
  const events: string[] = [];
  const get = async ({ plural }: { plural: string }, { name }: { name: string }) => {
    const missing = apiError(404, 'NotFound', `${plural} "${name}" not found`);
    if (plural === 'serviceaccounts') {
      if (accounts[name] === undefined) throw missing;
      return { imagePullSecrets: accounts[name].map((secret) => ({ name: secret })) };
    }
    const data = secrets[name];
    if (data === undefined) throw missing;
    return {
      data: Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      ),
    };
  };
  const registry = {
    credentials: async (host: string, request: AccessTokenRequest) => {
      asked.push({ registry: host, request });
      return { username: 'cloud', password: 'p', expiresAt: 0 };
    },
  };
  const usedSecrets = new UsedSecrets();
  const deps = {
    client: { get },
    cloud: { registries: { aws: registry, azure: registry, gcp: registry }, tokens: {} },
    gates: { ObjectLevelWorkloadIdentity: objectLevel },
    defaultServiceAccount,
    usedSecrets,
  } as unknown as OciRepositoryDeps;
  const attempt = { signal, log: silentLogger, event: ({ message }: { message: string }) => void events.push(message) };
  const read = (spec: Partial<OCIRepository['spec']>) => readAccess(ociRepository(spec), attempt, deps);
  return { asked, events, read, usedSecrets };
}

describe('readAccess', () => {
  let authority: Authority;
  before(async () => {
    authority = await Authority.create('test');
  });

  const password = async (world: World, spec: Partial<OCIRepository['spec']>) => {
    const { credentials } = await setUp(world).read(spec);
    return (await credentials?.(repository, signal))?.password;
  };

  it('knows nobody when nothing is named', async () => {
    assert.deepEqual(await setUp().read({}), { insecure: false });
  });

  it('takes the credentials of a Secret, and of the pull secrets of an account after them', async () => {
    const world = {
      secrets: { one: dockerConfig('1'), two: dockerConfig('2'), other: dockerConfig('3', 'other.example.com') },
      accounts: { puller: ['other', 'two'], bare: [] },
    };
    assert.equal(await password(world, { secretRef: { name: 'one' } }), '1');
    assert.equal(await password(world, { serviceAccountName: 'puller' }), '2');
    assert.equal(await password(world, { secretRef: { name: 'one' }, serviceAccountName: 'puller' }), '1');
    assert.equal(await password(world, { secretRef: { name: 'other' }, serviceAccountName: 'puller' }), '2');
    assert.equal(await password(world, { secretRef: { name: 'other' } }), undefined);
    assert.equal(await password(world, { serviceAccountName: 'bare' }), undefined);
  });

  it('remembers which pull secrets it used, also those that are missing', async () => {
    const { read, usedSecrets } = setUp({ secrets: { one: dockerConfig('1') }, accounts: { puller: ['one', 'two'] } });
    await assert.rejects(read({ serviceAccountName: 'puller' }));
    assert.deepEqual(usedSecrets.usersOf({ namespace: 'apps', name: 'two' }), [{ namespace: 'apps', name: 'repo' }]);
    assert.deepEqual(usedSecrets.usersOf({ namespace: 'elsewhere', name: 'two' }), []);
    await read({ secretRef: { name: 'one' } });
    assert.deepEqual(usedSecrets.usersOf({ namespace: 'apps', name: 'one' }), []);
  });

  it('asks a cloud as the controller, when a request needs it', async () => {
    const { asked, read } = setUp();
    const { credentials } = await read({ provider: 'aws' });
    assert.deepEqual(asked, []);
    assert.equal((await credentials?.(repository, signal))?.username, 'cloud');
    const involved = { kind: 'OCIRepository', name: 'repo', namespace: 'apps', operation: 'reconcile' };
    assert.deepEqual(asked, [{ registry: repository.registry, request: { involved } }]);
  });

  it('asks a cloud as an account, its own or the default one', async () => {
    const { asked, read } = setUp({
      accounts: { team: [], puller: ['one'] },
      secrets: { one: dockerConfig('1') },
      objectLevel: true,
      defaultServiceAccount: 'standard',
    });
    for (const spec of [{ serviceAccountName: 'team' }, {}, { serviceAccountName: 'puller' }]) {
      await (await read({ provider: 'gcp', ...spec })).credentials?.(repository, signal);
    }
    assert.deepEqual(
      asked.map(({ request }) => request.identity),
      [
        { namespace: 'apps', name: 'team', isDefault: false },
        { namespace: 'apps', name: 'standard', isDefault: true },
      ],
    );
  });

  it('takes an authority and a certificate', async () => {
    const { certificate: cert, key } = await authority.issueClient({ commonName: 'c' });
    const world = { secrets: { tls: { 'ca.crt': authority.certificate, 'tls.crt': cert, 'tls.key': key } } };
    const { tls, insecure } = await setUp(world).read({ certSecretRef: { name: 'tls' }, insecure: true });
    assert.equal(insecure, true);
    assert.deepEqual(Object.values(tls ?? {}).map(String), [authority.certificate, cert, key]);
  });

  it('takes a proxy', async () => {
    const { proxy } = await setUp({ secrets: { proxy: { address: 'http://p:3128', username: 'u' } } }).read({
      proxySecretRef: { name: 'proxy' },
    });
    assert.deepEqual(proxy, { url: 'http://p:3128', username: 'u' });
  });

  const world: World = {
    secrets: {
      text: { '.dockerconfigjson': 'hunter2' },
      half: { 'tls.crt': 'c' },
      foreign: { 'ca.crt': 'no certificate' },
      ftp: { address: 'ftp://hunter2@p' },
    },
    accounts: { broken: ['none'], many: Array(51).fill('text') },
  };
  const failures: readonly { name: string; spec: Partial<OCIRepository['spec']>; reason?: string; says: string }[] = [
    {
      name: 'a missing Secret',
      spec: { secretRef: { name: 'none' } },
      says: `failed to get credential: failed to get secret 'apps/none': secrets "none" not found`,
    },
    {
      name: 'a Secret with something else under the name',
      spec: { secretRef: { name: 'text' } },
      says: 'failed to get credential: the Docker configuration cannot be read: it is not JSON',
    },
    {
      name: 'a missing account',
      spec: { serviceAccountName: 'none' },
      says: "failed to get credential: serviceaccount 'apps/none' not found",
    },
    {
      name: 'an account whose Secret is missing',
      spec: { serviceAccountName: 'broken' },
      says: "failed to get credential: failed to get image pull secret for serviceaccount 'apps/broken': secret 'apps/none' not found",
    },
    {
      name: 'an account with too many Secrets',
      spec: { serviceAccountName: 'many' },
      says: "failed to get credential: serviceaccount 'apps/many' has more than 50 image pull secrets",
    },
    {
      name: 'half a certificate',
      spec: { certSecretRef: { name: 'half' } },
      says: "failed to generate transport for 'oci://registry.example.com/org/app': secret 'apps/half' contains 'tls.crt' but missing 'tls.key'",
    },
    {
      name: 'an authority that is none',
      spec: { certSecretRef: { name: 'foreign' } },
      says: "failed to generate transport for 'oci://registry.example.com/org/app': failed to parse CA certificate",
    },
    {
      name: 'a missing TLS Secret',
      spec: { certSecretRef: { name: 'none' } },
      says: "failed to generate transport for 'oci://registry.example.com/org/app': secret 'apps/none' not found",
    },
    {
      name: 'a missing proxy',
      spec: { proxySecretRef: { name: 'none' } },
      says: "failed to get proxy address: secret 'apps/none' not found",
    },
    {
      name: 'a proxy of another kind',
      spec: { proxySecretRef: { name: 'ftp' } },
      says: "failed to get proxy address: secret 'apps/ftp': proxy URL must use one of the supported schemes (http, https, socks5), got 'ftp'",
    },
  ];
  for (const { name, spec, says } of failures) {
    it(`says of ${name} what is wrong`, async () => {
      await assert.rejects(setUp(world).read(spec), (error: unknown) => {
        assert.ok(error instanceof Fault);
        assert.deepEqual([error.faultClass, error.reason], ['retry', 'AuthenticationFailed']);
        assert.equal(error.message, says);
        assert.ok(!error.message.includes('hunter2'));
        return true;
      });
    });
  }

  it('tells of a missing Secret by an event, as Flux does', async () => {
    const { events, read } = setUp();
    await assert.rejects(read({ secretRef: { name: 'none' } }));
    assert.deepEqual(events, ["auth secret 'none' not found"]);
  });

  it('does not ask as an account where that is not allowed', async () => {
    const { read } = setUp({ accounts: { team: [] } });
    await assert.rejects(read({ provider: 'aws', serviceAccountName: 'team' }), {
      faultClass: 'stalled',
      reason: 'FeatureGateDisabled',
    });
  });
});

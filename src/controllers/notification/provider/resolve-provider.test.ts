import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { Authority } from '../../../../test/support/certificates.ts';
import { apiError } from '../../../../test/support/fake-client.ts';
import type { Provider } from '../../../crds/notification/provider.ts';
import type { Client } from '../../../kube/client.ts';
import { resolveProvider } from './resolve-provider.ts';
import type { ProviderSettings } from './settings.ts';

type Entries = Readonly<Record<string, string>>;
type Spec = Provider['spec'];

/** A client that has these Secrets, and no other. */
function clientWith(secrets: Readonly<Record<string, Entries>>): Client {
  const get = (_type: unknown, { namespace, name }: { namespace: string; name: string }) => {
    const entries = namespace === 'apps' ? secrets[name] : undefined;
    if (entries === undefined) return Promise.reject(apiError(404, 'NotFound', `secrets "${name}" not found`));
    const encoded = Object.entries(entries).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    return Promise.resolve({ data: Object.fromEntries(encoded) });
  };
  return { get } as unknown as Client;
}

function resolve(
  spec: Partial<Spec>,
  secrets: Readonly<Record<string, Entries>> = {},
  objectLevel = false,
): Promise<ProviderSettings> {
  const provider = {
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind: 'Provider',
    metadata: { name: 'sink', namespace: 'apps', uid: 'u-1' },
    spec: { type: 'generic', ...spec },
  } as Provider;
  return resolveProvider(provider, { client: clientWith(secrets), objectLevel }, new AbortController().signal);
}

/** Settings of a Provider that says nothing but its type. */
const plain = {
  type: 'generic',
  provider: { namespace: 'apps', name: 'sink', uid: 'u-1' },
  address: '',
  channel: '',
  username: '',
  password: '',
  token: '',
  headers: {},
  secretData: new Map(),
  serviceAccountName: '',
  timeoutMs: 15_000,
};

const secretRef = { name: 'creds' };

describe('resolveProvider', () => {
  let authority: Authority;
  before(async () => {
    authority = await Authority.create('test');
  });

  interface Case {
    readonly name: string;
    readonly spec: Partial<Spec>;
    readonly secret?: Entries;
    readonly want: object;
  }
  const cases: readonly Case[] = [
    { name: 'nothing but a type', spec: {}, want: {} },
    {
      name: 'all of the specification',
      spec: { address: 'http://a', channel: 'c', username: 'u', timeout: '1m30s', proxy: 'http://proxy:3128' },
      want: {
        address: 'http://a',
        channel: 'c',
        username: 'u',
        timeoutMs: 90_000,
        proxy: { url: 'http://proxy:3128' },
      },
    },
    {
      name: 'what the Secret says goes first',
      spec: { address: 'http://a', username: 'u', secretRef },
      secret: { address: ' http://b\n', username: 'v', password: 'p', token: 't\n' },
      want: { address: 'http://b', username: 'v', password: 'p', token: 't' },
    },
    {
      name: 'an address that the Secret leaves empty is empty',
      spec: { address: 'http://a', secretRef },
      secret: { address: '' },
      want: { address: '' },
    },
    {
      name: 'a Secret with half of a user says nothing of a token either',
      spec: { username: 'u', secretRef },
      secret: { username: 'v', token: 't' },
      want: { username: 'u' },
    },
    {
      name: 'headers',
      spec: { secretRef },
      secret: { headers: 'Authorization: Bearer x\nX-Team: "1"\n' },
      want: { headers: { Authorization: 'Bearer x', 'X-Team': '1' } },
    },
    { name: 'empty headers', spec: { secretRef }, secret: { headers: '' }, want: {} },
    {
      name: 'the proxy of the Secret before that of the specification',
      spec: { proxy: 'http://a:1', secretRef },
      secret: { proxy: ' http://b:2 ' },
      want: { proxy: { url: 'http://b:2' } },
    },
  ];
  for (const { name, spec, secret, want } of cases) {
    it(name, async () => {
      const { secretData, ...settings } = await resolve(spec, secret === undefined ? {} : { creds: secret });
      const { secretData: _none, ...expected } = plain;
      assert.deepEqual(settings, { ...expected, ...want });
      assert.deepEqual([...secretData.keys()], Object.keys(secret ?? {}));
    });
  }

  it('the Secret of the proxy before all others', async () => {
    const spec = { proxy: 'http://a:1', secretRef, proxySecretRef: { name: 'proxy' } };
    const proxy = { address: 'https://proxy:3128', username: 'u', password: 'p' };
    const settings = await resolve(spec, { creds: { proxy: 'http://b:2' }, proxy });
    assert.deepEqual(settings.proxy, { url: 'https://proxy:3128', username: 'u', password: 'p' });
  });

  it('certificates of their own Secret, which are trusted and nothing else', async () => {
    const { certificate, key } = await authority.issueClient({ commonName: 'flux' });
    const certs = { 'ca.crt': authority.certificate, 'tls.crt': certificate, 'tls.key': key };
    const { tls } = await resolve({ certSecretRef: { name: 'certs' } }, { certs });
    assert.deepEqual(tls, {
      ca: Buffer.from(authority.certificate),
      onlyCa: true,
      cert: Buffer.from(certificate),
      key: Buffer.from(key),
    });
  });

  it('certificates beside credentials, for types that set commit statuses', async () => {
    const creds = { token: 't', caFile: authority.certificate };
    assert.deepEqual((await resolve({ type: 'gitea', secretRef }, { creds })).tls, {
      ca: Buffer.from(authority.certificate),
      onlyCa: true,
    });
    assert.equal((await resolve({ type: 'slack', secretRef }, { creds })).tls, undefined);
    assert.equal((await resolve({ type: 'gitea', secretRef }, { creds: { token: 't' } })).tls, undefined);
  });

  interface Failure {
    readonly name: string;
    readonly spec: Partial<Spec>;
    readonly secret?: Entries;
    readonly want: RegExp;
    readonly permanent?: boolean;
  }
  const failures: readonly Failure[] = [
    {
      name: 'no Secret',
      spec: { secretRef: { name: 'other' } },
      want: /^failed to get secret 'apps\/other': secrets "other" not found$/,
      permanent: false,
    },
    {
      name: 'an address that is too long',
      spec: { secretRef },
      secret: { address: 'x'.repeat(2049) },
      want: /^invalid address in secret: address exceeds maximum length of 2048 bytes$/,
    },
    {
      name: 'a proxy that is no URL',
      spec: { secretRef },
      secret: { proxy: 'http://[secret' },
      want: /^invalid 'proxy' in secret 'apps\/creds'$/,
    },
    {
      name: 'headers that are no map',
      spec: { secretRef },
      secret: { headers: '- secret' },
      want: /^failed to read headers from secret: it is not a map$/,
    },
    {
      name: 'headers that are no YAML',
      spec: { secretRef },
      secret: { headers: 'a: [secret' },
      want: /^failed to read headers from secret: (?!.*secret)/,
    },
    {
      name: 'a header that is no text',
      spec: { secretRef },
      secret: { headers: 'a: {b: secret}' },
      want: /^failed to read headers from secret: the value of 'a' is not a string$/,
    },
    {
      name: 'a header with a line end in it',
      spec: { secretRef },
      secret: { headers: 'a: "secret\\r\\nx: y"' },
      want: /^failed to read headers from secret: the value of 'a' has characters that no header may have$/,
    },
    {
      name: 'a header name with a line end in it',
      spec: { secretRef },
      secret: { headers: '"a\\nb": c' },
      want: /is not a header name$/,
    },
    {
      name: 'a proxy without an address',
      spec: { proxySecretRef: secretRef },
      secret: {},
      want: /^failed to get proxy URL: secret 'apps\/creds': key 'address' not found$/,
    },
    {
      name: 'a certificate without its key',
      spec: { certSecretRef: secretRef },
      secret: { 'tls.crt': 'c' },
      want: /^failed to get TLS config: secret 'apps\/creds' contains 'tls.crt' but missing 'tls.key'$/,
    },
    {
      name: 'a key without its certificate',
      spec: { certSecretRef: secretRef },
      secret: { 'tls.key': 'secret' },
      want: /^failed to get TLS config: secret 'apps\/creds' contains 'tls.key' but missing 'tls.crt'$/,
    },
    {
      name: 'no certificate at all',
      spec: { certSecretRef: secretRef },
      secret: { token: 'secret' },
      want: /must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'$/,
    },
    {
      name: 'an authority that is none',
      spec: { certSecretRef: secretRef },
      secret: { 'ca.crt': 'secret' },
      want: /^failed to get TLS config: failed to parse CA certificate$/,
    },
    {
      name: 'a certificate that is none',
      spec: { certSecretRef: secretRef },
      secret: { 'tls.crt': 'c', 'tls.key': 'secret' },
      want: /^failed to get TLS config: failed to parse TLS certificate and key: (?!.*secret)/,
    },
    {
      name: 'half of a user beside certificates',
      spec: { type: 'github', secretRef },
      secret: { password: 'secret' },
      want: /^failed to get TLS config: secret 'apps\/creds': malformed basic auth - has 'password' but missing 'username'$/,
    },
    {
      name: 'a timeout that is too long for anybody',
      spec: { timeout: `${'9'.repeat(30)}s` },
      want: /^invalid spec.timeout: time: invalid duration/,
    },
    {
      name: 'a ServiceAccount without the feature gate',
      spec: { serviceAccountName: 'notifier' },
      want: /^to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller$/,
    },
  ];
  for (const { name, spec, secret, want, permanent = true } of failures) {
    it(`fails on ${name}`, async () => {
      const secrets = secret === undefined ? {} : { creds: secret };
      await assert.rejects(resolve(spec, secrets), { name: 'NotifyError', message: want, permanent });
    });
  }

  it('a ServiceAccount with the feature gate', async () => {
    assert.equal((await resolve({ serviceAccountName: 'notifier' }, {}, true)).serviceAccountName, 'notifier');
  });
});

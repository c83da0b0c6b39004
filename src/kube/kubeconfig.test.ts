import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connectionFromKubeconfig, type KubeconfigTrust, loadConnection } from './kubeconfig.ts';
import { KubeconfigError } from './kubeconfig-error.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function kubeconfig(user: object, cluster: object = {}, context: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u', ...context } }],
    clusters: [{ name: 'c', cluster: { server: 'https://example.com:6443', ...cluster } }],
    users: [{ name: 'u', user }],
  });
}

describe('connectionFromKubeconfig', () => {
  const headers: readonly { name: string; user: object; want: string | undefined }[] = [
    { name: 'a token', user: { token: 'abc' }, want: 'Bearer abc' },
    { name: 'a password', user: { username: 'u', password: 'p' }, want: `Basic ${base64('u:p')}` },
    { name: 'a token before a password', user: { token: 'abc', username: 'u' }, want: 'Bearer abc' },
    {
      name: 'a client certificate',
      user: { 'client-certificate-data': base64('C'), 'client-key-data': base64('K') },
      want: undefined,
    },
    { name: 'nothing', user: {}, want: undefined },
  ];
  for (const { name, user, want } of headers) {
    test(`authenticates by ${name}`, async () => {
      const connection = await connectionFromKubeconfig(kubeconfig(user));
      assert.equal(await connection.credentials.authorization(), want);
    });
  }

  test('reads everything that makes a connection', async () => {
    const text = kubeconfig(
      {
        'client-certificate-data': base64('CERT'),
        'client-key-data': base64('KEY'),
        as: 'jane',
        'as-groups': ['devs'],
      },
      {
        'certificate-authority-data': base64('CA'),
        'tls-server-name': 'api.internal',
        'proxy-url': 'http://proxy:3128',
        'disable-compression': true,
      },
      { namespace: 'apps' },
    );
    const { tls, credentials: _credentials, ...rest } = await connectionFromKubeconfig(text);
    assert.deepEqual(tls(), { ca: 'CA', cert: 'CERT', key: 'KEY', serverName: 'api.internal' });
    assert.deepEqual(rest, {
      server: 'https://example.com:6443',
      namespace: 'apps',
      proxyUrl: 'http://proxy:3128',
      disableCompression: true,
      impersonate: { user: 'jane', groups: ['devs'] },
    });
  });

  const untrusted: readonly { name: string; text: string; says: RegExp; trust?: KubeconfigTrust }[] = [
    {
      name: 'an exec plugin',
      text: kubeconfig({ exec: { command: 'touch', args: ['/tmp/x'] } }),
      says: /exec, which is not allowed/,
    },
    {
      name: 'an auth provider',
      text: kubeconfig({ 'auth-provider': { name: 'gcp' } }),
      says: /auth-provider, which is not/,
    },
    { name: 'a token file', text: kubeconfig({ tokenFile: '/etc/passwd' }), says: /tokenFile.*names a file/ },
    {
      name: 'a certificate file',
      text: kubeconfig({ 'client-certificate': '/etc/passwd' }),
      says: /client-certificate.*names a file/,
    },
    {
      name: 'a CA file',
      text: kubeconfig({}, { 'certificate-authority': '../ca' }),
      says: /certificate-authority.*names a file/,
    },
    {
      name: 'no verification',
      text: kubeconfig({}, { 'insecure-skip-tls-verify': true }),
      says: /insecure-skip-tls-verify is not allowed/,
    },
  ];
  for (const { name, text, says } of untrusted) {
    test(`refuses ${name} unless it is trusted`, async () => {
      await assert.rejects(
        connectionFromKubeconfig(text),
        (error) => error instanceof KubeconfigError && says.test(error.message),
      );
    });
  }

  test('verifies nothing where that is asked for and allowed', async () => {
    const text = kubeconfig({}, { 'insecure-skip-tls-verify': true, 'certificate-authority-data': base64('CA') });
    const connection = await connectionFromKubeconfig(text, { allowInsecureTls: true });
    assert.deepEqual(connection.tls(), { insecure: true });
  });

  const broken: readonly { name: string; text: string; says: RegExp; context?: string }[] = [
    { name: 'no YAML', text: 'users: [token: sEcReT', says: /not valid YAML/ },
    { name: 'a list', text: '[]', says: /is no kubeconfig/ },
    { name: 'nothing', text: '', says: /not valid YAML/ },
    { name: 'no context', text: '{}', says: /no current-context/ },
    { name: 'an unknown context', text: kubeconfig({}), context: 'other', says: /no context "other"; it has: main/ },
    { name: 'an unknown cluster', text: kubeconfig({}, {}, { cluster: 'x' }), says: /no cluster "x"; it has: c/ },
    { name: 'an unknown user', text: kubeconfig({}, {}, { user: 'x' }), says: /no user "x"/ },
    { name: 'no server', text: kubeconfig({}, { server: '' }), says: /no server URL/ },
    { name: 'a server that is no URL', text: kubeconfig({}, { server: 'file:///etc' }), says: /no server URL/ },
    {
      name: 'a token that is a number',
      text: kubeconfig({ token: 5 }),
      says: /token in the kubeconfig must be a string/,
    },
  ];
  for (const { name, text, says, context } of broken) {
    test(`says what is wrong with ${name}, without any secret`, async () => {
      await assert.rejects(connectionFromKubeconfig(text, context === undefined ? {} : { context }), (error) => {
        assert.ok(error instanceof KubeconfigError);
        assert.match(error.message, says);
        assert.doesNotMatch(error.message, /sEcReT/);
        return true;
      });
    });
  }

  test('runs an exec plugin where that is allowed, and again once the server has refused its token', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'from-plugin' },
    };
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', `process.stdout.write(${JSON.stringify(JSON.stringify(credential))})`],
    };
    const { credentials } = await connectionFromKubeconfig(kubeconfig({ exec }), { allowExec: true });
    assert.equal(await credentials.authorization(), 'Bearer from-plugin');
    assert.equal(credentials.renew?.(), true);
    assert.equal(await credentials.authorization(), 'Bearer from-plugin');
  });
});

describe('loadConnection', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  });
  after(() => rm(dir, { recursive: true }));

  test('resolves files beside the kubeconfig that names them', async () => {
    await writeFile(join(dir, 'ca.pem'), 'CA');
    await writeFile(join(dir, 'token'), 'from-file\n');
    const path = join(dir, 'files');
    await writeFile(path, kubeconfig({ tokenFile: 'token' }, { 'certificate-authority': 'ca.pem' }));
    const connection = await loadConnection({ kubeconfig: path });
    assert.deepEqual(connection.tls(), { ca: 'CA' });
    assert.equal(await connection.credentials.authorization(), 'Bearer from-file');
  });

  test('merges several: the first to name something wins, missing ones are skipped', async () => {
    const first = join(dir, 'first');
    const second = join(dir, 'second');
    await writeFile(first, JSON.stringify({ clusters: [{ name: 'c', cluster: { server: 'https://first' } }] }));
    await writeFile(second, kubeconfig({ token: 't' }));
    const paths = [join(dir, 'missing'), first, second].join(delimiter);
    const connection = await loadConnection({ kubeconfig: paths });
    assert.equal(connection.server, 'https://first');
    assert.equal(await connection.credentials.authorization(), 'Bearer t');
  });

  for (const kubeconfig of ['', undefined]) {
    test(`without a kubeconfig (${JSON.stringify(kubeconfig)}) needs a cluster around it`, async () => {
      await assert.rejects(loadConnection({ kubeconfig }), KubeconfigError);
    });
  }

  test('says which file is missing', async () => {
    await assert.rejects(loadConnection({ kubeconfig: join(dir, 'missing') }), /cannot read the kubeconfig .*missing/);
  });

  test('takes what a pod has mounted', async () => {
    await writeFile(join(dir, 'ca.crt'), 'CA');
    await writeFile(join(dir, 'token'), 'pod-token');
    await writeFile(join(dir, 'namespace'), 'flux-system\n');
    const connection = await loadConnection({ inCluster: { host: 'fd00::1', port: '6443', dir } });
    assert.equal(connection.server, 'https://[fd00::1]:6443');
    assert.equal(connection.namespace, 'flux-system');
    assert.deepEqual(connection.tls(), { ca: 'CA' });
    assert.equal(await connection.credentials.authorization(), 'Bearer pod-token');
    const byName = await loadConnection({ inCluster: { dir } });
    assert.equal(byName.server, 'https://kubernetes.default.svc:443');
  });

  test('outside of a pod says so', async () => {
    await assert.rejects(loadConnection({ inCluster: { dir: join(dir, 'nothing') } }), /no ServiceAccount is mounted/);
  });
});

import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { CloudServer, cloudEnvironment } from '../../../test/support/cloud-server.ts';
import { claimsOf } from '../jwt.ts';
import { gkeClusters } from './gke.ts';
import type { GcpDeps } from './metadata-server.ts';
import { keyToken, parseKey } from './oauth.ts';
import { gcpProvider } from './provider.ts';

const signal = new AbortController().signal;
const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const token = { token: 'ya29.token', expiresAt: now + 3_599_000 };
const answer = { access_token: 'ya29.token', expires_in: 3599, token_type: 'Bearer' };
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = {
  type: 'service_account',
  client_email: 'flux@project.iam.gserviceaccount.com',
  private_key_id: 'kid',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  token_uri: 'https://oauth2.googleapis.com/token',
};
const tokenEndpoint = 'POST https://oauth2.googleapis.com/token';
const metadata = 'GET http://169.254.169.254/computeMetadata/v1/';
const stsEndpoint = 'POST https://sts.googleapis.com/v1/token';

describe('GCP', () => {
  let cloud: CloudServer;
  before(async () => {
    cloud = await CloudServer.start();
  });
  after(() => cloud.stop());
  beforeEach(() => void cloud.requests.splice(0));
  const deps = (variables: Record<string, string> = {}, files: Record<string, string> = {}): GcpDeps => ({
    http: cloud.http,
    now: () => now,
    environment: cloudEnvironment(variables, files),
  });
  const account = (annotations: Record<string, string>) => ({ namespace: 'team', name: 'deployer', annotations });

  it('takes the key of a service account', async () => {
    cloud.on(tokenEndpoint, ({ form }) => {
      assert.equal(form['grant_type'], 'urn:ietf:params:oauth:grant-type:jwt-bearer');
      const [head = '', claims = '', signature = ''] = (form['assertion'] ?? '').split('.');
      assert.deepEqual(JSON.parse(Buffer.from(head, 'base64url').toString()), { alg: 'RS256', typ: 'JWT', kid: 'kid' });
      assert.ok(verify('sha256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url')));
      assert.deepEqual(claimsOf(form['assertion'] ?? ''), {
        iss: key.client_email,
        scope: 'https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email',
        aud: key.token_uri,
        iat: now / 1000,
        exp: now / 1000 + 3600,
      });
      return { body: answer };
    });
    assert.deepEqual(await keyToken(deps(), key, signal), token);
    const provider = gcpProvider(deps({ GOOGLE_APPLICATION_CREDENTIALS: '/key' }, { '/key': JSON.stringify(key) }));
    assert.deepEqual(await provider.controllerToken({}, signal), token);
  });

  it("takes a user's refresh token", async () => {
    cloud.on(tokenEndpoint, ({ form }) => {
      assert.deepEqual(form, { grant_type: 'refresh_token', client_id: 'c', client_secret: 's', refresh_token: 'r' });
      return { body: answer };
    });
    const user = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' };
    assert.deepEqual(await keyToken(deps(), user, signal), token);
  });

  const refused: readonly { name: string; key: Record<string, unknown>; says: RegExp }[] = [
    {
      name: 'another token endpoint',
      key: { ...key, token_uri: 'https://evil.example.com' },
      says: /token_uri of the key is not Google's/,
    },
    {
      name: 'credentials that name a file',
      key: { type: 'external_account', credential_source: { file: '/etc/passwd' } },
      says: /not allowed here/,
    },
    {
      name: 'a key that cannot be read',
      key: { ...key, private_key: 'hunter2' },
      says: /^private_key of the credentials cannot be read$/,
    },
    { name: 'a key without an address', key: { ...key, client_email: undefined }, says: /no client_email/ },
  ];
  for (const { name, key: given, says } of refused) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(keyToken(deps(), given, signal), ({ message }: Error) => says.test(message));
      assert.deepEqual(cloud.requests, []);
    });
  }

  it('quotes nothing of what is no key', () => {
    assert.throws(() => parseKey('hunter2'), { message: 'the credentials are not a JSON object' });
  });

  it('asks the metadata server', async () => {
    cloud.on(`${metadata}instance/service-accounts/default/token`, ({ headers }) => {
      assert.equal(headers['metadata-flavor'], 'Google');
      return { body: answer };
    });
    assert.deepEqual(await gcpProvider(deps()).controllerToken({}, signal), token);
  });

  const pool = 'projects/1/locations/global/workloadIdentityPools/pool/providers/flux';

  it('federates the identity of a ServiceAccount, and impersonates', async () => {
    cloud.on(stsEndpoint, ({ form }) => {
      assert.deepEqual(form, {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        audience: `//iam.googleapis.com/${pool}`,
        scope: 'https://www.googleapis.com/auth/cloud-platform',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        subject_token: 'k8s.jwt',
      });
      return { body: { ...answer, access_token: 'federated' } };
    });
    const email = 'team@project.iam.gserviceaccount.com';
    const path = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}`;
    cloud.on(`POST ${path}:generateAccessToken`, ({ headers }) => {
      assert.equal(headers['authorization'], 'Bearer federated');
      return { body: { accessToken: 'impersonated', expireTime: '2026-01-02T04:04:05Z' } };
    });
    const team = account({
      'gcp.auth.fluxcd.io/workload-identity-provider': pool,
      'iam.gke.io/gcp-service-account': email,
    });
    const provider = gcpProvider(deps());
    assert.deepEqual(await provider.audiencesOf(team, signal), [`//iam.googleapis.com/${pool}`]);
    assert.equal(provider.identityOf(team), email);
    assert.deepEqual(await provider.accountToken('k8s.jwt', team, {}, signal), {
      token: 'impersonated',
      expiresAt: now + 3_600_000,
    });
  });

  it('uses the pool of the GKE cluster that it runs in', async () => {
    cloud.on(`${metadata}project/project-id`, { body: 'proj' });
    cloud.on(`${metadata}instance/attributes/cluster-location`, { body: 'europe-west1' });
    cloud.on(`${metadata}instance/attributes/cluster-name`, { body: 'prod' });
    cloud.on(stsEndpoint, ({ form }) => {
      assert.equal(
        form['audience'],
        'identitynamespace:proj.svc.id.goog:https://container.googleapis.com/v1/projects/proj/locations/europe-west1/clusters/prod',
      );
      return { body: answer };
    });
    const provider = gcpProvider(deps());
    assert.deepEqual(await provider.audiencesOf(account({}), signal), ['proj.svc.id.goog']);
    assert.deepEqual(await provider.accountToken('k8s.jwt', account({}), {}, signal), token);
  });

  it('refuses annotations that are something else', () => {
    const provider = gcpProvider(deps());
    assert.throws(
      () => provider.identityOf(account({ 'iam.gke.io/gcp-service-account': 'a@b.com/../x' })),
      /invalid iam\.gke\.io\/gcp-service-account annotation: 'a@b\.com/,
    );
  });

  it('federates a token in a file for the controller', async () => {
    cloud.on(stsEndpoint, ({ form }) => {
      assert.equal(form['subject_token'], 'from.file');
      return { body: answer };
    });
    const external = {
      type: 'external_account',
      audience: '//iam.googleapis.com/x',
      credential_source: { file: '/token', format: { type: 'json', subject_token_field_name: 't' } },
    };
    const files = { '/key': JSON.stringify(external), '/token': '{"t":"from.file"}' };
    const provider = gcpProvider(deps({ GOOGLE_APPLICATION_CREDENTIALS: '/key' }, files));
    assert.deepEqual(await provider.controllerToken({}, signal), token);
  });

  it('describes a GKE cluster', async () => {
    const cluster = 'projects/p/locations/l/clusters/c';
    cloud.on(`GET https://container.googleapis.com/v1/${cluster}`, ({ headers }) => {
      assert.equal(headers['authorization'], 'Bearer ya29.token');
      const masterAuth = { clusterCaCertificate: Buffer.from('PEM').toString('base64') };
      return { body: { endpoint: '34.1.2.3', masterAuth } };
    });
    const tokens = { get: async () => token as never };
    const clusters = gkeClusters(deps());
    const access = await clusters.access({ cluster }, {}, tokens, signal);
    assert.deepEqual(access, { server: 'https://34.1.2.3:443', ca: 'PEM', ...token });
    await assert.rejects(clusters.access({ cluster: 'c' }, {}, tokens, signal), /invalid GKE cluster ID/);
  });
});

import assert from 'node:assert/strict';
import { constants, createPublicKey, verify } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Authority } from '../../../test/support/certificates.ts';
import { CloudServer, cloudEnvironment } from '../../../test/support/cloud-server.ts';
import { claimsOf } from '../jwt.ts';
import { aksClusters } from './aks.ts';
import { knownAuthority } from './clouds.ts';
import { type AzureDeps, defaultAzureToken, managedIdentityToken } from './default-credential.ts';
import { entraToken } from './entra.ts';
import { azureProvider } from './provider.ts';

const signal = new AbortController().signal;
const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const tenantId = '11111111-2222-3333-4444-555555555555';
const tokenEndpoint = `POST https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`;
const scope = 'https://vault.azure.net/.default';
const token = { token: 'azure-token', expiresAt: now + 3_599_000 };
const answer = { token_type: 'Bearer', expires_in: 3599, access_token: 'azure-token' };

describe('Azure', () => {
  let cloud: CloudServer;
  before(async () => {
    cloud = await CloudServer.start();
  });
  after(() => cloud.stop());
  beforeEach(() => void cloud.requests.splice(0));
  const deps = (variables: Record<string, string> = {}, files: Record<string, string> = {}): AzureDeps => ({
    http: cloud.http,
    now: () => now,
    environment: cloudEnvironment(variables, files),
  });
  const answerForm = (want: Readonly<Record<string, string>>): void =>
    cloud.on(tokenEndpoint, ({ form }) => {
      assert.deepEqual(form, { grant_type: 'client_credentials', scope, ...want });
      return { body: answer };
    });

  it('takes a client secret', async () => {
    answerForm({ client_id: 'app', client_secret: 'hunter2' });
    const variables = { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: 'app', AZURE_CLIENT_SECRET: 'hunter2' };
    assert.deepEqual(await defaultAzureToken(deps(variables), scope, signal), token);
  });

  it('takes a client certificate, and signs as Entra ID asks for', async () => {
    const { certificate, key } = await (await Authority.create('test')).issueClient({ commonName: 'app' });
    cloud.on(tokenEndpoint, ({ form }) => {
      const assertion = form['client_assertion'] ?? '';
      const [head = '', claims = '', signature = ''] = assertion.split('.');
      const header = JSON.parse(Buffer.from(head, 'base64url').toString());
      assert.equal(header.alg, 'PS256');
      assert.equal(Buffer.from(header['x5t#S256'], 'base64url').length, 32);
      const { aud, iss, sub, nbf, exp } = claimsOf(assertion);
      assert.deepEqual([aud, iss, sub], [tokenEndpoint.slice(5), 'app', 'app']);
      assert.deepEqual([nbf, exp], [now / 1000, now / 1000 + 600]);
      const pss = { key: createPublicKey(certificate), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
      assert.ok(verify('sha256', Buffer.from(`${head}.${claims}`), pss, Buffer.from(signature, 'base64url')));
      return { body: answer };
    });
    const proof = { certificate: `${certificate}\n${key}` };
    const client = { authorityHost: 'https://login.microsoftonline.com', tenantId, clientId: 'app', proof };
    assert.deepEqual(await entraToken(deps(), client, scope, signal), token);
  });

  it('takes workload identity', async () => {
    answerForm({
      client_id: 'app',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'the.jwt.token',
    });
    const variables = {
      AZURE_TENANT_ID: tenantId,
      AZURE_CLIENT_ID: 'app',
      AZURE_FEDERATED_TOKEN_FILE: '/token',
      AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/',
    };
    assert.deepEqual(await defaultAzureToken(deps(variables, { '/token': 'the.jwt.token\n' }), scope, signal), token);
  });

  it('takes a managed identity', async () => {
    cloud.on('GET http://169.254.169.254/metadata/identity/oauth2/token', ({ url, headers }) => {
      assert.equal(headers['metadata'], 'true');
      assert.equal(url.searchParams.get('resource'), 'https://vault.azure.net');
      assert.equal(url.searchParams.get('client_id'), 'identity');
      return { body: { ...answer, expires_in: '3599' } };
    });
    assert.deepEqual(await managedIdentityToken(deps(), 'identity', scope, signal), token);
  });

  it('takes the application of a ServiceAccount', async () => {
    const annotations = {
      'azure.workload.identity/tenant-id': tenantId,
      'azure.workload.identity/client-id': 'team-app',
    };
    const account = { namespace: 'team', name: 'deployer', annotations };
    const provider = azureProvider(deps());
    assert.deepEqual(await provider.audiencesOf(account, signal), ['api://AzureADTokenExchange']);
    assert.equal(provider.identityOf(account), `${tenantId}/team-app`);
    answerForm({
      client_id: 'team-app',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'k8s.jwt',
    });
    assert.deepEqual(await provider.accountToken('k8s.jwt', account, { scopes: [scope] }, signal), token);
    assert.throws(() => provider.identityOf({ ...account, annotations: {} }), {
      message: 'azure tenant ID is not set in the service account annotation azure.workload.identity/tenant-id',
    });
  });

  it('tells what Entra ID says, without the secret', async () => {
    cloud.on(tokenEndpoint, { status: 401, body: { error: 'invalid_client', error_description: 'not hunter2' } });
    const proof = { secret: 'hunter2' };
    const client = { authorityHost: 'https://login.microsoftonline.com', tenantId, clientId: 'app', proof };
    await assert.rejects(entraToken(deps(), client, scope, signal), {
      message: 'Entra ID gave no token: HTTP 401: {"error":"invalid_client","error_description":"not *****"}',
    });
  });

  it('sends secrets to no authority but those of Azure, and to no tenant that is a path', async () => {
    for (const host of [
      'https://evil.example.com',
      'http://login.microsoftonline.com',
      'https://login.microsoftonline.com.evil.com',
    ])
      assert.throws(() => knownAuthority(host), /the authority host must be one of/);
    assert.equal(knownAuthority('https://login.microsoftonline.us/'), 'https://login.microsoftonline.us');
    const client = { authorityHost: 'https://login.microsoftonline.com', clientId: 'a', proof: { secret: 's' } };
    await assert.rejects(
      entraToken(deps(), { ...client, tenantId: '../x?' }, scope, signal),
      /neither a GUID nor a domain/,
    );
    assert.deepEqual(cloud.requests, []);
  });

  describe('AKS', () => {
    const id = `/subscriptions/${tenantId}/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/prod`;
    const tokens = {
      get: async (_p: unknown, { scopes = [] }: { scopes?: readonly string[] }) =>
        ({ token: scopes.join(), expiresAt: now + 1 }) as never,
    };
    const read = (text: string) => JSON.parse(text) as { server: string; ca: string };
    const listed = (...servers: readonly string[]) => ({
      kubeconfigs: servers.map((server) => ({
        name: 'x',
        value: Buffer.from(JSON.stringify({ server, ca: `CA of ${server}` })).toString('base64'),
      })),
    });
    const base = `https://management.azure.com${id}`;

    it('describes the cluster with a token of its own', async () => {
      const authorized =
        (body: unknown) =>
        ({ headers }: { headers: Readonly<Record<string, string>> }) => {
          assert.equal(headers['authorization'], 'Bearer https://management.core.windows.net//.default');
          return { body };
        };
      cloud.on(`GET ${base}`, authorized({ properties: { aadProfile: { managed: true } } }));
      cloud.on(`POST ${base}/listClusterUserCredential`, authorized(listed('https://a:443', 'https://b:443')));
      const access = (address?: string) =>
        aksClusters(deps(), read).access({ cluster: id, address }, {}, tokens, signal);
      assert.deepEqual(await access(), {
        server: 'https://a:443',
        ca: 'CA of https://a:443',
        token: '6dae42f8-4368-4678-94ff-3960e28e3630/.default',
        expiresAt: now + 1,
      });
      assert.equal((await access('https://B')).ca, 'CA of https://b:443');
      await assert.rejects(
        access('https://c'),
        /matching the specified address 'https:\/\/c'. cluster addresses: \['https:\/\/a:443', /,
      );
    });

    it('refuses clusters without Entra ID, and what is no cluster', async () => {
      cloud.on(`GET ${base}`, { body: { properties: {} } });
      const access = (cluster: string) => aksClusters(deps(), read).access({ cluster }, {}, tokens, signal);
      await assert.rejects(access(id), /does not have Microsoft Entra ID integration enabled/);
      await assert.rejects(access('/subscriptions/x'), /invalid AKS cluster ID/);
    });
  });
});

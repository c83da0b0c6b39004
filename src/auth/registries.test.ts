import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { CloudServer, cloudEnvironment } from '../../test/support/cloud-server.ts';
import { isSignedBy } from '../../test/support/sigv4.ts';
import { createCloudAuth } from './cloud-auth.ts';
import type { ServiceAccounts } from './provider.ts';
import { TokenCache } from './token-cache.ts';

const { signal } = new AbortController();
const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const clock = { now: () => now, setTimeout: () => ({ cancel: () => undefined }) };
const tomorrow = Math.floor(now / 1000) + 43_200;

const keys = { AWS_REGION: 'us-west-2', AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'aws secret' };
const entra = {
  AZURE_TENANT_ID: 'tenant',
  AZURE_CLIENT_ID: 'client',
  AZURE_FEDERATED_TOKEN_FILE: '/token',
  AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/',
};

function jwt(claims: object): string {
  return `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;
}

describe('registries of clouds', () => {
  let cloud: CloudServer;
  before(async () => {
    cloud = await CloudServer.start();
  });
  after(() => cloud.stop());
  beforeEach(() => {
    cloud.requests.splice(0);
    answerAll();
  });

  function answerAll(): void {
    const authorizationToken = Buffer.from('AWS:ecr password').toString('base64');
    const data = { authorizationToken, expiresAt: tomorrow };
    cloud.on('POST https://api.ecr.eu-west-1.amazonaws.com/', { body: { authorizationData: [data] } });
    cloud.on('POST https://api.ecr.cn-north-1.amazonaws.com.cn/', { body: { authorizationData: [data] } });
    cloud.on('POST https://api.ecr-public.us-east-1.amazonaws.com/', { body: { authorizationData: data } });
    cloud.on('POST https://login.microsoftonline.com/tenant/oauth2/v2.0/token', {
      body: { access_token: 'entra token', expires_in: 3600 },
    });
    cloud.on('POST https://team.azurecr.io/oauth2/exchange', { body: { refresh_token: jwt({ exp: tomorrow }) } });
    cloud.on('GET http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token', {
      body: { access_token: 'google token', expires_in: 3600 },
    });
    cloud.on('POST https://sts.eu-west-1.amazonaws.com/', {
      body: `<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>of role</SecretAccessKey><SessionToken>session</SessionToken><Expiration>2026-01-02T04:04:05Z</Expiration></Credentials>`,
    });
  }

  function auth(variables: Record<string, string>, { objectLevel = true, files = {} } = {}) {
    const serviceAccounts: ServiceAccounts = {
      read: async (ref) => ({ ...ref, annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/team' } }),
      token: async ({ namespace, name }) => jwt({ sub: `${namespace}/${name}` }),
    };
    return createCloudAuth({
      http: cloud.http,
      now: clock.now,
      environment: cloudEnvironment(variables, { '/token': 'oidc', ...files }),
      serviceAccounts,
      cache: new TokenCache({ maxSize: 100, clock }),
      objectLevel,
      readKubeconfig: () => ({ server: '', ca: '' }),
    });
  }

  const asked = (): readonly string[] =>
    cloud.requests.map(({ method, url }) => `${method} ${url.origin}${url.pathname}`);

  const hosts: readonly {
    provider: 'aws' | 'azure' | 'gcp';
    host: string;
    variables: Record<string, string>;
    username: string;
    password: string;
  }[] = [
    ...[
      '1.dkr.ecr.eu-west-1.amazonaws.com',
      '1.dkr-ecr.eu-west-1.on.aws',
      '1.dkr.ecr-fips.eu-west-1.amazonaws.com',
    ].map((host) => ({ provider: 'aws' as const, host, variables: keys, username: 'AWS', password: 'ecr password' })),
    {
      provider: 'aws',
      host: '1.dkr.ecr.cn-north-1.amazonaws.com.cn',
      variables: keys,
      username: 'AWS',
      password: 'ecr password',
    },
    { provider: 'aws', host: 'public.ecr.aws', variables: keys, username: 'AWS', password: 'ecr password' },
    {
      provider: 'azure',
      host: 'team.azurecr.io',
      variables: entra,
      username: '00000000-0000-0000-0000-000000000000',
      password: jwt({ exp: tomorrow }),
    },
    ...['gcr.io', 'eu.gcr.io', 'europe-west1-docker.pkg.dev', 'docker.s3nsregistry.fr'].map((host) => ({
      provider: 'gcp' as const,
      host,
      variables: {},
      username: 'oauth2accesstoken',
      password: 'google token',
    })),
  ];
  for (const { provider, host, variables, username, password } of hosts) {
    it(`gives a user and password for ${host}, and keeps them`, async () => {
      const { registries, tokens } = auth(variables);
      const got = await registries[provider].credentials(host, {}, tokens, signal);
      assert.deepEqual([got.username, got.password], [username, password]);
      assert.ok(got.expiresAt > now);
      const before = asked().length;
      await registries[provider].credentials(host, {}, tokens, signal);
      assert.equal(asked().length, before);
    });
  }

  it('signs what it asks of ECR', async () => {
    const { registries, tokens } = auth(keys);
    await registries.aws.credentials('1.dkr.ecr.eu-west-1.amazonaws.com', {}, tokens, signal);
    await registries.aws.credentials('public.ecr.aws', {}, tokens, signal);
    const [one, two] = cloud.requests;
    assert.ok(one !== undefined && two !== undefined);
    assert.equal(one.headers['x-amz-target'], 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken');
    assert.equal(two.headers['x-amz-target'], 'SpencerFrontendService.GetAuthorizationToken');
    const { AWS_SECRET_ACCESS_KEY: secretAccessKey } = keys;
    assert.ok(isSignedBy(secretAccessKey, one));
    assert.ok(isSignedBy(secretAccessKey, two));
  });

  it('tells Azure what it has, and for which registry', async () => {
    const { registries, tokens } = auth(entra);
    await registries.azure.credentials('team.azurecr.io', {}, tokens, signal);
    const [first, second] = cloud.requests;
    assert.equal(first?.form['scope'], 'https://containerregistry.azure.net/.default');
    assert.deepEqual(second?.form, {
      grant_type: 'access_token',
      service: 'team.azurecr.io',
      access_token: 'entra token',
    });
  });

  describe('of an Azure that somebody else runs', () => {
    const variables = { ...entra, AZURE_ENVIRONMENT_FILEPATH: '/azure' };
    const described = {
      resourceManagerEndpoint: 'https://management.stack.test/',
      tokenAudience: 'https://stack.test',
    };
    const suffix = { containerRegistryDNSSuffix: 'registries.stack.test' };
    const file = (values: object) => ({ files: { '/azure': JSON.stringify(values) } });

    it('are those that its file names', async () => {
      cloud.on('POST https://team.registries.stack.test/oauth2/exchange', {
        body: { refresh_token: jwt({ exp: tomorrow }) },
      });
      const { registries, tokens } = auth(variables, file({ ...described, ...suffix }));
      await registries.azure.credentials('team.registries.stack.test', {}, tokens, signal);
      assert.equal(cloud.requests[0]?.form['scope'], 'https://management.stack.test/.default');
    });

    const bad: readonly [name: string, files: object, host: string, says: RegExp][] = [
      ['without endpoints', {}, 'team.azurecr.io', /resourceManagerEndpoint and tokenAudience must be set/],
      ['without registries', described, 'team.registries.stack.test', /invalid Azure registry/],
      [
        'of another name',
        { ...described, ...suffix },
        'evilregistries.stack.test',
        /must end with \.registries\.stack\.test/,
      ],
      ['in a longer name', { ...described, ...suffix }, 'a.registries.stack.test.evil', /must end with/],
      ['with a path', { ...described, ...suffix }, 'evil/a.registries.stack.test', /must end with/],
    ];
    for (const [name, values, host, says] of bad) {
      it(`are refused ${name}`, async () => {
        const { registries, tokens } = auth(variables, file(values));
        await assert.rejects(registries.azure.credentials(host, {}, tokens, signal), says);
        assert.deepEqual(asked(), []);
      });
    }

    it('are refused with a file that cannot be read', async () => {
      for (const files of [{}, { '/azure': 'no JSON' }, { '/azure': 'null' }]) {
        const { registries, tokens } = auth(variables, { files });
        await assert.rejects(registries.azure.credentials('team.azurecr.io', {}, tokens, signal));
      }
    });
  });

  it('asks as the role of a ServiceAccount, where that is allowed', async () => {
    const identity = { namespace: 'apps', name: 'team' };
    const { registries, tokens } = auth(keys);
    await registries.aws.credentials('1.dkr.ecr.eu-west-1.amazonaws.com', { identity }, tokens, signal);
    assert.equal(cloud.requests[0]?.form['RoleArn'], 'arn:aws:iam::1:role/team');
    assert.match(cloud.requests[1]?.headers['authorization'] ?? '', /Credential=ASIA\//);
    const refused = auth(keys, { objectLevel: false });
    await assert.rejects(
      refused.registries.aws.credentials('public.ecr.aws', { identity }, refused.tokens, signal),
      /ObjectLevelWorkloadIdentity feature gate is not enabled/,
    );
  });

  const foreign: readonly ['aws' | 'azure' | 'gcp', string][] = [
    ['aws', '1.dkr.ecr.us-east-1.amazonaws.com.example.org'],
    ['aws', 'evil.example.org/1.dkr.ecr.us-east-1.amazonaws.com'],
    ['aws', '1.dkr.ecr.us-east-1.amazonaws.com:8443'],
    ['aws', 'public.ecr.aws.example.org'],
    ['aws', 'ghcr.io'],
    ['azure', 'team.azurecr.io.example.org'],
    ['azure', 'team.azurecr.io:8443'],
    ['azure', 'evil@team.azurecr.io'],
    ['gcp', 'gcr.io.example.org'],
    ['gcp', 'evilgcr.io'],
    ['gcp', 'a/b-docker.pkg.dev'],
  ];
  for (const [provider, host] of foreign) {
    it(`gives nothing of ${provider} to ${host}`, async () => {
      const { registries, tokens } = auth({ ...keys, ...entra });
      await assert.rejects(
        registries[provider].credentials(host, {}, tokens, signal),
        /^AuthError: invalid \w+ registry/,
      );
      assert.deepEqual(asked(), []);
    });
  }

  it('says what a cloud says, without what was sent', async () => {
    const failed = { status: 400, body: { __type: 'AccessDeniedException', message: 'not allowed' } };
    cloud.on('POST https://api.ecr.eu-west-1.amazonaws.com/', failed);
    const aws = auth(keys);
    await assert.rejects(
      aws.registries.aws.credentials('1.dkr.ecr.eu-west-1.amazonaws.com', {}, aws.tokens, signal),
      /AccessDeniedException: not allowed/,
    );
    cloud.on('POST https://team.azurecr.io/oauth2/exchange', { status: 401, body: { error: 'entra token is bad' } });
    const azure = auth(entra);
    await assert.rejects(
      azure.registries.azure.credentials('team.azurecr.io', {}, azure.tokens, signal),
      (error: Error) => {
        assert.match(error.message, /HTTP 401/);
        assert.ok(!error.message.includes('entra token'));
        return true;
      },
    );
  });
});

import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type AccessTokenRequest, AccessTokens } from '../../../auth/access-tokens.ts';
import { metadataServices } from '../../../auth/address-guard.ts';
import { AuthError } from '../../../auth/auth-error.ts';
import type { CloudAuth } from '../../../auth/cloud-auth.ts';
import { TokenCache } from '../../../auth/token-cache.ts';
import type { Clock } from '../../../lib/clock.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { NotificationEvent } from '../event.ts';
import { createNotifier, type NotifierDeps } from './create-notifier.ts';
import { NotifierHttp } from './http.ts';
import type { ProviderSettings } from './settings.ts';
import { type Answer, CaptureServer } from './testing.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const now = Date.parse('2026-01-02T15:04:05Z');

const clock: Clock = {
  now: () => now,
  setTimeout(fn) {
    const timer = setImmediate(fn);
    return { cancel: () => clearImmediate(timer) };
  },
};

const event: NotificationEvent = {
  involvedObject: { apiVersion: 'v1', kind: 'Kustomization', namespace: 'ns', name: 'apps', uid: 'u' },
  severity: 'info',
  timestamp: '2026-01-02T15:04:05Z',
  message: 'fine',
  reason: 'Succeeded',
  metadata: { revision: 'main@sha1:0123456789abcdef0123456789abcdef01234567', change_request: '7' },
  reportingController: 'kustomize-controller',
  reportingInstance: '',
};

const app = { githubAppID: '12345', githubAppInstallationID: '678', githubAppPrivateKey: pem };
const tokenAnswer: Answer = {
  request: 'POST /app/installations/678/access_tokens',
  status: 201,
  body: { token: 'ghs_installation', expires_at: '2026-01-02T16:04:05Z' },
};
const statuses: Answer = { request: 'GET /repos', body: [] };

describe('who we are at services', () => {
  let server: CaptureServer;
  let cache: TokenCache;
  let asked: AccessTokenRequest[];
  let refusal: string;

  before(async () => {
    server = await CaptureServer.start();
  });
  after(() => server[Symbol.asyncDispose]());
  beforeEach(() => {
    cache = new TokenCache({ maxSize: 10, clock });
    asked = [];
    refusal = '';
  });

  function deps(defaultServiceAccount = ''): NotifierDeps {
    const cloud = {
      cache,
      now: () => now,
      environment: { variables: {} },
      tokens: {
        async get(_provider: unknown, request: AccessTokenRequest) {
          asked.push(request);
          if (refusal !== '') throw new AuthError(refusal);
          return { token: 'entra-token', expiresAt: now + 3_600_000 };
        },
      },
    } as unknown as CloudAuth;
    const http = new NotifierHttp({ agents: server.agents, guard: metadataServices, clock, random: () => 0 });
    return { http, cloud, clock, defaultServiceAccount };
  }

  async function post(given: Partial<ProviderSettings> & Pick<ProviderSettings, 'type'>, shared = deps()) {
    const settings: ProviderSettings = {
      provider: { namespace: 'ns', name: 'git', uid: 'u' },
      address: 'https://github.com/acme/podinfo',
      channel: '',
      username: '',
      password: '',
      token: '',
      headers: {},
      secretData: new Map(),
      serviceAccountName: '',
      timeoutMs: 30_000,
      ...given,
    };
    const delivery = { alert: { namespace: 'ns', name: 'a', uid: 'u' }, commitStatus: 'kustomization/apps/1' };
    try {
      await createNotifier(settings, delivery, shared).post(event, new AbortController().signal);
      return '';
    } catch (error) {
      return errorMessage(error);
    }
  }

  const secretOf = (entries: Readonly<Record<string, string>>) =>
    new Map(Object.entries(entries).map(([name, value]) => [name, Buffer.from(value)]));
  const lines = () => server.seen.map(({ method, host, path }) => `${method} ${host}${path}`);

  describe('a GitHub App', () => {
    it('gets a token for its installation, once, and shows what it is with a signature', async () => {
      server.expect([tokenAnswer, statuses]);
      const shared = deps();
      assert.equal(await post({ type: 'github', secretData: secretOf(app) }, shared), '');
      assert.equal(await post({ type: 'github', secretData: secretOf(app) }, shared), '');
      const [first, ...rest] = server.seen;
      assert.equal(first?.path, '/app/installations/678/access_tokens');
      const [header = '', claims = '', signature = ''] = (first?.headers['authorization'] ?? '').slice(7).split('.');
      const good = verify('sha256', Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, 'base64url'));
      assert.ok(good);
      assert.deepEqual(JSON.parse(Buffer.from(claims, 'base64url').toString()), {
        iss: '12345',
        iat: now / 1000 - 30,
        exp: now / 1000 + 90,
      });
      assert.equal(rest.length, 4);
      for (const { headers } of rest) assert.equal(headers['authorization'], 'Bearer ghs_installation');
    });

    it('comments as its bot', async () => {
      const own = {
        id: 5,
        user: { login: 'sluice-app[bot]' },
        body: '<!-- flux-pr-comment-key:u/Kustomization/ns/apps -->',
      };
      server.expect([
        { request: 'GET /app', body: { slug: 'sluice-app' } },
        tokenAnswer,
        { request: 'GET /repos/acme/podinfo/issues/7/comments', body: [{ ...own, id: 4, user: { login: 'x' } }, own] },
      ]);
      assert.equal(await post({ type: 'githubpullrequestcomment', secretData: secretOf(app) }), '');
      assert.deepEqual(lines(), [
        'GET api.github.com/app',
        'POST api.github.com/app/installations/678/access_tokens',
        'GET api.github.com/repos/acme/podinfo/issues/7/comments?direction=asc&per_page=100&sort=created',
        'PATCH api.github.com/repos/acme/podinfo/issues/comments/5',
      ]);
    });

    it('finds its installation by the owner, an organisation or a user', async () => {
      const { githubAppInstallationID: _id, ...rest } = app;
      const secretData = secretOf({ ...rest, githubAppInstallationOwner: 'acme' });
      server.expect([
        { request: 'GET /orgs/acme/installation', status: 404, body: { message: 'Not Found' } },
        { request: 'GET /users/acme/installation', body: { id: 678 } },
        tokenAnswer,
        statuses,
      ]);
      assert.equal(await post({ type: 'github', secretData }), '');
      assert.deepEqual(lines().slice(0, 3), [
        'GET api.github.com/orgs/acme/installation',
        'GET api.github.com/users/acme/installation',
        'POST api.github.com/app/installations/678/access_tokens',
      ]);
    });

    it('asks an Enterprise server where the Secret says', async () => {
      const githubAppBaseURL = 'https://ghe.example.com/api/v3/';
      server.expect([
        { ...tokenAnswer, request: 'POST /api/v3/app/installations/678/access_tokens' },
        { request: 'GET /api/v3', body: [] },
      ]);
      const address = 'https://ghe.example.com/acme/podinfo';
      assert.equal(await post({ type: 'github', address, secretData: secretOf({ ...app, githubAppBaseURL }) }), '');
      assert.equal(lines()[0], 'POST ghe.example.com/api/v3/app/installations/678/access_tokens');
    });

    const wrong: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
      ['an id that is no number', { ...app, githubAppID: 'x' }, /app ID must be provided to use github app/],
      ['no installation', { ...app, githubAppInstallationID: '' }, /app installation owner or ID must be provided/],
      ['two installations', { ...app, githubAppInstallationOwner: 'a' }, /only one of app installation owner or ID/],
      ['no key', { ...app, githubAppPrivateKey: '' }, /private key must be provided/],
      [
        'a key that is none',
        { ...app, githubAppPrivateKey: 'hunter22' },
        /could not parse private key: (?!.*hunter22)/,
      ],
      ['an API that is no URL', { ...app, githubAppBaseURL: 'ghe' }, /invalid API URL/],
      ['an API at a metadata service', { ...app, githubAppBaseURL: 'http://169.254.169.254' }, /metadata service/],
    ];
    for (const [name, secret, want] of wrong) {
      it(`fails with ${name}`, async () => {
        server.expect([]);
        assert.match(await post({ type: 'github', secretData: secretOf(secret) }), want);
        assert.deepEqual(server.seen, []);
      });
    }

    it('tells why GitHub refuses it, without what proves who it is', async () => {
      server.expect([
        { request: 'POST /app', status: 401, body: { message: 'A JSON web token could not be decoded' } },
      ]);
      const said = await post({ type: 'github', secretData: secretOf(app) });
      assert.match(said, /^failed to create the installation token: HTTP 401: .*could not be decoded/);
      assert.doesNotMatch(said, /eyJ/);
    });
  });

  describe('an identity of the cloud', () => {
    const azure = { type: 'azuredevops', address: 'https://dev.azure.com/org/proj/_git/repo' } as const;

    it("is that of the Provider's ServiceAccount", async () => {
      server.expect([]);
      assert.equal(await post({ ...azure, serviceAccountName: 'notifier' }), '');
      assert.deepEqual(asked, [
        {
          identity: { namespace: 'ns', name: 'notifier' },
          scopes: ['499b84ac-1321-427f-aa17-267ca6975798/.default'],
          involved: { kind: 'Provider', namespace: 'ns', name: 'git', operation: 'post' },
        },
      ]);
      const authorization = `Basic ${Buffer.from(':entra-token').toString('base64')}`;
      for (const { headers } of server.seen) assert.equal(headers['authorization'], authorization);
    });

    it('is that of the operator for those who name none', async () => {
      server.expect([]);
      assert.equal(await post(azure, deps('default-notifier')), '');
      assert.deepEqual(asked[0]?.identity, { namespace: 'ns', name: 'default-notifier', isDefault: true });
    });

    it('is not asked for beside a token', async () => {
      server.expect([]);
      assert.equal(await post({ ...azure, token: 'pat-token' }), '');
      assert.deepEqual(asked, []);
    });

    it('is asked for by the proxy of the Provider', async () => {
      const variables = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client', AZURE_CLIENT_SECRET: 'hunter22' };
      const shared = deps();
      const environment = { variables, read: () => Promise.reject(new Error('no file')) };
      const serviceAccounts = { read: async () => undefined, token: async () => '' };
      const tokens = new AccessTokens({ cache, serviceAccounts, objectLevel: true });
      const http = { call: () => Promise.reject(new Error('not by the proxy')) };
      const cloud = { ...shared.cloud, environment, tokens, http };
      const answer = { access_token: 'entra-by-proxy', expires_in: 3600 };
      server.expect([{ request: 'POST /tenant/oauth2/v2.0/token', body: answer }]);
      const proxy = { url: 'http://proxy.example.com:3128' };
      assert.equal(await post({ ...azure, proxy }, { ...shared, cloud }), '');
      assert.deepEqual(server.proxies, [proxy.url, proxy.url, proxy.url]);
      const [first, second] = server.seen;
      assert.equal(first?.host, 'login.microsoftonline.com');
      const authorization = `Basic ${Buffer.from(':entra-by-proxy').toString('base64')}`;
      assert.equal(second?.headers['authorization'], authorization);
    });

    it('may be refused', async () => {
      refusal = "ServiceAccount 'ns/notifier' not found";
      server.expect([]);
      assert.equal(await post(azure), `failed to acquire azure devops token: failed to get token: ${refusal}`);
    });
  });

  describe('a key of Google', () => {
    const pubsub = { type: 'googlepubsub', address: 'project', channel: 'topic' } as const;

    it('that names files or programs is refused', async () => {
      const token = JSON.stringify({ type: 'external_account', credential_source: { executable: { command: 'id' } } });
      server.expect([]);
      assert.match(await post({ ...pubsub, token }), /credentials of this type are not allowed here/);
      assert.deepEqual(server.seen, []);
    });

    it('that is no JSON is refused, and not told', async () => {
      const said = await post({ ...pubsub, token: 'hunter22' });
      assert.match(said, /the credentials are not a JSON object$/);
    });
  });
});

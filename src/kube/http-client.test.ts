import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { FakeApiServer, type FakeApiServerOptions } from '../../test/support/fake-api-server.ts';
import { rawNumber } from '../lib/json.ts';
import type { Client } from './client.ts';
import { ApiError, NoMatchError, TransportError } from './errors.ts';
import { type ClientOptions, type ClosableClient, createClient } from './http-client.ts';
import { impersonateServiceAccount } from './impersonate.ts';
import type { KubeObject, ResourceType } from './object.ts';

const configMaps: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
const roles: ResourceType = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
};

function configMap(name: string, data: Record<string, unknown> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

const key = { namespace: 'default', name: 'a' };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(
  options: ClientOptions = {},
  server: Partial<FakeApiServerOptions> = {},
): Promise<{ api: FakeApiServer; client: ClosableClient }> {
  const api = await FakeApiServer.start({ types: [configMaps, roles], ...server });
  const client = createClient(api.connection(), { random: () => 0, ...options });
  cleanups.push(
    () => api.close(),
    () => client.close(),
  );
  return { api, client };
}

describe('the verbs', () => {
  test('get, metadata alone, and what is not there', async () => {
    const { api, client } = await start();
    api.store.put(configMaps, configMap('a', { x: '1' }));
    assert.deepEqual((await client.get(configMaps, key))['data'], { x: '1' });
    const meta = await client.getMetadata(configMaps, key);
    assert.deepEqual(Object.keys(meta), ['apiVersion', 'kind', 'metadata']);
    assert.equal(meta.kind, 'ConfigMap');
    await assert.rejects(client.get(configMaps, { ...key, name: 'b' }), (error) => {
      assert.ok(error instanceof ApiError && error.isNotFound);
      assert.equal(error.message, 'configmaps "b" not found');
      return true;
    });
  });

  test('list over pages, in one namespace, by selector, metadata alone', async () => {
    const { api, client } = await start();
    for (let i = 0; i < 1_001; i++) api.store.put(configMaps, configMap(`c-${i}`));
    api.store.put(configMaps, { ...configMap('x'), metadata: { name: 'x', namespace: 'other', labels: { l: 'v' } } });
    assert.equal((await client.list(configMaps)).length, 1_002);
    assert.equal(api.requests.length, 3);
    const [only, ...rest] = await client.list(configMaps, { namespace: 'other' });
    assert.equal(rest.length, 0);
    assert.deepEqual([only?.apiVersion, only?.kind, only?.metadata.name], ['v1', 'ConfigMap', 'x']);
    assert.equal((await client.list(configMaps, { labelSelector: 'l=v' })).length, 1);
    const [meta] = await client.listMetadata(configMaps, { namespace: 'other' });
    assert.deepEqual(Object.keys(meta ?? {}), ['apiVersion', 'kind', 'metadata']);
  });

  test('list starts over when its snapshot expires between two pages', async () => {
    const { api, client } = await start();
    for (let i = 0; i < 700; i++) api.store.put(configMaps, configMap(`c-${i}`));
    const expired = { status: 410, reason: 'Expired', message: 'The provided continue parameter is too old' };
    api.misbehave(
      { path: /configmaps/ },
      { status: 200, type: 'application/json', text: '{"metadata":{"continue":"900-1"},"items":[]}' },
    );
    api.misbehave({ path: /configmaps/ }, expired);
    assert.equal((await client.list(configMaps)).length, 700);
    // Where every continuation expires, the list is read in one piece.
    api.misbehave({ path: /configmaps/ }, expired, expired);
    assert.equal((await client.list(configMaps)).length, 700);
    assert.equal(api.requests.at(-1)?.url.searchParams.get('limit'), null);
  });

  test('large lists travel packed', async () => {
    const { api, client } = await start();
    for (let i = 0; i < 300; i++) api.store.put(configMaps, configMap(`c-${i}`, { x: 'y'.repeat(1_000) }));
    const all = await client.list(configMaps);
    assert.deepEqual(all[299]?.['data'], { x: 'y'.repeat(1_000) });
    assert.equal(api.requests[0]?.headers['accept-encoding'], 'gzip');
  });

  test('create, and again', async () => {
    const { client } = await start();
    assert.ok((await client.create(configMaps, configMap('a'), { fieldManager: 'me' })).metadata.uid);
    await assert.rejects(
      client.create(configMaps, configMap('a')),
      (error) => error instanceof ApiError && error.isAlreadyExists,
    );
  });

  test('apply says whether it created, and sends what it was given', async () => {
    const { api, client } = await start();
    const object = configMap('a', { text: 'line\u2028break', big: rawNumber('12345678901234567890') });
    const first = await client.apply(configMaps, object, { fieldManager: 'kustomize-controller', force: true });
    const second = await client.apply(configMaps, configMap('a', { x: '1' }), { fieldManager: 'm', dryRun: true });
    assert.deepEqual([first.created, second.created], [true, false]);
    const [sent, again] = api.requests;
    assert.equal(sent?.method, 'PATCH');
    assert.equal(sent.headers['content-type'], 'application/apply-patch+yaml');
    assert.equal(sent.url.search, '?fieldManager=kustomize-controller&force=true');
    assert.match(sent.body, /"big":12345678901234567890/);
    assert.match(sent.body, /line\\u2028break/);
    assert.equal(again?.url.search, '?fieldManager=m&dryRun=All');
  });

  test('patch by its three types, on a subresource', async () => {
    const { api, client } = await start();
    api.store.put(configMaps, configMap('a'));
    for (const [type, contentType] of [
      ['merge', 'application/merge-patch+json'],
      ['json', 'application/json-patch+json'],
      ['strategic', 'application/strategic-merge-patch+json'],
    ] as const) {
      await client.patch(
        configMaps,
        key,
        { type, body: { data: { [type]: '1' } } },
        { subresource: 'status', fieldManager: 'm' },
      );
      const sent = api.requests.at(-1);
      assert.equal(sent?.headers['content-type'], contentType);
      assert.equal(sent.url.pathname, '/api/v1/namespaces/default/configmaps/a/status');
    }
  });

  test('delete with its preconditions and policy', async () => {
    const { api, client } = await start();
    const { uid = '' } = api.store.put(configMaps, configMap('a')).metadata;
    await assert.rejects(
      client.delete(configMaps, key, { preconditions: { uid: 'other' } }),
      (error) => error instanceof ApiError && error.isConflict,
    );
    await client.delete(configMaps, key, { preconditions: { uid }, propagationPolicy: 'Background' });
    assert.equal(api.store.find(configMaps, key), undefined);
    const body = JSON.parse(api.requests.at(-1)?.body ?? '') as object;
    assert.deepEqual(body, {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      preconditions: { uid },
    });
  });

  test('raw requests, as they are', async () => {
    const { api, client } = await start();
    api.misbehave({ path: '/version' }, { status: 200, text: 'not JSON', type: 'text/plain' });
    assert.deepEqual(await client.raw('GET', '/version'), { status: 200, body: 'not JSON' });
    await assert.rejects(client.raw('GET', '/nothing'), (error) => error instanceof ApiError && error.isNotFound);
  });

  test('a name that would be another path is never sent', async () => {
    const { api, client } = await start();
    for (const name of ['..', 'a/b', '', 'a%2f..']) {
      await assert.rejects(client.get(configMaps, { ...key, name }), TypeError);
      await assert.rejects(client.apply(configMaps, configMap(name), { fieldManager: 'm' }), TypeError);
    }
    assert.equal(api.requests.length, 0);
  });
});

describe('impersonation', () => {
  test('names the user, and each group by a header of its own', async () => {
    const { api, client } = await start();
    api.store.put(configMaps, configMap('a'));
    await client.impersonate({ user: 'jane', groups: ['devs', 'ops'] }).get(configMaps, key);
    const { headers } = api.requests[0] ?? {};
    assert.equal(headers?.['impersonate-user'], 'jane');
    assert.equal(headers['impersonate-group'], 'devs, ops');
  });

  test('of a ServiceAccount leaves its groups to the server, as Flux does', async () => {
    const { api, client } = await start();
    api.store.put(configMaps, configMap('a'));
    const tenant: Client = client.impersonate(impersonateServiceAccount('apps', 'deployer'));
    await tenant.get(configMaps, key);
    await client.get(configMaps, key);
    assert.equal(api.requests[0]?.headers['impersonate-user'], 'system:serviceaccount:apps:deployer');
    assert.equal(api.requests[0].headers['impersonate-group'], undefined);
    assert.equal(api.requests[1]?.headers['impersonate-user'], undefined);
  });

  test('discovers as the client itself, once for all', async () => {
    const { api, client } = await start();
    const tenant = client.impersonate({ user: 'jane' });
    await tenant.discovery.resourceFor(configMaps);
    await client.discovery.resourceFor(configMaps);
    assert.equal(api.requests.length, 2);
    for (const request of api.requests) assert.equal(request.headers['impersonate-user'], undefined);
  });
});

describe('a server in trouble', () => {
  test('is asked again after 429, resets and 503, and the answer counts', async () => {
    const { api, client } = await start();
    api.store.put(configMaps, configMap('a'));
    api.misbehave(
      { path: /configmaps/ },
      { status: 429, reason: 'TooManyRequests', headers: { 'retry-after': '0' } },
      'reset',
      { status: 503, text: 'upstream connect error' },
    );
    assert.equal((await client.get(configMaps, key)).metadata.name, 'a');
    assert.equal(api.requests.length, 4);
  });

  test('does not get a create twice that it may have seen', async () => {
    const { api, client } = await start();
    api.misbehave({ method: 'POST' }, 'reset');
    await assert.rejects(client.create(configMaps, configMap('a')), (error) => {
      assert.ok(error instanceof TransportError);
      assert.match(error.message, /^Post "http:\/\/127\.0\.0\.1:\d+\/api\/v1\/namespaces\/default\/configmaps": /);
      return true;
    });
    assert.equal(api.requests.length, 1);
  });

  test('that breaks off within an answer is asked again', async () => {
    const { api, client } = await start();
    api.store.put(configMaps, configMap('a'));
    api.misbehave({ method: 'GET' }, 'cut');
    assert.equal((await client.get(configMaps, key)).metadata.name, 'a');
  });

  test('that says nothing is given up at the deadline', async () => {
    const { api, client } = await start();
    api.misbehave({ method: 'GET' }, 'silence');
    await assert.rejects(client.get(configMaps, key, { timeoutMs: 30 }), (error) => {
      assert.ok(error instanceof DOMException && error.name === 'TimeoutError');
      assert.match(error.message, /no answer within 30ms|no answer within 29/);
      return true;
    });
  });

  test('is left at once when the signal is aborted, in every phase', async () => {
    const { api, client } = await start();
    await assert.rejects(client.get(configMaps, key, { signal: AbortSignal.abort() }), { name: 'AbortError' });
    assert.equal(api.requests.length, 0);
    api.misbehave({ method: 'GET' }, 'silence', 'mute', { status: 429, headers: { 'retry-after': '20' } });
    for (let i = 0; i < 3; i++) {
      const abort = new AbortController();
      const call = client.get(configMaps, key, { signal: abort.signal });
      setTimeout(() => abort.abort(), 20);
      await assert.rejects(call, { name: 'AbortError' });
    }
  });

  test('that is not there is told as Go tells it', async () => {
    const { api, client } = await start({ timeoutMs: 200 });
    const { url } = api;
    await api.close();
    cleanups.shift();
    const host = new URL(url).host;
    await assert.rejects(client.get(configMaps, key), (error) => {
      assert.ok(error instanceof TransportError && error.unsent);
      assert.equal(
        error.message,
        `Get "${url}/api/v1/namespaces/default/configmaps/a": dial tcp ${host}: connect: connection refused`,
      );
      return true;
    });
    cleanups.unshift(async () => {});
  });

  test('that answers with more than is taken is given up', async () => {
    const { api, client } = await start({ maxBodyBytes: 10_000 });
    api.store.put(configMaps, configMap('a', { x: 'y'.repeat(20_000) }));
    for (let i = 0; i < 200; i++) api.store.put(configMaps, configMap(`c-${i}`, { x: 'y'.repeat(1_000) }));
    const tooLarge = (error: unknown): boolean => error instanceof TransportError && error.code === 'TooLarge';
    await assert.rejects(client.get(configMaps, key), tooLarge);
    // The same of what is small only while it is packed.
    await assert.rejects(client.list(configMaps), tooLarge);
  });

  for (const text of ['<html></html>', '[]', '"x"', '{}']) {
    test(`that answers ${text} is not believed`, async () => {
      const { api, client } = await start();
      api.misbehave({ path: /configmaps/ }, { status: 200, text, type: 'application/json' }, { status: 200, text });
      await assert.rejects(
        client.get(configMaps, key),
        (error) => error instanceof TransportError && error.code === 'BadAnswer',
      );
      await assert.rejects(
        client.list(configMaps),
        (error) => error instanceof TransportError && error.code === 'BadAnswer',
      );
    });
  }

  test('that redirects is not followed', async () => {
    const { api, client } = await start();
    api.misbehave({ method: 'GET' }, { status: 302, text: '', headers: { location: 'http://127.0.0.1:1/' } });
    await assert.rejects(client.get(configMaps, key), (error) => error instanceof ApiError && error.status === 302);
  });
});

describe('every request', () => {
  test('bears the user agent and the credentials of its moment', async () => {
    const api = await FakeApiServer.start({ types: [configMaps] });
    let token = 'one';
    const credentials = { authorization: () => Promise.resolve(`Bearer ${token}`) };
    const client = createClient(api.connection({ credentials }), { userAgent: 'sluice/1.2' });
    cleanups.push(
      () => api.close(),
      () => client.close(),
    );
    api.store.put(configMaps, configMap('a'));
    await client.get(configMaps, key);
    token = 'two';
    await client.get(configMaps, key);
    assert.deepEqual(
      api.requests.map(({ headers }) => headers.authorization),
      ['Bearer one', 'Bearer two'],
    );
    assert.equal(api.requests[0]?.headers['user-agent'], 'sluice/1.2');
  });

  test('is sent once more with renewed credentials after 401, and only once', async () => {
    const api = await FakeApiServer.start({ types: [configMaps] });
    let token = 0;
    const credentials = { authorization: () => `Bearer ${token}`, renew: () => ++token > 0 };
    const client = createClient(api.connection({ credentials }));
    cleanups.push(
      () => api.close(),
      () => client.close(),
    );
    api.store.put(configMaps, configMap('a'));
    const unauthorized = { status: 401, reason: 'Unauthorized', message: 'Unauthorized' };
    api.misbehave({ method: 'GET' }, unauthorized);
    await client.get(configMaps, key);
    assert.deepEqual(
      api.requests.map(({ headers }) => headers.authorization),
      ['Bearer 0', 'Bearer 1'],
    );
    api.misbehave({ method: 'GET' }, unauthorized, unauthorized);
    await assert.rejects(client.get(configMaps, key), (error) => error instanceof ApiError && error.isUnauthorized);
  });

  test('is counted with its method, code and host', async () => {
    const seen: string[] = [];
    const { api, client } = await start({ onRequest: (method, code, host) => seen.push(`${method} ${code} ${host}`) });
    api.store.put(configMaps, configMap('a'));
    api.misbehave({ method: 'GET' }, 'reset');
    await client.get(configMaps, key);
    await client.apply(configMaps, configMap('b'), { fieldManager: 'm' });
    const { host } = new URL(api.url);
    assert.deepEqual(seen, [`GET <error> ${host}`, `GET 200 ${host}`, `PATCH 201 ${host}`]);
  });

  test('has its warnings logged, each text once', async () => {
    const logged: string[] = [];
    const { api, client } = await start({ log: { info: (_fields, message) => logged.push(message) } });
    const answer = {
      status: 200,
      type: 'application/json',
      text: JSON.stringify(configMap('a')),
      headers: { warning: '299 - "policy/v1beta1 PodSecurityPolicy is \\"old\\"", 299 - "unknown field"' },
    };
    api.misbehave({ method: 'GET' }, answer, answer);
    await client.get(configMaps, key);
    await client.get(configMaps, key);
    assert.deepEqual(logged, ['policy/v1beta1 PodSecurityPolicy is "old"', 'unknown field']);
  });

  test('waits for its turn, shared with impersonated views', async () => {
    const { api, client } = await start({ qps: 100, burst: 2 });
    api.store.put(configMaps, configMap('a'));
    const startedAt = performance.now();
    const views = [client, client.impersonate({ user: 'a' }), client.impersonate({ user: 'b' }), client];
    await Promise.all(views.map((view) => view.get(configMaps, key)));
    assert.ok(performance.now() - startedAt >= 18, 'two had to wait 10 ms each');
  });

  test('waits for no turn once the server has shown priority and fairness', async () => {
    const { api, client } = await start({ qps: 0.001, burst: 1 }, { fairness: true });
    api.store.put(configMaps, configMap('a'));
    await client.get(configMaps, key);
    await Promise.all(Array.from({ length: 20 }, () => client.get(configMaps, key)));
    assert.equal(api.requests.length, 21);
  });

  test('goes through a path prefix of the server', async () => {
    const api = await FakeApiServer.start({ types: [configMaps] });
    const client = createClient({ ...api.connection(), server: `${api.url}/k8s/clusters/c-1/` });
    cleanups.push(
      () => api.close(),
      () => client.close(),
    );
    await client.get(configMaps, key).catch(() => {});
    assert.equal(api.requests[0]?.url.pathname, '/k8s/clusters/c-1/api/v1/namespaces/default/configmaps/a');
  });
});

describe('close', () => {
  test('ends calls and watches', async () => {
    const { api, client } = await start({ watch: { backoffMs: 60_000 } });
    api.misbehave({ method: 'GET', watch: false }, 'silence');
    const errors: Error[] = [];
    const stop = new AbortController();
    const synced = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    client.watch(
      configMaps,
      { signal: stop.signal },
      {
        replace: () => synced.resolve(),
        upsert() {},
        remove() {},
        error(error) {
          errors.push(error);
          ended.resolve();
        },
      },
    );
    await synced.promise;
    const call = client.get(configMaps, key);
    const rejected = assert.rejects(call);
    await client.close();
    await rejected;
    await ended.promise;
    stop.abort();
  });
});

describe('discovery', () => {
  test('of an unknown kind says so in the words of the original', async () => {
    const { client } = await start();
    await assert.rejects(
      client.discovery.resourceFor({ group: 'example.com', version: 'v1', kind: 'Widget' }),
      (error) => {
        assert.ok(error instanceof NoMatchError);
        assert.equal(error.message, 'no matches for kind "Widget" in version "example.com/v1"');
        return true;
      },
    );
  });
});

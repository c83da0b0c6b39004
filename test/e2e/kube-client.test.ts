import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import type { Client } from '../../src/kube/client.ts';
import { ApiError, NoMatchError, TransportError } from '../../src/kube/errors.ts';
import { type ClientOptions, type ClosableClient, createClient } from '../../src/kube/http-client.ts';
import { impersonateServiceAccount } from '../../src/kube/impersonate.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import type { KubeObject, PartialObject, ResourceType } from '../../src/kube/object.ts';
import { rawNumber } from '../../src/lib/json.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { waitFor } from '../support/wait-for.ts';

const configMaps: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
const clusterRoles: ResourceType = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
};
const crds: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

function configMap(name: string, data: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

/** A kind of which the server knows nothing but that it is an object. */
function openKind(kind: string): { crd: KubeObject; type: ResourceType } {
  const plural = `${kind.toLowerCase()}s`;
  const group = 'kube-client.test';
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  };
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, plural },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
  return { crd, type: { group, version: 'v1', kind, plural, namespaced: true } };
}

/** What a watch has told so far, as the state it adds up to. */
class Mirror {
  readonly objects = new Map<string, PartialObject>();
  readonly errors: Error[] = [];
  replaced = 0;
  readonly stop = new AbortController();

  follow(client: Client, type: ResourceType, options: { metadataOnly?: boolean; labelSelector?: string } = {}): this {
    client.watch<PartialObject>(
      type,
      { signal: this.stop.signal, ...options },
      {
        replace: (all) => {
          this.replaced++;
          this.objects.clear();
          for (const object of all) this.objects.set(object.metadata.name, object);
        },
        upsert: (object) => this.objects.set(object.metadata.name, object),
        remove: (object) => this.objects.delete(object.metadata.name),
        error: (error) => this.errors.push(error),
      },
    );
    return this;
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    await waitFor(condition, `${what}; errors: ${this.errors.join('; ')}`, { intervalMs: 10 });
  }
}

const clients: ClosableClient[] = [];

async function clientOf(kubeconfig: string, options: ClientOptions = {}): Promise<ClosableClient> {
  const client = createClient(await loadConnection({ kubeconfig }), options);
  clients.push(client);
  return client;
}

describe('the client on a real API server', () => {
  let plane: ControlPlane;
  let client: ClosableClient;

  before(async () => {
    // Without it, a server that is asked to stop waits a minute for watches to end by themselves.
    plane = await startControlPlane({ apiServerArgs: ['--shutdown-watch-termination-grace-period=2s'] });
    client = await clientOf(plane.kubeconfig);
  });
  after(async () => {
    for (const each of clients.splice(0)) await each.close();
    await plane.stop();
  });

  it('creates, reads, lists, patches and deletes', async () => {
    const created = await client.create(configMaps, configMap('crud', { a: '1' }), { fieldManager: 'test' });
    const key = { namespace: 'default', name: 'crud' };
    assert.deepEqual(await client.get(configMaps, key), created);
    const patched = await client.patch(configMaps, key, { type: 'merge', body: { data: { b: '2' } } });
    assert.deepEqual(patched['data'], { a: '1', b: '2' });
    const removed = await client.patch(configMaps, key, { type: 'json', body: [{ op: 'remove', path: '/data/a' }] });
    assert.deepEqual(removed['data'], { b: '2' });
    const listed = (await client.list(configMaps, { namespace: 'default' })).find((o) => o.metadata.name === 'crud');
    assert.deepEqual(listed, removed);
    const meta = await client.getMetadata(configMaps, key);
    assert.deepEqual(meta, { apiVersion: 'v1', kind: 'ConfigMap', metadata: removed.metadata });
    const [first] = await client.listMetadata(configMaps, { fieldSelector: 'metadata.name=crud' });
    assert.deepEqual(first, meta);
    const stale = { uid: '00000000-0000-0000-0000-000000000000' };
    await assert.rejects(
      client.delete(configMaps, key, { preconditions: stale }),
      (e) => e instanceof ApiError && e.isConflict,
    );
    await client.delete(configMaps, key, { preconditions: { uid: meta.metadata.uid ?? '' } });
    await assert.rejects(client.get(configMaps, key), (error) => {
      assert.ok(error instanceof ApiError && error.isNotFound);
      assert.equal(error.message, 'configmaps "crud" not found');
      return true;
    });
  });

  it('applies, says what it created, and meets other owners', async () => {
    const options = { fieldManager: 'one' };
    const dry = await client.apply(configMaps, configMap('ssa', { a: '1' }), { ...options, dryRun: true });
    assert.equal(dry.created, true);
    assert.equal((await client.apply(configMaps, configMap('ssa', { a: '1' }), options)).created, true);
    const again = await client.apply(configMaps, configMap('ssa', { a: '1' }), options);
    assert.equal(again.created, false);
    const other = { fieldManager: 'two' };
    await assert.rejects(client.apply(configMaps, configMap('ssa', { a: '2' }), other), (error) => {
      assert.ok(error instanceof ApiError && error.isConflict && error.isFieldManagerConflict);
      assert.equal(error.message, 'Apply failed with 1 conflict: conflict with "one": .data.a');
      return true;
    });
    const forced = await client.apply(configMaps, configMap('ssa', { a: '2' }), { ...other, force: true });
    assert.deepEqual(forced.object['data'], { a: '2' });
    assert.deepEqual(
      forced.object.metadata.managedFields?.map(({ manager }) => manager),
      ['two'],
    );
  });

  it('applies every character that a string may have', async () => {
    const all = Array.from({ length: 0x3000 }, (_, i) => String.fromCodePoint(i)).join('');
    const text = `${all}\u{feff}\u{fffe}\u{ffff}\u{1f600}\u{10ffff}`;
    await client.apply(configMaps, configMap('text', { text }), { fieldManager: 'test' });
    const { data } = await client.get(configMaps, { namespace: 'default', name: 'text' });
    assert.deepEqual(data, { text });
  });

  it('keeps unknown fields and the last digit of integers, both ways', async () => {
    const { crd, type } = openKind('Open');
    const applied = await client.apply(crds, crd, { fieldManager: 'test' });
    assert.match(JSON.stringify(applied.object), /"x-kubernetes-preserve-unknown-fields":true/);
    const object = {
      apiVersion: 'kube-client.test/v1',
      kind: 'Open',
      metadata: { name: 'open', namespace: 'default' },
      spec: {
        largest: rawNumber('9223372036854775807'),
        smallest: rawNumber('-9223372036854775808'),
        odd: rawNumber('9007199254740993'),
        unknown: { deep: [{ Key: null, 'My:Key': [] }] },
      },
    };
    const write = async (): Promise<boolean> => {
      await client.apply(type, object, { fieldManager: 'test' });
      return true;
    };
    await waitFor(write, 'the new kind to be served', { intervalMs: 20 });
    const digits = /"largest":9223372036854775807.*"odd":9007199254740993.*"smallest":-9223372036854775808/;
    const read = await client.get(type, { namespace: 'default', name: 'open' });
    assert.match(JSON.stringify(read), digits);
    assert.match(JSON.stringify(read), /"unknown":\{"deep":\[\{"Key":null,"My:Key":\[\]\}\]\}/);
    const mirror = new Mirror().follow(client, type);
    await mirror.until('the object to be watched', () => mirror.objects.has('open'));
    assert.match(JSON.stringify(mirror.objects.get('open')), digits);
    mirror.stop.abort();
    await client.delete(crds, { name: crd.metadata.name });
  });

  it('names objects as they are named', async () => {
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'My:Role' },
      rules: [],
    };
    assert.equal((await client.apply(clusterRoles, role, { fieldManager: 'test' })).object.metadata.name, 'My:Role');
    assert.equal((await client.get(clusterRoles, { name: 'My:Role' })).metadata.name, 'My:Role');
    await client.delete(clusterRoles, { name: 'My:Role' });
    await assert.rejects(client.get(clusterRoles, { name: 'My:Role' }), (e) => e instanceof ApiError && e.isNotFound);
  });

  describe('impersonating', () => {
    /** Whom the server takes a client for. */
    async function whoIs(as: Client): Promise<{ username: string; groups: string[] }> {
      const body = '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview","metadata":{}}';
      const answer = await as.raw('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body });
      const { status } = JSON.parse(answer.body) as { status: { userInfo: { username: string; groups: string[] } } };
      return { username: status.userInfo.username, groups: status.userInfo.groups };
    }

    it('is a user in groups', async () => {
      assert.deepEqual(await whoIs(client.impersonate({ user: 'jane', groups: ['devs', 'ops'] })), {
        username: 'jane',
        groups: ['devs', 'ops', 'system:authenticated'],
      });
    });

    it('is a ServiceAccount in all its groups, though only its name is sent', async () => {
      assert.deepEqual(await whoIs(client.impersonate(impersonateServiceAccount('apps', 'deployer'))), {
        username: 'system:serviceaccount:apps:deployer',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:apps', 'system:authenticated'],
      });
    });

    it('may do what the other may, and no more', async () => {
      const tenant = client.impersonate(impersonateServiceAccount('default', 'tenant'));
      await assert.rejects(tenant.apply(configMaps, configMap('tenant'), { fieldManager: 'test' }), (error) => {
        assert.ok(error instanceof ApiError && error.isForbidden);
        assert.match(
          error.message,
          /^configmaps "tenant" is forbidden: User "system:serviceaccount:default:tenant" cannot patch/,
        );
        return true;
      });
    });
  });

  describe('discovering', () => {
    it('knows the built-in kinds, with their versions', async () => {
      const deployment = await client.discovery.resourceFor({ group: 'apps', version: 'v1', kind: 'Deployment' });
      assert.deepEqual([deployment.plural, deployment.namespaced], ['deployments', true]);
      const role = await client.discovery.resourceFor(clusterRoles);
      assert.deepEqual([role.plural, role.namespaced], ['clusterroles', false]);
      const versions = await client.discovery.groupVersions();
      assert.equal(versions[0], 'v1');
      assert.ok(versions.includes('apps/v1') && versions.includes('apiregistration.k8s.io/v1'));
    });

    for (const watching of [true, false]) {
      it(`sees kinds come and go, ${watching ? 'watching' : 'by looking again'}`, async () => {
        const stop = new AbortController();
        const own = await clientOf(plane.kubeconfig);
        if (watching) own.discovery.watchInvalidation(stop.signal);
        const { crd, type } = openKind(watching ? 'Watched' : 'Asked');
        await assert.rejects(own.discovery.resourceFor(type), (error) => {
          assert.ok(error instanceof NoMatchError);
          assert.equal(error.message, `no matches for kind "${type.kind}" in version "kube-client.test/v1"`);
          return true;
        });
        await client.apply(crds, crd, { fieldManager: 'test' });
        const found = await waitFor(() => own.discovery.resourceFor(type), 'the kind to come', { intervalMs: 20 });
        assert.equal(found.plural, type.plural);
        await client.delete(crds, { name: crd.metadata.name });
        const gone = async (): Promise<boolean> => {
          // Who does not watch learns of it by being told that there is no such thing.
          if (!watching) await own.list(type).catch(() => {});
          return own.discovery.resourceFor(type).then(
            () => false,
            (error) => error instanceof NoMatchError,
          );
        };
        await waitFor(gone, 'the kind to go', { intervalMs: 20 });
        stop.abort();
      });
    }
  });

  describe('watching', () => {
    const many = 60;

    it('mirrors a collection, whole and by metadata, with one connection for many watches', async () => {
      await client.apply(configMaps, configMap('seen', { a: '1' }), { fieldManager: 'test' });
      const whole = new Mirror().follow(client, configMaps);
      const partial = Array.from({ length: many }, () =>
        new Mirror().follow(client, configMaps, { metadataOnly: true }),
      );
      await whole.until('the first list', () => whole.objects.has('seen'));
      for (const each of partial) await each.until('the first list', () => each.objects.has('seen'));
      await client.apply(configMaps, configMap('late', { b: '2' }), { fieldManager: 'test' });
      await client.delete(configMaps, { namespace: 'default', name: 'seen' });
      for (const each of [whole, ...partial]) {
        await each.until('the changes', () => each.objects.has('late') && !each.objects.has('seen'));
        assert.deepEqual(each.errors, []);
        each.stop.abort();
      }
      assert.deepEqual(Object.keys(partial[0]?.objects.get('late') ?? {}), ['apiVersion', 'kind', 'metadata']);
      const late = await client.get(configMaps, { namespace: 'default', name: 'late' });
      assert.deepEqual(whole.objects.get('late'), late);
    });

    for (const graceful of [true, false]) {
      it(`goes on when the API server ${graceful ? 'is restarted' : 'is killed and comes back'}`, async () => {
        const name = `restart-${graceful}`;
        const mirrors = Array.from({ length: 5 }, () => new Mirror().follow(client, configMaps));
        for (const each of mirrors) await each.until('the first list', () => each.replaced > 0);
        await plane.restartApiServer({ graceful });
        await client.apply(configMaps, configMap(name), { fieldManager: 'test' });
        for (const each of mirrors) {
          await each.until('the change', () => each.objects.has(name));
          each.stop.abort();
        }
      });
    }

    it('leaves a server that fell silent, and finds it again', async () => {
      const own = await clientOf(plane.kubeconfig, {
        watch: { idleMs: 500, initialIdleMs: 1_000, maxUnreachableBackoffMs: 200 },
      });
      const mirror = new Mirror().follow(own, configMaps);
      await mirror.until('the first list', () => mirror.replaced > 0);
      plane.pauseApiServer();
      try {
        const silent = (error: Error): boolean => error instanceof TransportError && error.code === 'Silent';
        await mirror.until('the silence to be noticed', () => mirror.errors.some(silent));
      } finally {
        plane.resumeApiServer();
      }
      await client.apply(configMaps, configMap('after-silence'), { fieldManager: 'test' });
      await mirror.until('the change', () => mirror.objects.has('after-silence'));
      mirror.stop.abort();
    });

    it('waits for a kind that is not served yet', async () => {
      const { crd, type } = openKind('Awaited');
      const own = await clientOf(plane.kubeconfig, { watch: { maxBackoffMs: 200 } });
      const mirror = new Mirror().follow(own, type);
      await mirror.until('the refusal', () => mirror.errors.length > 0);
      assert.ok(mirror.errors[0] instanceof ApiError && mirror.errors[0].isNotFound);
      await client.apply(crds, crd, { fieldManager: 'test' });
      await mirror.until('the first list', () => mirror.replaced > 0);
      mirror.stop.abort();
    });
  });
});

describe('the client on an API server without fairness and streaming lists', () => {
  let plane: ControlPlane;

  before(async () => {
    plane = await startControlPlane({
      controllers: [],
      apiServerArgs: [
        '--enable-priority-and-fairness=false',
        '--feature-gates=WatchList=false',
        '--max-mutating-requests-inflight=2',
        // Ends connections of HTTP/2 at random, as servers behind a load balancer are told to.
        '--goaway-chance=0.02',
      ],
    });
  });
  after(async () => {
    for (const each of clients.splice(0)) await each.close();
    await plane.stop();
  });

  it('limits itself, all its identities together', async () => {
    const client = await clientOf(plane.kubeconfig, { qps: 40, burst: 5 });
    const views = [client, client.impersonate({ user: 'admin', groups: ['system:masters'] })];
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 25 }, (_, i) => views[i % 2]?.list(configMaps)));
    const took = performance.now() - startedAt;
    assert.ok(took >= 490, `20 requests beyond the burst take half a second at 40 a second, and took ${took} ms`);
  });

  it('comes back when the server has too much to do', async () => {
    const codes = new Map<string, number>();
    const client = await clientOf(plane.kubeconfig, {
      qps: -1,
      onRequest: (_method, code) => codes.set(code, (codes.get(code) ?? 0) + 1),
    });
    const names = Array.from({ length: 100 }, (_, i) => `busy-${i}`);
    await Promise.all(names.map((name) => client.apply(configMaps, configMap(name), { fieldManager: 'test' })));
    assert.equal(codes.get('201'), 100);
    assert.equal((await client.list(configMaps, { namespace: 'default' })).length, 100);
  });

  it('lists in pages and then watches', async () => {
    const client = await clientOf(plane.kubeconfig);
    const mirror = new Mirror().follow(client, configMaps, { metadataOnly: true });
    await mirror.until('the first list', () => mirror.replaced > 0);
    await client.apply(configMaps, configMap('paged'), { fieldManager: 'test' });
    await mirror.until('the change', () => mirror.objects.has('paged'));
    assert.deepEqual(mirror.errors, []);
    mirror.stop.abort();
  });

  it('loses no change while connections are ended under its watches', async () => {
    let ended = 0;
    const client = await clientOf(plane.kubeconfig, {
      qps: -1,
      watch: { minTimeoutMs: 1_000, maxTimeoutMs: 1_000 },
      onRequest: (method) => (ended += method === 'GET' ? 1 : 0),
    });
    const mirrors = Array.from({ length: 40 }, () => new Mirror().follow(client, configMaps, { metadataOnly: true }));
    // Each watch ends after a second by itself; opening it again may end a connection.
    for (let round = 0; ended < 160; round++) {
      const object = configMap(`moving-${round % 10}`, { round: String(round) });
      await client.apply(configMaps, object, { fieldManager: 'test' });
    }
    const versions = (objects: readonly PartialObject[]): string =>
      JSON.stringify(objects.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).sort());
    const want = versions(await client.listMetadata(configMaps));
    for (const each of mirrors) {
      await each.until('the last state', () => versions([...each.objects.values()]) === want);
      assert.deepEqual(each.errors, []);
      each.stop.abort();
    }
  });

  it('reaches the server through a proxy', async () => {
    const tunnels: string[] = [];
    const proxy = createServer((_request, response) => response.writeHead(405).end());
    proxy.on('connect', (request, socket: Duplex) => {
      tunnels.push(request.url ?? '');
      const { hostname, port } = new URL(`http://${request.url}`);
      const upstream = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      for (const end of [socket, upstream]) end.on('error', () => {});
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const client = createClient({ ...(await loadConnection({ kubeconfig: plane.kubeconfig })), proxyUrl });
    try {
      await client.apply(configMaps, configMap('proxied'), { fieldManager: 'test' });
      const mirror = new Mirror().follow(client, configMaps);
      await mirror.until('the first list', () => mirror.objects.has('proxied'));
      mirror.stop.abort();
      assert.deepEqual([...new Set(tunnels)], [new URL(plane.server).host]);
    } finally {
      await client.close();
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});

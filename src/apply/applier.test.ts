import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { apiError, FakeServer, resource } from '../../test/support/fake-client.ts';
import { KUSTOMIZE_GROUP } from '../crds/meta/names.ts';
import type { KubeObject } from '../kube/object.ts';
import { Applier, type ApplierOptions, type ApplyOptions } from './applier.ts';
import { ApplyError } from './apply-error.ts';
import { changeLog } from './change-set.ts';
import type { Entry } from './inventory.ts';
import { formatId, refOf } from './object-ref.ts';
import { prepareObjects } from './prepare.ts';

const owner = { name: 'app', namespace: 'flux' };

function object(
  kind: string,
  name: string,
  fields: Readonly<Record<string, unknown>> = {},
  apiVersion = 'v1',
): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: 'ns' }, ...fields };
}

function configMap(name: string, a = '1'): KubeObject {
  return object('ConfigMap', name, { data: { a } });
}

interface Setup {
  readonly server: FakeServer;
  apply(objects: readonly KubeObject[], options?: Partial<ApplyOptions>): Promise<string>;
}

function setup(options: Partial<ApplierOptions> = {}): Setup {
  const server = new FakeServer();
  const client = server.client();
  const applier = new Applier({
    client,
    fieldManager: 'kustomize-controller',
    ownerGroup: KUSTOMIZE_GROUP,
    ...options,
  });
  return {
    server,
    async apply(objects, given = {}) {
      const prepared = prepareObjects(objects, { ownerGroup: KUSTOMIZE_GROUP, owner });
      const { entries } = await applier.applyAll(prepared, { signal: AbortSignal.timeout(10_000), ...given });
      return changeLog(entries);
    },
  };
}

test('one dry run tells that an object is new, one read more what is different', async () => {
  const { server, apply } = setup();
  assert.equal(await apply([configMap('a')]), 'ConfigMap/ns/a created');
  assert.deepEqual(server.taken(), ['dry-run ConfigMap/a', 'apply ConfigMap/a']);
  assert.equal(await apply([configMap('a')]), 'ConfigMap/ns/a unchanged');
  assert.deepEqual(server.taken(), ['dry-run ConfigMap/a', 'get ConfigMap/a']);
  assert.equal(await apply([configMap('a', '2')]), 'ConfigMap/ns/a configured');
  assert.deepEqual(server.taken(), ['dry-run ConfigMap/a', 'get ConfigMap/a', 'apply ConfigMap/a']);
  assert.equal(await apply([]), '');
});

test('all of a stage is dry-run before the first write, and told', async () => {
  const { server, apply } = setup();
  const told: Entry[] = [];
  const seen: string[] = [];
  const beforeStage = async (entries: readonly Entry[]): Promise<void> => {
    told.push(...entries);
    seen.push(...server.taken());
  };
  await apply([configMap('b'), configMap('a'), object('Secret', 's')], { beforeStage });
  assert.deepEqual(seen, ['dry-run ConfigMap/a', 'dry-run ConfigMap/b', 'dry-run Secret/s']);
  assert.deepEqual(told, [
    { id: 'ns_a__ConfigMap', v: 'v1' },
    { id: 'ns_b__ConfigMap', v: 'v1' },
    { id: 'ns_s__Secret', v: 'v1' },
  ]);
  told.length = 0;
  await apply([configMap('b', '2'), configMap('a'), object('Secret', 's')], { beforeStage });
  assert.deepEqual(told, [{ id: 'ns_b__ConfigMap', v: 'v1' }]);
  told.length = 0;
  await apply([configMap('b', '2')], { beforeStage });
  assert.deepEqual(told, []);
});

test('nothing is written when the inventory cannot be', async () => {
  const { server, apply } = setup();
  const beforeStage = async (): Promise<void> => {
    throw new Error('status not written');
  };
  await assert.rejects(apply([configMap('a')], { beforeStage }), /status not written/);
  assert.equal(server.objects.size, 0);
});

test('whatever fails, no object exists that was not told before', async () => {
  const kinds = ['ConfigMap', 'Secret', 'Pod', 'Service'];
  const plan = fc.array(fc.tuple(fc.constantFrom(...kinds), fc.integer({ min: 0, max: 4 })), {
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(
      plan,
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 5 }),
      async (items, failAt, concurrency) => {
        const { server, apply } = setup({ concurrency });
        const told = new Set<string>();
        let seen = 0;
        server.answer = () => (++seen === failAt ? apiError(500, 'InternalError', 'crash') : undefined);
        const names = new Map(items.map(([kind, n]) => [`${kind}/${n}`, object(kind, `x${n}`)]));
        await apply([...names.values()], {
          beforeStage: async (entries) => {
            for (const { id } of entries) told.add(id);
          },
        }).catch((error: unknown) => assert.ok(error instanceof ApplyError));
        for (const found of server.objects.values()) assert.ok(told.has(formatId(refOf(found))));
      },
    ),
    { seed: 1, numRuns: 200 },
  );
});

test('kinds wait for one another, objects of a kind do not, and never are there more requests than allowed', async () => {
  const { server, apply } = setup({ concurrency: 3 });
  let running = 0;
  let most = 0;
  const client = server.client();
  const order: string[] = [];
  const slow = new Applier({
    client: {
      ...client,
      async apply(type, body, options) {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        const result = await client.apply(type, body, options);
        running--;
        if (options.dryRun !== true) order.push(type.kind);
        return result;
      },
    },
    fieldManager: 'k',
    ownerGroup: KUSTOMIZE_GROUP,
    concurrency: 3,
  });
  const names = ['a', 'b', 'c', 'd', 'e'];
  const objects = ['Pod', 'Service', 'ConfigMap'].flatMap((kind) => names.map((name) => object(kind, name)));
  await slow.applyAll(objects, { signal: AbortSignal.timeout(5_000) });
  assert.equal(most, 3);
  assert.deepEqual(
    order,
    ['ConfigMap', 'Service', 'Pod'].flatMap((kind) => names.map(() => kind)),
  );
  assert.match(await apply([configMap('z')]), /created/);
});

test('a failed write tells what was done before it', async () => {
  const { server, apply } = setup({ concurrency: 1 });
  server.answer = ({ verb, name }) =>
    verb === 'apply' && name === 'b' ? apiError(500, 'InternalError', 'boom') : undefined;
  await assert.rejects(apply([configMap('a'), configMap('b'), configMap('c')]), (error: unknown) => {
    assert.ok(error instanceof ApplyError);
    assert.equal(error.message, 'ConfigMap/ns/b apply failed: boom');
    assert.equal(error.step, 'apply');
    assert.equal(changeLog(error.changes.entries), 'ConfigMap/ns/a created');
    return true;
  });
  assert.equal(server.objects.size, 1);
});

test('the first of several failures is told, whichever is answered first', async () => {
  const { server, apply } = setup({ concurrency: 4 });
  server.answer = ({ name }) => (name === 'b' || name === 'c' ? apiError(400, 'BadRequest', name) : undefined);
  await assert.rejects(apply([configMap('d'), configMap('c'), configMap('b'), configMap('a')]), /ns\/b dry-run failed/);
});

test('a conflict is tried again, in the dry run, the cleanup and the write', async () => {
  const { server, apply } = setup();
  await apply([configMap('a')]);
  for (const failing of ['dry-run', 'patch', 'apply']) {
    server.edit(configMap('a', failing), 'kubectl');
    server.taken();
    let conflicts = 0;
    server.answer = ({ verb }) =>
      verb === failing && ++conflicts <= 2 ? apiError(409, 'Conflict', 'modified') : undefined;
    assert.equal(await apply([configMap('a')]), 'ConfigMap/ns/a configured', failing);
    assert.equal(server.taken().filter((request) => request.startsWith(failing)).length, 3);
  }
  server.answer = ({ verb }) => (verb === 'dry-run' ? apiError(409, 'Conflict', 'modified') : undefined);
  await assert.rejects(apply([configMap('a', '2')], { force: true }), /dry-run failed \(Conflict\): modified/);
  assert.ok(server.find('ConfigMap', 'a'), 'force deletes nothing for a conflict');
});

test('the cleanup is bound to the object as it was read', async () => {
  const { server, apply } = setup();
  await apply([configMap('a')]);
  server.edit(object('ConfigMap', 'a', { data: { extra: 'kubectl' } }), 'kubectl-edit');
  let raced = false;
  server.answer = ({ verb }) => {
    if (verb !== 'patch' || raced) return undefined;
    raced = true;
    server.edit(object('ConfigMap', 'a', { data: { other: 'operator' } }), 'operator');
    return undefined;
  };
  assert.equal(await apply([configMap('a')]), 'ConfigMap/ns/a configured');
  assert.deepEqual(server.find('ConfigMap', 'a')?.['data'], { a: '1', other: 'operator' });
});

test('what a controller writes between dry run and read is no drift', async () => {
  const { server, apply } = setup();
  await apply([configMap('a')]);
  server.taken();
  let raced = false;
  server.answer = ({ verb }) => {
    if (verb === 'get' && !raced) {
      raced = true;
      server.edit(
        { ...configMap('a'), metadata: { name: 'a', namespace: 'ns', annotations: { revision: '1' } } },
        'operator',
      );
    }
    return undefined;
  };
  assert.equal(await apply([configMap('a')]), 'ConfigMap/ns/a unchanged');
  assert.deepEqual(server.taken(), [
    'dry-run ConfigMap/a',
    'get ConfigMap/a',
    'dry-run ConfigMap/a',
    'get ConfigMap/a',
  ]);
  let n = 0;
  server.answer = ({ verb }) => {
    if (verb === 'get') server.edit(object('ConfigMap', 'a', { data: { [`busy${++n}`]: 'x' } }), 'operator');
    return undefined;
  };
  assert.equal(await apply([configMap('a')]), 'ConfigMap/ns/a configured', 'in the end it is applied');
});

test('an object that vanishes after its dry run is created', async () => {
  const { server, apply } = setup();
  await apply([configMap('a')]);
  server.answer = ({ verb }) => {
    if (verb === 'get') server.objects.clear();
    return undefined;
  };
  assert.equal(await apply([configMap('a', '2')]), 'ConfigMap/ns/a created');
});

test('without the right to read, the object is applied each time', async () => {
  const { server, apply } = setup();
  await apply([configMap('a')]);
  server.answer = ({ verb }) => (verb === 'get' ? apiError(403, 'Forbidden', 'no') : undefined);
  assert.equal(await apply([configMap('a')]), 'ConfigMap/ns/a configured');
});

test('a failed read of a live object is a failure: it may say that it must not be touched', async () => {
  const { server, apply } = setup();
  await apply([configMap('a')]);
  server.answer = ({ verb }) => (verb === 'get' ? apiError(500, 'InternalError', 'etcd') : undefined);
  await assert.rejects(apply([configMap('a', '2')]), {
    name: 'ApplyError',
    message: 'ConfigMap/ns/a query failed: etcd',
  });
  assert.deepEqual(server.find('ConfigMap', 'a')?.['data'], { a: '1' });
});

test('a definition that does not get ready fails its stage', async () => {
  const { server, apply } = setup();
  const crd: KubeObject = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.x.io' },
    spec: { group: 'x.io', names: { kind: 'Thing' } },
  };
  const early = apply([crd, configMap('a')], { stageTimeoutMs: 20 });
  await assert.rejects(early, (error: unknown) => {
    assert.ok(error instanceof ApplyError && error.step === 'wait');
    assert.equal(error.message, "timeout waiting for: [CustomResourceDefinition/things.x.io status: 'InProgress']");
    assert.equal(changeLog(error.changes.entries), 'CustomResourceDefinition/things.x.io created');
    return true;
  });
  server.edit({ ...crd, status: { conditions: [{ type: 'Established', status: 'True' }] } }, 'kube-apiserver');
  server.taken();
  assert.match(await apply([crd, configMap('a')]), /ConfigMap\/ns\/a created/);
  assert.ok(!server.taken().some((request) => request.startsWith('watch')), 'what is ready is not waited for');
});

test('a kind that its CRD has just defined is waited for', async () => {
  const { server, apply } = setup();
  const crd: KubeObject = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.x.io' },
    spec: { group: 'x.io', names: { kind: 'Thing' } },
    status: { conditions: [{ type: 'Established', status: 'True' }] },
  };
  const applying = apply([crd, object('Thing', 't', {}, 'x.io/v1')]);
  setTimeout(() => {
    server.types = [...server.types, resource('x.io/v1', 'Thing')];
  }, 150);
  assert.match(await applying, /Thing\/ns\/t created/);
  await assert.rejects(
    apply([object('Other', 't', {}, 'x.io/v1')]),
    /no matches for kind "Other" in version "x.io\/v1"/,
  );
});

test('a cluster-scoped object has no namespace, whatever its manifest says', async () => {
  const { apply } = setup();
  const role = object('ClusterRole', 'r', {}, 'rbac.authorization.k8s.io/v1');
  assert.equal(await apply([role]), 'ClusterRole/r created');
  const ignored = { ...role, metadata: { ...role.metadata, annotations: { [`${KUSTOMIZE_GROUP}/ssa`]: 'Ignore' } } };
  assert.equal(await apply([ignored]), 'ClusterRole/r skipped');
});

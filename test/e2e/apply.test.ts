import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Applier, type ApplyOptions } from '../../src/apply/applier.ts';
import { changeLog } from '../../src/apply/change-set.ts';
import { isTakenOver, managersToReplace } from '../../src/apply/field-managers.ts';
import { healthOf } from '../../src/apply/health.ts';
import { type Entry, inventoryOf } from '../../src/apply/inventory.ts';
import { sightings } from '../../src/apply/ledger/sighting.ts';
import { refOf } from '../../src/apply/object-ref.ts';
import { prepareObjects } from '../../src/apply/prepare.ts';
import { pruneFailureMessage } from '../../src/apply/prune.ts';
import { StatusWaiter } from '../../src/apply/waiter.ts';
import { KUSTOMIZE_FIELD_MANAGER, KUSTOMIZE_GROUP } from '../../src/crds/meta/names.ts';
import type { Client } from '../../src/kube/client.ts';
import { isNotFound } from '../../src/kube/errors.ts';
import { type ClosableClient, createClient } from '../../src/kube/http-client.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { Kubectl } from '../support/kubectl.ts';
import { waitFor } from '../support/wait-for.ts';

const owner = { name: 'app', namespace: 'flux-system' };
const group = KUSTOMIZE_GROUP;

type Fields = Readonly<Record<string, unknown>>;

function configMap(name: string, namespace: string, data: Fields, metadata: Fields = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...metadata }, data };
}

function job(name: string, namespace: string, image: string, metadata: Fields = {}): KubeObject {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace, ...metadata }, spec: { template } };
}

function deployment(name: string, namespace: string, spec: Fields = {}, container: Fields = {}): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'c', image: 'example.com/a:1', ports: [{ containerPort: 80 }], ...container }] },
      },
      ...spec,
    },
  };
}

function crd(plural: string, kind: string, versions: readonly string[] = ['v1']): KubeObject {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.test.example.com` },
    spec: {
      group: 'test.example.com',
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: versions.map((name, index) => ({ name, served: true, storage: index === 0, schema })),
    },
  };
}

describe('apply', () => {
  let plane: ControlPlane;
  let client: ClosableClient;
  let requests = 0;
  let namespaces = 0;

  before(async () => {
    plane = await startControlPlane();
    const connection = await loadConnection({ kubeconfig: plane.kubeconfig, inCluster: false });
    client = createClient(connection, {
      qps: 0,
      onRequest: () => {
        requests++;
      },
    });
  });
  after(async () => {
    await client?.close();
    await plane?.stop();
  });

  const signal = (): AbortSignal => AbortSignal.timeout(60_000);
  const freshNamespace = async (): Promise<string> => {
    const name = `apply-${++namespaces}`;
    const type = await client.discovery.resourceFor({ group: '', version: 'v1', kind: 'Namespace' });
    await client.create(type, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    return name;
  };
  const applier = (as: Client = client, options: Partial<ConstructorParameters<typeof Applier>[0]> = {}): Applier =>
    new Applier({ client: as, fieldManager: KUSTOMIZE_FIELD_MANAGER, ownerGroup: group, ...options });
  const apply = async (objects: readonly KubeObject[], options: Partial<ApplyOptions> = {}): Promise<string> => {
    const prepared = prepareObjects(objects, { ownerGroup: group, owner });
    const { entries } = await applier().applyAll(prepared, { signal: signal(), ...options });
    return changeLog(entries);
  };
  /** Lets a user do things in a namespace, and waits until the server knows. */
  const grant = async (namespace: string, user: string, rules: readonly object[]): Promise<void> => {
    const apiGroup = 'rbac.authorization.k8s.io';
    const head = { apiVersion: `${apiGroup}/v1`, metadata: { name: user } };
    await new Kubectl(plane.admin, namespace).apply([
      { ...head, kind: 'Role', rules },
      {
        ...head,
        kind: 'RoleBinding',
        roleRef: { apiGroup, kind: 'Role', name: user },
        subjects: [{ kind: 'User', name: user, apiGroup }],
      },
    ]);
  };
  const counted = async <T>(fn: () => Promise<T>): Promise<{ readonly result: T; readonly requests: number }> => {
    const start = requests;
    const result = await fn();
    return { result, requests: requests - start };
  };
  const live = async (object: KubeObject): Promise<KubeObject> => {
    const type = await client.discovery.resourceFor(refOf(object));
    return client.get(type, object.metadata);
  };
  const exists = async (object: KubeObject): Promise<boolean> =>
    live(object).then(
      () => true,
      (error: unknown) => {
        if (isNotFound(error)) return false;
        throw error;
      },
    );
  const managers = async (object: KubeObject): Promise<string[]> =>
    ((await live(object)).metadata.managedFields ?? [])
      .map(({ manager, operation }) => `${manager} ${operation}`)
      .sort();
  const edit = async (object: KubeObject, body: Fields, manager = 'kubectl-edit'): Promise<KubeObject> => {
    const type = await client.discovery.resourceFor(refOf(object));
    return client.patch(type, object.metadata, { type: 'merge', body }, { fieldManager: manager });
  };
  const applyAs = async (object: KubeObject, manager: string): Promise<void> => {
    const type = await client.discovery.resourceFor(refOf(object));
    await client.apply(type, object, { fieldManager: manager, force: true });
  };
  const prune = async (entries: readonly Entry[], keepUids?: ReadonlySet<string>): Promise<string> => {
    const options = { owner, signal: signal(), ...(keepUids === undefined ? {} : { keepUids }) };
    const { changes, failed } = await applier().prune(entries, options);
    return [changeLog(changes), ...(failed.length === 0 ? [] : [pruneFailureMessage(failed)])].join('\n');
  };

  it('costs two requests an object, and one more for each that changes', async () => {
    const ns = await freshNamespace();
    const objects = Array.from({ length: 20 }, (_, i) => configMap(`c${i}`, ns, { a: '1' }));
    await apply([configMap('warm-up', ns, {})]);
    const install = await counted(() => apply(objects));
    assert.equal(install.result.split('\n').filter((line) => line.endsWith(' created')).length, 20);
    assert.equal(install.requests, 40);
    const again = await counted(() => apply(objects));
    assert.equal(again.result.split('\n').filter((line) => line.endsWith(' unchanged')).length, 20);
    assert.equal(again.requests, 40);
    const upgrade = await counted(() => apply(objects.map((o, i) => (i < 3 ? { ...o, data: { a: '2' } } : o))));
    assert.equal(upgrade.result.split('\n').filter((line) => line.endsWith(' configured')).length, 3);
    assert.equal(upgrade.requests, 43);
    assert.deepEqual(await managers(configMap('c0', ns, {})), ['kustomize-controller Apply']);
    const { labels } = (await live(configMap('c0', ns, {}))).metadata;
    assert.deepEqual(labels, { [`${group}/name`]: 'app', [`${group}/namespace`]: 'flux-system' });
  });

  it('applies a namespace, a CRD and what needs them in one go, in stages', async () => {
    const ns = `staged-${namespaces}`;
    const stages: string[][] = [];
    const objects: KubeObject[] = [
      { apiVersion: 'test.example.com/v1', kind: 'Widget', metadata: { name: 'w', namespace: ns }, spec: { a: 1 } },
      configMap('c', ns, {}),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns } },
      crd('widgets', 'Widget'),
      { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: ns }, value: 1 },
    ];
    const log = await apply(objects, { beforeStage: async (entries) => void stages.push(entries.map(({ id }) => id)) });
    assert.deepEqual(log.split('\n'), [
      'CustomResourceDefinition/widgets.test.example.com created',
      `Namespace/${ns} created`,
      `PriorityClass/${ns} created`,
      `ConfigMap/${ns}/c created`,
      `Widget/${ns}/w created`,
    ]);
    assert.deepEqual(stages, [
      ['_widgets.test.example.com_apiextensions.k8s.io_CustomResourceDefinition', `_${ns}__Namespace`],
      [`_${ns}_scheduling.k8s.io_PriorityClass`],
      [`${ns}_c__ConfigMap`, `${ns}_w_test.example.com_Widget`],
    ]);
    assert.match(await apply(objects), /^(\S+ unchanged\n?){5}$/);
  });

  describe('what others write', () => {
    it("undoes kubectl's edits and removes what it added, its managers with it", async () => {
      const ns = await freshNamespace();
      const object = configMap('one', ns, { a: '1' });
      await apply([object]);
      await edit(object, { data: { a: 'edited', extra: 'kubectl' } });
      assert.equal(await apply([object]), `ConfigMap/${ns}/one configured`);
      assert.deepEqual((await live(object))['data'], { a: '1' });
      assert.deepEqual(await managers(object), ['kustomize-controller Apply']);
      await applyAs(configMap('one', ns, { a: 'changed', extra: 'kubectl' }), 'kubectl');
      assert.equal(await apply([object]), `ConfigMap/${ns}/one configured`);
      assert.deepEqual((await live(object))['data'], { a: '1' });
      assert.deepEqual(await managers(object), ['kustomize-controller Apply']);
      assert.equal(await apply([object]), `ConfigMap/${ns}/one unchanged`);
    });

    it('takes over what kubectl applied, its annotation and all', async () => {
      const ns = await freshNamespace();
      const object = configMap('one', ns, { a: '1' });
      const type = await client.discovery.resourceFor(refOf(object));
      const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: 'yes' };
      const theirs = configMap('one', ns, { a: '1', old: 'x' }, { annotations });
      await client.create(type, theirs, { fieldManager: 'kubectl-client-side-apply' });
      const before = await live(object);
      assert.equal(await apply([object]), `ConfigMap/${ns}/one configured`);
      const after = await live(object);
      assert.equal(after.metadata.uid, before.metadata.uid);
      assert.deepEqual(after['data'], { a: '1' });
      assert.equal(after.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'], undefined);
      assert.deepEqual(await managers(object), ['kustomize-controller Apply']);
    });

    it('corrects its own fields and leaves what other managers add', async () => {
      const ns = await freshNamespace();
      const object = configMap('one', ns, { a: '1' });
      await apply([object]);
      await edit(object, { data: { a: 'changed', extra: 'operator' } }, 'some-operator');
      await applyAs(configMap('one', ns, { third: 'operator' }), 'other-operator');
      assert.equal(await apply([object]), `ConfigMap/${ns}/one configured`);
      assert.deepEqual((await live(object))['data'], { a: '1', extra: 'operator', third: 'operator' });
      assert.deepEqual(await managers(object), [
        'kustomize-controller Apply',
        'other-operator Apply',
        'some-operator Update',
      ]);
      assert.equal(await apply([object]), `ConfigMap/${ns}/one unchanged`);
    });

    it('takes keys by force, and fields of disallowed managers wholly', async () => {
      const ns = await freshNamespace();
      const object = configMap('one', ns, { a: '1' });
      await applyAs(configMap('one', ns, { a: 'theirs', b: 'theirs' }), 'other-operator');
      assert.equal(await apply([object]), `ConfigMap/${ns}/one configured`);
      assert.deepEqual((await live(object))['data'], { a: '1', b: 'theirs' });
      const strict = applier(client, { overrideManagers: ['other-operator'] });
      await strict.applyAll(prepareObjects([object], { ownerGroup: group, owner }), { signal: signal() });
      assert.deepEqual((await live(object))['data'], { a: '1' });
      assert.deepEqual(await managers(object), ['kustomize-controller Apply']);
    });

    it('re-creates what was deleted', async () => {
      const ns = await freshNamespace();
      const object = configMap('one', ns, { a: '1' });
      await apply([object]);
      await client.delete(await client.discovery.resourceFor(refOf(object)), object.metadata);
      assert.equal(await apply([object]), `ConfigMap/${ns}/one created`);
    });
  });

  describe('annotations of an object', () => {
    const annotated = (ns: string, value: string, key = 'ssa'): KubeObject =>
      configMap('one', ns, { a: '1' }, { annotations: { [`${group}/${key}`]: value } });

    it('Merge keeps what kubectl added', async () => {
      const ns = await freshNamespace();
      await apply([annotated(ns, 'merge')]);
      await edit(annotated(ns, ''), { data: { a: 'edited', extra: 'kubectl' } });
      assert.equal(await apply([annotated(ns, 'merge')]), `ConfigMap/${ns}/one configured`);
      assert.deepEqual((await live(annotated(ns, '')))['data'], { a: '1', extra: 'kubectl' });
      assert.deepEqual(await managers(annotated(ns, '')), ['kubectl-edit Update', 'kustomize-controller Apply']);
    });

    it('IfNotPresent creates and never updates, nor touches what is there', async () => {
      const ns = await freshNamespace();
      assert.equal(await apply([annotated(ns, 'IfNotPresent')]), `ConfigMap/${ns}/one created`);
      await edit(annotated(ns, ''), { data: { a: 'edited' } });
      const { result, requests: cost } = await counted(() => apply([annotated(ns, 'IfNotPresent')]));
      assert.equal(result, `ConfigMap/${ns}/one skipped`);
      assert.equal(cost, 1);
      assert.deepEqual((await live(annotated(ns, '')))['data'], { a: 'edited' });
    });

    for (const [key, value] of [
      ['ssa', 'Ignore'],
      ['reconcile', 'Disabled'],
    ] as const) {
      it(`${key}: ${value} in Git or in the cluster leaves the object alone`, async () => {
        const ns = await freshNamespace();
        const { result, requests: cost } = await counted(() => apply([annotated(ns, value, key)]));
        assert.equal(result, `ConfigMap/${ns}/one skipped`);
        assert.equal(cost, 0);
        assert.equal(await exists(annotated(ns, '')), false);
        await apply([configMap('one', ns, { a: '1' })]);
        await edit(annotated(ns, ''), {
          metadata: { annotations: { [`${group}/${key}`]: value } },
          data: { a: 'edited' },
        });
        assert.equal(await apply([configMap('one', ns, { a: '1' })]), `ConfigMap/${ns}/one skipped`);
        assert.deepEqual((await live(annotated(ns, '')))['data'], { a: 'edited' });
      });
    }

    it('Ignore in the cluster wins over a change that would be refused', async () => {
      const ns = await freshNamespace();
      await apply([job('task', ns, 'example.com/a:1')]);
      await edit(job('task', ns, ''), { metadata: { annotations: { [`${group}/ssa`]: 'Ignore' } } });
      assert.equal(await apply([job('task', ns, 'example.com/a:2')]), `Job/${ns}/task skipped`);
    });
  });

  describe('immutable fields', () => {
    it('are an error without force', async () => {
      const ns = await freshNamespace();
      await apply([job('task', ns, 'example.com/a:1')]);
      await assert.rejects(apply([job('task', ns, 'example.com/a:2')]), {
        name: 'ApplyError',
        step: 'dry-run',
        message:
          /^Job\/apply-\d+\/task dry-run failed \(Invalid\): Job\.batch "task" is invalid: .*field is immutable/s,
      });
    });

    for (const [how, options, annotations] of [
      ['spec.force', { force: true }, {}],
      ['the annotation', {}, { [`${group}/force`]: 'Enabled' }],
    ] as const) {
      it(`re-create the object with ${how}`, async () => {
        const ns = await freshNamespace();
        await apply([job('task', ns, 'example.com/a:1', { annotations })]);
        const { uid } = (await live(job('task', ns, ''))).metadata;
        const log = await apply([job('task', ns, 'example.com/a:2', { annotations })], options);
        assert.equal(log, `Job/${ns}/task created`);
        assert.notEqual((await live(job('task', ns, ''))).metadata.uid, uid);
      });
    }

    it('wait for finalizers of the object that goes', async () => {
      const ns = await freshNamespace();
      const finalizers = ['test.example.com/hold'];
      await apply([job('task', ns, 'example.com/a:1', { finalizers })]);
      const applying = apply([job('task', ns, 'example.com/a:2')], { force: true });
      await waitFor(async () => (await live(job('task', ns, ''))).metadata.deletionTimestamp, 'the Job to be deleted');
      await edit(job('task', ns, ''), { metadata: { finalizers: null } });
      assert.equal(await applying, `Job/${ns}/task created`);
    });

    it('never cost an object that would not be accepted anew', async () => {
      const ns = await freshNamespace();
      const service = (port: number): KubeObject => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'svc', namespace: ns },
        spec: { ports: [{ port }] },
      });
      await apply([service(80)]);
      const { uid } = (await live(service(80))).metadata;
      await assert.rejects(apply([service(99_999)], { force: true }), /dry-run failed \(Invalid\)/);
      assert.equal((await live(service(80))).metadata.uid, uid);
    });

    it('never cost an object when another one of the stage is invalid', async () => {
      const ns = await freshNamespace();
      await apply([job('task', ns, 'example.com/a:1')]);
      const { uid } = (await live(job('task', ns, ''))).metadata;
      const invalid = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'svc', namespace: ns },
        spec: { ports: [{ port: 0 }] },
      };
      await assert.rejects(apply([job('task', ns, 'example.com/a:2'), invalid], { force: true }), /Service\/.*Invalid/);
      assert.equal((await live(job('task', ns, ''))).metadata.uid, uid);
    });
  });

  describe('what cannot be applied', () => {
    it('keeps its whole stage out of the cluster', async () => {
      const ns = await freshNamespace();
      let told = 0;
      const invalid = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'svc', namespace: ns },
        spec: { ports: [{ port: 99_999 }] },
      };
      const beforeStage = async (): Promise<void> => void told++;
      await assert.rejects(apply([configMap('one', ns, {}), invalid], { beforeStage }), {
        message: `Service/${ns}/svc dry-run failed (Invalid): Service "svc" is invalid: [spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 99999: must be between 1 and 65535, inclusive]`,
      });
      assert.equal(await exists(configMap('one', ns, {})), false);
      assert.equal(told, 0);
    });

    const refused: readonly {
      readonly name: string;
      readonly object: (ns: string) => KubeObject;
      readonly message: (ns: string) => string;
    }[] = [
      {
        name: 'an absent namespace',
        object: (ns) => configMap('one', `${ns}-absent`, {}),
        message: (ns) => `ConfigMap/${ns}-absent/one not found: namespaces "${ns}-absent" not found`,
      },
      {
        name: 'no namespace',
        object: () => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } }),
        message: () => 'ConfigMap/one namespace not specified: the server could not find the requested resource',
      },
      {
        name: 'an unknown kind',
        object: (ns) => ({
          apiVersion: 'nobody.example.com/v1',
          kind: 'Gadget',
          metadata: { name: 'g', namespace: ns },
        }),
        message: (ns) =>
          `Gadget/${ns}/g dry-run failed: no matches for kind "Gadget" in version "nobody.example.com/v1"`,
      },
      {
        name: 'a Secret whose values are no base64',
        object: (ns) => ({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 's', namespace: ns },
          data: { password: 'not base64!' },
        }),
        message: (ns) =>
          `Secret/${ns}/s dry-run failed: failed to convert new object (${ns}/s; /v1, Kind=Secret) to proper version: unable to convert unstructured object to /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte 3`,
      },
    ];
    for (const { name, object, message } of refused) {
      it(`says so of ${name}`, async () => {
        const ns = await freshNamespace();
        await assert.rejects(apply([object(ns)]), { name: 'ApplyError', message: message(ns) });
      });
    }

    it('never shows the values of a Secret', async () => {
      const ns = await freshNamespace();
      const secret = (fields: Fields): KubeObject => ({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's', namespace: ns },
        ...fields,
      });
      const value = 'correct-horse-battery';
      for (const fields of [
        { stringData: { a: { nested: value } } },
        { stringData: { a: [value] } },
        { data: value },
        { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': value } },
        { type: 'kubernetes.io/tls', stringData: { 'tls.crt': value } },
        { data: { [`bad key`]: btoa(value) } },
      ]) {
        await assert.rejects(apply([secret(fields)]), (error: Error) => {
          assert.ok(!error.message.includes(value) && !error.message.includes(btoa(value)), error.message);
          return true;
        });
      }
    });

    it('ends with the reason of the signal', async () => {
      const ns = await freshNamespace();
      const reason = new Error('superseded');
      const aborted = AbortSignal.abort(reason);
      await assert.rejects(apply([configMap('one', ns, {})], { signal: aborted }), reason);
    });
  });

  describe("what Flux's trip through Go types does", () => {
    it('drops fields that a kind of Kubernetes does not have, at any depth', async () => {
      const ns = await freshNamespace();
      const object = deployment(
        'web',
        ns,
        { foo: 1, paused: null },
        { bar: [1], ports: [{ containerPort: 80, baz: 'x' }] },
      );
      assert.equal(await apply([{ ...object, dota: { a: 1 } }]), `Deployment/${ns}/web created`);
      assert.equal(await apply([{ ...object, dota: { a: 1 } }]), `Deployment/${ns}/web unchanged`);
    });

    it('does not drop them from custom resources', async () => {
      const ns = await freshNamespace();
      const typed = crd('gauges', 'Gauge');
      const spec = typed['spec'] as { versions: readonly Fields[] };
      const schema = {
        openAPIV3Schema: {
          type: 'object',
          properties: { spec: { type: 'object', properties: { a: { type: 'integer' } } } },
        },
      };
      const strict = { ...typed, spec: { ...spec, versions: [{ ...spec.versions[0], schema }] } };
      const gauge = {
        apiVersion: 'test.example.com/v1',
        kind: 'Gauge',
        metadata: { name: 'g', namespace: ns },
        spec: { a: 1, b: 2 },
      };
      await assert.rejects(
        apply([strict, gauge]),
        /Gauge\/.* dry-run failed: .*\.spec\.b: field not declared in schema/,
      );
    });

    it('stores stringData as data and owns it, so that a removed key goes', async () => {
      const ns = await freshNamespace();
      const secret = (stringData: Fields): KubeObject => ({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's', namespace: ns },
        stringData,
      });
      await apply([secret({ a: '1', b: '2' })]);
      assert.equal(await apply([secret({ a: '1' })]), `Secret/${ns}/s configured`);
      assert.deepEqual((await live(secret({})))['data'], { a: 'MQ==' });
    });

    it('adds the protocol that tells ports apart', async () => {
      const ns = await freshNamespace();
      const ports = [
        { name: 'a', port: 53 },
        { name: 'b', port: 53, protocol: 'UDP' },
      ];
      const service: KubeObject = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 's', namespace: ns },
        spec: { ports },
      };
      await apply([service]);
      assert.equal(await apply([service]), `Service/${ns}/s unchanged`);
    });
  });

  describe('prune', () => {
    const entriesOf = (objects: readonly KubeObject[]): Entry[] =>
      inventoryOf(objects.map((object) => ({ ref: refOf(object), subject: '', action: 'created' as const })));

    it('deletes in the reverse order and calls what is gone deleted', async () => {
      const ns = await freshNamespace();
      const objects = [configMap('one', ns, {}), configMap('two', ns, {}), deployment('web', ns)];
      await apply(objects);
      await client.delete(await client.discovery.resourceFor(refOf(configMap('one', ns, {}))), {
        name: 'one',
        namespace: ns,
      });
      const log = await prune(entriesOf(objects));
      assert.equal(log, `Deployment/${ns}/web deleted\nConfigMap/${ns}/two deleted\nConfigMap/${ns}/one deleted`);
      for (const object of objects)
        await waitFor(async () => !(await exists(object)), `${object.metadata.name} to be gone`);
    });

    it('skips what is not ours, or shall stay', async () => {
      const ns = await freshNamespace();
      const notes: readonly (readonly [string, Fields])[] = [
        ['foreign', { labels: { [`${group}/name`]: 'other' } }],
        ['elsewhere', { labels: { [`${group}/namespace`]: 'other' } }],
        ['unlabelled', { labels: { [`${group}/name`]: null, [`${group}/namespace`]: null } }],
        ['kept', { annotations: { [`${group}/prune`]: 'Disabled' } }],
        ['kept-by-label', { labels: { [`${group}/prune`]: 'disabled' } }],
        ['ignored', { annotations: { [`${group}/ssa`]: 'ignore' } }],
        ['disabled', { annotations: { [`${group}/reconcile`]: 'disabled' } }],
      ];
      const objects = notes.map(([name]) => configMap(name, ns, {}));
      await apply(objects);
      for (const [name, metadata] of notes) await edit(configMap(name, ns, {}), { metadata }, 'someone');
      const log = await prune(entriesOf(objects));
      assert.deepEqual(new Set(log.split('\n')), new Set(notes.map(([name]) => `ConfigMap/${ns}/${name} skipped`)));
      for (const object of objects) assert.equal(await exists(object), true, object.metadata.name);
    });

    it('keeps objects by uid', async () => {
      const ns = await freshNamespace();
      await apply([configMap('one', ns, {})]);
      const { uid = '' } = (await live(configMap('one', ns, {}))).metadata;
      assert.equal(await prune(entriesOf([configMap('one', ns, {})]), new Set([uid])), `ConfigMap/${ns}/one skipped`);
      assert.equal(await exists(configMap('one', ns, {})), true);
    });

    it('reports each failure by itself', async () => {
      const ns = await freshNamespace();
      await apply([configMap('one', ns, {}), configMap('two', ns, {})]);
      const user = client.impersonate({ user: `reader-${ns}` });
      await grant(ns, `reader-${ns}`, [
        { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
        { apiGroups: [''], resources: ['configmaps'], verbs: ['delete'], resourceNames: ['two'] },
      ]);
      const entries = [...entriesOf([configMap('one', ns, {}), configMap('two', ns, {})]), { id: 'nonsense', v: 'v1' }];
      const { changes, failed } = await applier(user).prune(entries, { owner, signal: signal() });
      assert.equal(changeLog(changes), `ConfigMap/${ns}/two deleted`);
      assert.equal(
        pruneFailureMessage(failed),
        `delete failed, errors: ConfigMap/${ns}/one delete failed: configmaps "one" is forbidden: User "reader-${ns}" cannot delete resource "configmaps" in API group "" in the namespace "${ns}";nonsense query failed: unable to parse stored object metadata: nonsense;`,
      );
    });

    it('knows when an object went with its kind, and finds it under another version', async () => {
      const ns = await freshNamespace();
      const gone = crd('vanishers', 'Vanisher');
      const moved = crd('movers', 'Mover', ['v2']);
      const vanisher = { apiVersion: 'test.example.com/v1', kind: 'Vanisher', metadata: { name: 'v', namespace: ns } };
      const mover = { apiVersion: 'test.example.com/v2', kind: 'Mover', metadata: { name: 'm', namespace: ns } };
      await apply([gone, moved, vanisher, mover]);
      await prune(entriesOf([gone]));
      await waitFor(async () => !(await exists(gone)), 'the CRD to be gone');
      client.discovery.invalidate();
      const entries = [...entriesOf([vanisher]), { ...entriesOf([mover])[0], v: 'v1' } as Entry];
      assert.equal(await prune(entries), `Vanisher/${ns}/v deleted\nMover/${ns}/m deleted`);
      assert.equal(await exists(mover), false);
      const native = [{ id: `${ns}_x_apps_Gizmo`, v: 'v1' }];
      assert.match(await prune(native), /Gizmo\/.*\/x query failed: no matches for kind "Gizmo" in version "apps\/v1"/);
    });
  });

  it('applies a cluster-scoped object whose manifest has a namespace', async () => {
    const ns = await freshNamespace();
    const name = `role-${ns}`;
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name, namespace: ns },
      rules: [],
    };
    assert.equal(await apply([role]), `ClusterRole/${name} created`);
    assert.equal(await apply([role]), `ClusterRole/${name} unchanged`);
  });

  describe('ignored fields', () => {
    const ignore = [
      { paths: ['/spec/replicas', '/spec/template/spec/containers/0/image'], target: { kind: 'Deploy.*' } },
    ];
    const image = (name: string): Fields => ({ template: { spec: { containers: [{ name: 'c', image: name }] } } });
    const specOf = async (object: KubeObject): Promise<unknown> => {
      const spec = (await live(object))['spec'] as { replicas: number; template: { spec: { containers: Fields[] } } };
      return [spec.replicas, spec.template.spec.containers[0]?.['image']];
    };
    const owned = async (object: KubeObject): Promise<string> =>
      JSON.stringify(
        (await live(object)).metadata.managedFields?.find(({ manager }) => manager === KUSTOMIZE_FIELD_MANAGER),
      );

    it('are created, and then left to whoever applies them', async () => {
      const ns = await freshNamespace();
      const object = deployment('web', ns, { replicas: 2 });
      assert.equal(await apply([object], { ignore }), `Deployment/${ns}/web created`);
      assert.deepEqual(await specOf(object), [2, 'example.com/a:1']);
      const labels = { app: 'web' };
      const scaler = {
        ...object,
        spec: {
          replicas: 5,
          selector: { matchLabels: labels },
          template: { spec: { containers: [{ name: 'c', image: 'example.com/b:2' }] } },
        },
      };
      await applyAs(scaler, 'vpa-controller');
      assert.equal(await apply([object], { ignore }), `Deployment/${ns}/web unchanged`);
      const changed = deployment('web', ns, { replicas: 2, minReadySeconds: 5 });
      assert.equal(await apply([changed], { ignore }), `Deployment/${ns}/web configured`);
      assert.deepEqual(await specOf(object), [5, 'example.com/b:2']);
      assert.doesNotMatch(await owned(object), /f:replicas|f:image"/);
    });

    it('keep the value that an ordinary write gave them', async () => {
      const ns = await freshNamespace();
      const object = deployment('web', ns, { replicas: 2 });
      await apply([object], { ignore });
      const type = await client.discovery.resourceFor(refOf(object));
      const body = { spec: { replicas: 4, ...image('example.com/c:3') } };
      await client.patch(type, object.metadata, { type: 'strategic', body }, { fieldManager: 'operator' });
      assert.equal(await apply([object], { ignore }), `Deployment/${ns}/web unchanged`);
      const changed = deployment('web', ns, { replicas: 2, minReadySeconds: 5 });
      assert.equal(await apply([changed], { ignore }), `Deployment/${ns}/web configured`);
      assert.deepEqual(await specOf(object), [4, 'example.com/c:3']);
      assert.match(await owned(object), /f:replicas/);
      assert.equal(await apply([changed]), `Deployment/${ns}/web configured`);
      assert.deepEqual(await specOf(object), [2, 'example.com/a:1']);
    });

    it('must be given by rules that can be read', async () => {
      const ns = await freshNamespace();
      const broken = [{ paths: ['/a'], target: { kind: '(' } }];
      await assert.rejects(apply([configMap('one', ns, {})], { ignore: broken }), {
        name: 'ApplyError',
        message: /^failed to create ignore rule selector: invalid kind regex: /,
      });
    });
  });

  it('takes over from Flux without a change, and leaves one manager after the next', async () => {
    const ns = await freshNamespace();
    const object = deployment('web', ns, {}, { resources: {} });
    // What Flux sends after its trip through Go types.
    const [flux] = prepareObjects([deployment('web', ns, { strategy: {} }, { resources: {} })], {
      ownerGroup: group,
      owner,
    });
    assert.ok(flux);
    await applyAs(flux, KUSTOMIZE_FIELD_MANAGER);
    const before = await live(object);
    assert.equal(await apply([object]), `Deployment/${ns}/web unchanged`);
    const ours = ({ metadata }: KubeObject): unknown =>
      metadata.managedFields?.filter(({ manager }) => manager === KUSTOMIZE_FIELD_MANAGER);
    assert.deepEqual(ours(await live(object)), ours(before));
    assert.equal(
      await apply([deployment('web', ns, { revisionHistoryLimit: 3 }, { resources: {} })]),
      `Deployment/${ns}/web configured`,
    );
    const after = await live(object);
    assert.equal(after.metadata.uid, before.metadata.uid);
    assert.deepEqual((after['spec'] as Fields)['strategy'], (before['spec'] as Fields)['strategy']);
    assert.deepEqual(
      (await managers(object)).filter((manager) => !manager.startsWith('kube-controller-manager')),
      ['kustomize-controller Apply'],
    );
  });

  it('keeps a fingerprint of ownership that only interference changes', async () => {
    const ns = await freshNamespace();
    const object = configMap('one', ns, { a: '1', b: '2' });
    const replaced = managersToReplace(KUSTOMIZE_FIELD_MANAGER);
    const look = sightings({
      fieldManager: KUSTOMIZE_FIELD_MANAGER,
      ownerGroup: group,
      isReplaced: (entry) => isTakenOver(entry, replaced),
      migrateApiVersion: false,
    });
    const print = async (): Promise<string> => look(await live(object)).fingerprint;
    await apply([object]);
    let before = await print();
    await edit(object, { data: { extra: 'x' } }, 'someone');
    assert.equal(await print(), before, 'an addition');
    await apply([object]);
    assert.equal(await print(), before, 'an apply of what is there');
    await edit(object, { data: { a: 'changed' } }, 'someone');
    assert.notEqual(await print(), before, 'a change');
    await apply([object]);
    before = await print();
    await edit(object, { data: { b: null } }, 'someone');
    assert.notEqual(await print(), before, 'a removal');
    await apply([object]);
    before = await print();
    await edit(object, { data: { more: 'x' } }, 'kubectl-edit');
    assert.notEqual(await print(), before, 'an addition of kubectl, which is undone');
    await apply([object]);
    before = await print();
    await edit(object, { metadata: { annotations: { [`${group}/reconcile`]: 'disabled' } } }, 'someone');
    assert.notEqual(await print(), before, 'what says how the object is to be treated');
    await edit(object, { metadata: { annotations: { [`${group}/reconcile`]: null } } }, 'someone');
    assert.equal(await print(), before, 'the same taken off');
    await edit(object, { metadata: { labels: { [`${group}/name`]: null } } }, 'someone');
    assert.notEqual(await print(), before, 'a label taken off');
  });

  describe('StatusWaiter', () => {
    it('tells by watch when objects come, change and go', async () => {
      const ns = await freshNamespace();
      const object = deployment('web', ns, { replicas: 1 });
      const waiter = new StatusWaiter();
      let changes = 0;
      const start = requests;
      const handle = waiter.watchObjects(client, [refOf(object)], { onChange: () => void changes++ });
      const [id = ''] = handle.statuses().keys();
      const reaches = (status: string): Promise<unknown> =>
        waitFor(() => handle.statuses().get(id)?.status === status, `status ${status}`, { deadlineMs: 10_000 });
      await reaches('NotFound');
      await apply([object]);
      await reaches('InProgress');
      const type = await client.discovery.resourceFor(refOf(object));
      await apply([deployment('web', ns, { replicas: 0 })]);
      await reaches('Current');
      assert.equal(healthOf(handle.statuses()), 'healthy');
      await client.delete(type, object.metadata);
      await reaches('NotFound');
      assert.ok(changes >= 4);
      assert.ok(requests - start < 20, `${requests - start} requests`);
      handle.close();
    });

    it('reads now and then where it may not watch', async () => {
      const ns = await freshNamespace();
      await grant(ns, `weak-${ns}`, [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }]);
      const waiter = new StatusWaiter({ pollMs: 50 });
      const weak = client.impersonate({ user: `weak-${ns}` });
      const handle = waiter.watchObjects(weak, [refOf(configMap('one', ns, {}))], { onChange: () => {} });
      await waitFor(() => [...handle.statuses().values()][0]?.status === 'NotFound', 'NotFound');
      await apply([configMap('one', ns, {})]);
      await waitFor(() => healthOf(handle.statuses()) === 'healthy', 'health');
      handle.close();
    });
  });
});

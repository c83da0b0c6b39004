import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { condition } from '../support/conditions.ts';
import { Environment } from '../support/environment.ts';
import { ref } from '../support/kubectl.ts';
import { configMap, definition, deployment, manifest } from '../support/manifests.ts';
import { messageOf, statusOf, type Tenant } from '../support/tenant.ts';
import { waitFor } from '../support/wait-for.ts';

const cm = (name: string) => ref('v1', 'ConfigMap', name);
const web = ref('apps/v1', 'Deployment', 'web');
const ours = 'kustomize.toolkit.fluxcd.io';

/** Between a change by hand and its correction. */
const promptly = { deadlineMs: 5_000 };
/** How long nothing has to happen until it counts as never. */
const never = 2_000;

/** What must not happen has no moment to wait for. */
const quiet = (ms: number): Promise<void> => delay(ms);

describe('drift, with an interval of an hour', { concurrency: 4 }, () => {
  let environment: Environment;
  before(async () => {
    environment = await Environment.start({ audit: true });
  });
  after(() => environment?.stop());

  /** A tenant whose objects are applied and watched. */
  const settled = async (files: Readonly<Record<string, string>>, spec: object = {}): Promise<Tenant> => {
    const team = await environment.tenant();
    await team.install(files, spec);
    await team.ready();
    return team;
  };
  /** Requests about objects of the tenant beside watches, since then. */
  const requestsOf = async (team: Tenant, mark: Awaited<ReturnType<Environment['auditMark']>>) =>
    (await environment.requestsSince(mark, 'kustomize-controller')).filter(
      ({ namespace, resource, verb }) => namespace === team.namespace && resource !== 'events' && verb !== 'watch',
    );

  const changes: readonly {
    readonly name: string;
    readonly change: (team: Tenant) => Promise<unknown>;
    readonly says: string;
  }[] = [
    {
      name: 'kubectl edit',
      change: ({ kubectl }) => kubectl.patch(cm('a'), { data: { key: 'edited', more: 'x' } }),
      says: 'configured',
    },
    {
      name: 'another field manager',
      change: ({ kubectl }) => kubectl.patch(cm('a'), { data: { key: 'edited' } }, { fieldManager: 'someone' }),
      says: 'configured',
    },
    { name: 'a deletion', change: ({ kubectl }) => kubectl.delete(cm('a')), says: 'created' },
    {
      name: 'an owner label that is taken off',
      change: ({ kubectl }) =>
        kubectl.patch(cm('a'), { metadata: { labels: { [`${ours}/name`]: null } } }, { fieldManager: 'someone' }),
      says: 'configured',
    },
    {
      name: 'all labels taken off at once with a change',
      change: ({ kubectl }) =>
        kubectl.patch(cm('a'), { metadata: { labels: null }, data: { key: 'x' } }, { fieldManager: 'someone' }),
      says: 'configured',
    },
  ];
  for (const { name, change, says } of changes) {
    it(`is corrected at once: ${name}`, async () => {
      const team = await settled({ 'a.yaml': manifest(configMap('a'), configMap('b')) });
      const untouched = await team.kubectl.get(cm('b'));
      const mark = await environment.auditMark();
      await change(team);
      await team.kubectl.waitFor(
        cm('a'),
        'as it shall be',
        ({ data, metadata }) =>
          JSON.stringify(data) === '{"key":"1"}' && JSON.stringify(metadata['labels'] ?? {}).includes(`${ours}/name`),
        promptly,
      );
      const [event] = await team.eventSaying(`ConfigMap/${team.namespace}/a ${says}`);
      assert.deepEqual([event?.type, event?.reason], ['Normal', 'Progressing']);
      await team.ready();
      assert.deepEqual(
        (await requestsOf(team, mark)).filter((request) => request.name === 'b'),
        [],
        'only the drifted object is asked for',
      );
      assert.equal((await team.kubectl.get(cm('b'))).metadata.resourceVersion, untouched.metadata.resourceVersion);
    });
  }

  it('is corrected through a subresource: kubectl scale', async () => {
    const team = await settled({ 'web.yaml': manifest(deployment('web')) });
    const { replicas } = (await team.kubectl.get(web))['spec'] as { readonly replicas: number };
    await team.kubectl.patch(web, { spec: { replicas: 7 } }, { fieldManager: 'kubectl', subresource: 'scale' });
    const isBack = ({ spec }: { readonly spec?: unknown }) =>
      (spec as { readonly replicas: number }).replicas === replicas;
    await team.kubectl.waitFor(web, 'scaled back', (object) => isBack(object as { spec?: unknown }), promptly);
  });

  it('is none: a co-owner of fields that the source does not have', async () => {
    const { replicas: _, ...spec } = deployment('web').spec;
    const team = await settled({ 'web.yaml': manifest({ ...deployment('web'), spec }) });
    const mark = await environment.auditMark();
    for (const replicas of [2, 3, 4]) {
      await team.kubectl.patch(web, { spec: { replicas } }, { fieldManager: 'autoscaler', subresource: 'scale' });
    }
    await quiet(never);
    assert.equal(((await team.kubectl.get(web))['spec'] as { readonly replicas: number }).replicas, 4);
    assert.deepEqual(await requestsOf(team, mark), []);
  });

  it('is none: a restart that kubectl asks for', async () => {
    const team = await settled({ 'web.yaml': manifest(deployment('web')) });
    const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-01-02T03:04:05Z' };
    const body = { spec: { template: { metadata: { annotations } } } };
    await team.kubectl.patch(web, body, { fieldManager: 'kubectl-rollout' });
    await quiet(never);
    await team.request();
    assert.match(JSON.stringify((await team.kubectl.get(web))['spec']), /restartedAt/);
    await team.upgrade({ 'web.yaml': manifest(deployment('web', { replicas: 2 })) });
    assert.match(JSON.stringify((await team.kubectl.get(web))['spec']), /restartedAt/);
  });

  it('is left alone: ignored fields, annotations on the object, a suspended Kustomization', async () => {
    const ignore = [{ paths: ['/data/theirs'], target: { name: 'ignored' } }];
    const once = { annotations: { [`${ours}/ssa`]: 'IfNotPresent' } };
    const team = await settled(
      {
        'a.yaml': manifest(
          configMap('ignored', { ours: '1', theirs: '1' }),
          configMap('once', { key: '1' }, once),
          configMap('plain'),
          configMap('gone', { key: '1' }, once),
        ),
      },
      { ignore },
    );
    const edit = (name: string, data: object) => team.kubectl.patch(cm(name), { data }, { fieldManager: 'someone' });
    await edit('ignored', { theirs: 'edited' });
    await edit('once', { key: 'edited' });
    await team.kubectl.annotate(cm('plain'), { [`${ours}/reconcile`]: 'disabled' });
    await edit('plain', { key: 'edited' });
    await team.kubectl.delete(cm('gone'));
    await team.kubectl.waitFor(cm('gone'), 'created again', () => true, promptly);
    await quiet(never);
    assert.deepEqual(await team.data('ignored'), { ours: '1', theirs: 'edited' });
    assert.deepEqual(await team.data('once'), { key: 'edited' });
    assert.deepEqual(await team.data('plain'), { key: 'edited' });

    // Taking the annotation off is a change like any other.
    await team.kubectl.annotate(cm('plain'), { [`${ours}/reconcile`]: null });
    await team.kubectl.waitFor(
      cm('plain'),
      'corrected',
      ({ data }) => JSON.stringify(data) === '{"key":"1"}',
      promptly,
    );

    await team.kustomization({ ignore, suspend: true });
    await team.waitFor('suspended', ({ spec }) => (spec as { readonly suspend?: boolean }).suspend === true);
    await edit('plain', { key: 'edited' });
    await quiet(never);
    assert.deepEqual(await team.data('plain'), { key: 'edited' });
    await team.kustomization({ ignore, suspend: false });
    await team.kubectl.waitFor(
      cm('plain'),
      'corrected',
      ({ data }) => JSON.stringify(data) === '{"key":"1"}',
      promptly,
    );
  });

  it('is corrected while objects are waited for', async () => {
    const team = await environment.tenant();
    const waiting = deployment('web');
    Object.assign(waiting.spec, { replicas: 1 });
    await team.install({ 'a.yaml': manifest(configMap('a'), waiting) }, { wait: true, timeout: '5m' });
    await team.waitFor('waiting', (object) => messageOf(object, 'Reconciling').includes('Running health checks'));
    await team.kubectl.patch(cm('a'), { data: { key: 'edited' } });
    await team.kubectl.waitFor(cm('a'), 'corrected', ({ data }) => JSON.stringify(data) === '{"key":"1"}', promptly);
    await team.waitFor('waiting again', (object) => condition(object, 'Ready')?.status === 'Unknown');
  });

  it('is corrected after the API server was away', async () => {
    const alone = await Environment.start();
    try {
      const team = await alone.tenant();
      await team.install({ 'a.yaml': manifest(configMap('a')) });
      await team.ready();
      await alone.plane.restartApiServer();
      await waitFor(
        () => team.kubectl.patch(cm('a'), { data: { key: 'edited' } }).catch(() => false),
        'the API server',
      );
      await team.kubectl.waitFor(cm('a'), 'corrected', ({ data }) => JSON.stringify(data) === '{"key":"1"}', {
        deadlineMs: 20_000,
      });
    } finally {
      await alone.stop();
    }
  });

  it('of many objects at once is corrected without a storm', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `cm-${index}`);
    const team = await settled({ 'all.yaml': manifest(...names.map((name) => configMap(name))) });
    const mark = await environment.auditMark();
    await Promise.all(names.map((name) => team.kubectl.delete(cm(name))));
    await Promise.all(names.map((name) => team.kubectl.waitFor(cm(name), 'created again', () => true, promptly)));
    await team.ready();
    const requests = await requestsOf(team, mark);
    const onObjects = requests.filter(({ resource }) => resource === 'configmaps');
    assert.ok(onObjects.length <= 3 * names.length, `${onObjects.length} requests for ${names.length} objects`);
    const reconciles = requests.filter(({ resource }) => resource === 'kustomizations');
    assert.ok(reconciles.length <= 10, `${reconciles.length} writes of the status`);
  });

  it('of a namespace that is deleted makes one failure, no storm, and heals when it is back', async () => {
    const team = await environment.tenant();
    const target = `${team.namespace}-target`;
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: target } };
    await team.kubectl.apply([namespace]);
    const names = Array.from({ length: 20 }, (_, index) => `cm-${index}`);
    await team.install(
      { 'all.yaml': manifest(...names.map((name) => configMap(name))) },
      { targetNamespace: target, retryInterval: '2s' },
    );
    await team.ready();
    const mark = await environment.auditMark();
    await team.kubectl.delete(ref('v1', 'Namespace', target));
    await team.failed('ReconciliationFailed');
    await team.kubectl.waitGone(ref('v1', 'Namespace', target));
    const attempts = (await requestsOf(team, mark)).filter(({ resource }) => resource === 'kustomizations');
    assert.ok(attempts.length <= 20, `${attempts.length} writes of the status`);
    await team.kubectl.apply([namespace]);
    await team.ready();
    const restored = await team.kubectl.in(target).list('v1', 'ConfigMap', `${ours}/name=app`);
    assert.equal(restored.length, names.length);
  });

  it('that comes back each time is left alone for longer and longer, and somebody is told who does it', async () => {
    const team = await settled({ 'a.yaml': manifest(configMap('a')) });
    const stop = new AbortController();
    let edits = 0;
    const rival = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const current = await team.data('a');
        if (current?.['key'] === '1') {
          await team.kubectl.apply([configMap('a', { key: 'rival' })], { fieldManager: 'rival' });
          edits++;
        }
        await quiet(20);
      }
    };
    const fighting = rival();
    const [event] = await team.eventSaying('keeps being changed');
    assert.deepEqual([event?.type, event?.reason], ['Warning', 'DriftDetected']);
    assert.match(event?.message ?? '', /ConfigMap\/\S+\/a keeps being changed: \.data\.key by rival \(Apply\)/);
    const before = edits;
    await quiet(5_000);
    stop.abort();
    await fighting;
    assert.ok(edits - before <= 2, `${edits - before} corrections in five seconds`);
    const ready = condition(await team.kubectl.get(team.app()), 'Ready');
    assert.equal(ready?.status, 'True');
    // A request, like the interval, corrects at once.
    await team.request();
    assert.deepEqual(await team.data('a'), { key: '1' });
  });

  it('costs nothing when there is none', async () => {
    const names = ['a', 'b', 'c'];
    const objects = [...names.map((name) => configMap(name)), deployment('web', { replicas: 0 })];
    const team = await settled({ 'a.yaml': manifest(...objects) }, { wait: true });
    await team.request();
    const mark = await environment.auditMark();
    const handled = await team.request();
    assert.equal(condition(handled, 'Ready')?.status, 'True');
    assert.equal(condition(handled, 'Healthy')?.status, 'True');
    assert.equal(statusOf(handled).inventory?.entries.length, 4);
    assert.deepEqual(
      (await requestsOf(team, mark)).map(({ verb, resource, subresource }) => `${verb} ${resource}/${subresource}`),
      ['patch kustomizations/status'],
    );
  });

  it('of a definition takes the objects along and brings them back', async () => {
    const team = await environment.tenant();
    const name = `${team.namespace}.example.com`;
    const crd = definition(name, 'Widget');
    const apiVersion = `${crd.spec.group}/v1`;
    const widget = { apiVersion, kind: 'Widget', metadata: { name: 'w' }, spec: { a: 1 } };
    await team.install({ 'a.yaml': manifest(crd, widget) }, { retryInterval: '2s' });
    await team.ready();
    const { metadata } = await team.kubectl.get(ref(apiVersion, 'Widget', 'w'));
    await team.kubectl.delete(ref('apiextensions.k8s.io/v1', 'CustomResourceDefinition', crd.metadata.name));
    await waitFor(async () => {
      const found = await team.kubectl.find(ref(apiVersion, 'Widget', 'w')).catch(() => undefined);
      return found !== undefined && found.metadata.uid !== metadata.uid;
    }, 'another widget');
  });
});

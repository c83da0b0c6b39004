import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ApiObject } from '../support/api-client.ts';
import { condition } from '../support/conditions.ts';
import { type AuditMark, Environment, type SeenRequest } from '../support/environment.ts';
import { type Kubectl, ref } from '../support/kubectl.ts';
import { configMap, definition, deployment, job, manifest } from '../support/manifests.ts';
import { inventoryOf, messageOf, statusOf, type Tenant } from '../support/tenant.ts';
import { waitFor } from '../support/wait-for.ts';

const ours = 'kustomize-controller';
const statusManager = 'gotk-kustomize-controller';

describe('Kustomization', { concurrency: 4 }, () => {
  let environment: Environment;
  before(async () => {
    environment = await Environment.start({ audit: true });
  });
  after(() => environment?.stop());
  const tenant = (): Promise<Tenant> => environment.tenant();

  describe('from Git to the cluster', { concurrency: 4 }, () => {
    it('installs, upgrades, renames and prunes', async () => {
      const team = await tenant();
      const first = await team.install({ 'one.yaml': manifest(configMap('one'), configMap('two')), 'README.md': '' });
      const installed = await team.applied(first);
      assert.deepEqual(inventoryOf(installed), ['ConfigMap/one', 'ConfigMap/two']);
      assert.deepEqual(statusOf(installed).inventory?.entries[0], { id: `${team.namespace}_one__ConfigMap`, v: 'v1' });
      assert.equal(messageOf(installed), `Applied revision: main@sha1:${first}`);
      assert.equal(condition(installed, 'Ready')?.reason, 'ReconciliationSucceeded');
      assert.equal(condition(installed, 'Reconciling'), undefined);
      assert.equal(statusOf(installed).observedGeneration, installed.metadata['generation']);
      assert.equal(statusOf(installed).lastAttemptedRevision, `main@sha1:${first}`);
      assert.deepEqual(installed.metadata['finalizers'], ['finalizers.fluxcd.io']);
      assert.deepEqual(managersOf(installed), ['kubectl Apply', `${statusManager} Update`, `${statusManager} Update`]);
      const one = await team.kubectl.get(ref('v1', 'ConfigMap', 'one'));
      assert.deepEqual(one.metadata['labels'], {
        'kustomize.toolkit.fluxcd.io/name': 'app',
        'kustomize.toolkit.fluxcd.io/namespace': team.namespace,
      });
      assert.deepEqual(managersOf(one), [`${ours} Apply`]);

      const upgraded = await team.upgrade({
        'one.yaml': manifest(configMap('one', { key: '2' }), configMap('renamed')),
      });
      assert.deepEqual(inventoryOf(upgraded), ['ConfigMap/one', 'ConfigMap/renamed']);
      assert.deepEqual(await team.data('one'), { key: '2' });
      assert.deepEqual(await team.configMaps(), ['one', 'renamed']);
      assert.equal((await team.kubectl.get(one)).metadata.uid, one.metadata.uid);

      const emptied = await team.upgrade({ 'one.yaml': null });
      assert.deepEqual(inventoryOf(emptied), []);
      assert.deepEqual(await team.configMaps(), []);
      for (const text of [
        `ConfigMap/${team.namespace}/one created`,
        `ConfigMap/${team.namespace}/one configured`,
        `ConfigMap/${team.namespace}/two deleted`,
      ]) {
        const [event, ...more] = await team.eventSaying(text);
        assert.deepEqual([event?.type, event?.reason, more], ['Normal', 'Progressing', []]);
      }
      const history = statusOf(emptied).history ?? [];
      assert.deepEqual(
        history.map(({ lastReconciledStatus }) => lastReconciledStatus),
        ['ReconciliationSucceeded', 'ReconciliationSucceeded', 'ReconciliationSucceeded'],
      );
      assert.equal(history[0]?.metadata?.['revision'], statusOf(emptied).lastAppliedRevision);
    });

    it('follows a forced push, and keeps what prune: false leaves behind', async () => {
      const team = await tenant();
      await team.install({ 'a.yaml': manifest(configMap('a')), 'b.yaml': manifest(configMap('b')) }, { prune: false });
      await team.ready();
      const sha = await team.repository.commit({ parent: null, files: { 'c.yaml': manifest(configMap('c')) } });
      await team.fetch();
      assert.deepEqual(inventoryOf(await team.applied(sha)), ['ConfigMap/c']);
      assert.deepEqual(await team.configMaps(), ['a', 'b', 'c']);
    });

    it('brings namespaces and definitions before what needs them, in one commit', async () => {
      const team = await tenant();
      const namespace = `${team.namespace}-more`;
      const crd = definition(`${team.namespace}.example.com`, 'Widget');
      const widget = {
        apiVersion: `${crd.spec.group}/v1`,
        kind: 'Widget',
        metadata: { name: 'w', namespace },
        spec: { a: 1 },
      };
      const files = {
        // in the order that cannot work
        'a.yaml': manifest(widget, configMap('inside', {}, { namespace })),
        'z.yaml': manifest(crd, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
      };
      await team.install(files, { targetNamespace: undefined });
      assert.deepEqual(inventoryOf(await team.ready()).toSorted(), [
        'ConfigMap/inside',
        `CustomResourceDefinition/${crd.metadata.name}`,
        `Namespace/${namespace}`,
        'Widget/w',
      ]);
      assert.deepEqual((await team.kubectl.get(widget))['spec'], { a: 1 });
      await team.upgrade({ 'a.yaml': null, 'z.yaml': null });
      await team.kubectl.waitGone(ref('v1', 'Namespace', namespace));
      await team.kubectl.waitGone(ref('apiextensions.k8s.io/v1', 'CustomResourceDefinition', crd.metadata.name));
    });

    it('asks nothing about its objects when nothing is to be done, and writes one status patch', async () => {
      const team = await tenant();
      const names = Array.from({ length: 10 }, (_, index) => `cm-${index}`);
      await team.install({ 'all.yaml': manifest(...names.map((name) => configMap(name))) });
      await team.ready();
      // Events of the installation may come after the status.
      await team.eventSaying('created');
      await team.eventSaying('Reconciliation finished');
      const before = await versions(team.kubectl, names);
      const mark = await environment.auditMark();
      await team.request();
      const requests = await requestsOf(team, mark);
      assert.deepEqual(
        requests.map(({ verb, resource, subresource }) => `${verb} ${resource} ${subresource}`),
        ['patch kustomizations status'],
      );
      assert.deepEqual(await versions(team.kubectl, names), before);
    });

    it('tells nobody of an interval that finds nothing, and asks for nothing', async () => {
      const team = await tenant();
      await team.install({ 'a.yaml': manifest(configMap('a')) }, { interval: '1s' });
      const finished = (): number =>
        team.logs().filter(({ msg }) => msg?.startsWith('Reconciliation finished') === true).length;
      const before = await team.ready();
      const first = await versions(team.kubectl, ['a']);
      await team.eventSaying('Reconciliation finished');
      const events = await team.events();
      await waitFor(() => finished() >= 2, 'the first interval');
      const mark = await environment.auditMark();
      const runs = finished();
      await waitFor(() => finished() >= runs + 3, 'three more reconciles');
      assert.deepEqual(await requestsOf(team, mark), []);
      assert.deepEqual(await team.events(), events);
      assert.deepEqual(await versions(team.kubectl, ['a']), first);
      const after = await team.kubectl.get(team.app());
      assert.equal(after.metadata.resourceVersion, before.metadata.resourceVersion);
    });
  });

  describe('what others do to its objects', { concurrency: 4 }, () => {
    it('re-creates what was deleted', async () => {
      const team = await tenant();
      await team.install({ 'a.yaml': manifest(configMap('a'), configMap('b')) });
      await team.ready();
      await team.kubectl.delete(ref('v1', 'ConfigMap', 'a'));
      await team.request();
      assert.deepEqual(await team.data('a'), { key: '1' });
      await team.kubectl.delete(ref('v1', 'ConfigMap', 'a'));
      await team.kustomization({ interval: '1s' });
      await waitFor(() => team.data('a'), 'the next interval');
    });

    const manager = 'someone';
    const edits: readonly {
      readonly name: string;
      readonly edit: (kubectl: Kubectl) => Promise<unknown>;
      readonly want: Readonly<Record<string, string>>;
      readonly left: readonly string[];
    }[] = [
      {
        name: 'kubectl edit: undone, with what it added',
        edit: (kubectl) => kubectl.patch(ref('v1', 'ConfigMap', 'a'), { data: { key: 'edited', more: 'x' } }),
        want: { key: '1' },
        left: [],
      },
      {
        name: 'kubectl apply on the server: undone, with what it added',
        edit: (kubectl) => kubectl.apply([configMap('a', { key: 'edited', more: 'x' })]),
        want: { key: '1' },
        left: [],
      },
      {
        name: 'kubectl apply in the client: undone, with its annotation',
        edit: (kubectl) =>
          kubectl.patch(
            ref('v1', 'ConfigMap', 'a'),
            {
              metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } },
              data: { key: 'edited', more: 'x' },
            },
            { fieldManager: 'kubectl-client-side-apply' },
          ),
        want: { key: '1' },
        left: [],
      },
      {
        name: 'an update by another manager: our fields are taken back, its own stay',
        edit: (kubectl) =>
          kubectl.patch(ref('v1', 'ConfigMap', 'a'), { data: { key: 'edited', more: 'x' } }, { fieldManager: manager }),
        want: { key: '1', more: 'x' },
        left: [`${manager} Update`],
      },
      {
        name: 'a forced apply by another manager: our fields are taken back, its own stay',
        edit: (kubectl) => kubectl.apply([configMap('a', { key: 'edited', more: 'x' })], { fieldManager: manager }),
        want: { key: '1', more: 'x' },
        left: [`${manager} Apply`],
      },
      {
        name: 'a field that was removed comes back',
        edit: (kubectl) =>
          kubectl.patch(ref('v1', 'ConfigMap', 'a'), { data: { key: null } }, { fieldManager: manager }),
        want: { key: '1' },
        left: [],
      },
      {
        name: 'owner labels that were removed come back',
        edit: (kubectl) => {
          const labels = { 'kustomize.toolkit.fluxcd.io/name': null };
          return kubectl.patch(ref('v1', 'ConfigMap', 'a'), { metadata: { labels } }, { fieldManager: manager });
        },
        want: { key: '1' },
        left: [],
      },
    ];
    for (const { name, edit, want, left } of edits) {
      it(name, async () => {
        const team = await tenant();
        await team.install({ 'a.yaml': manifest(configMap('a')) });
        await team.ready();
        const created = await team.kubectl.get(ref('v1', 'ConfigMap', 'a'));
        await edit(team.kubectl);
        await team.request();
        const corrected = await team.kubectl.get(created);
        assert.deepEqual(corrected['data'], want);
        assert.deepEqual(corrected.metadata['labels'], created.metadata['labels']);
        assert.equal(corrected.metadata['annotations'], undefined);
        assert.equal(corrected.metadata.uid, created.metadata.uid);
        assert.deepEqual(managersOf(corrected).toSorted(), [`${ours} Apply`, ...left].toSorted());
        await team.eventSaying(`ConfigMap/${team.namespace}/a configured`);
      });
    }

    it('leaves a scaled field alone that Git does not have', async () => {
      const team = await tenant();
      const { replicas: _, ...spec } = deployment('web').spec;
      await team.install({ 'web.yaml': manifest({ ...deployment('web'), spec }) });
      await team.ready();
      const web = ref('apps/v1', 'Deployment', 'web');
      await team.kubectl.patch(web, { spec: { replicas: 3 } }, { fieldManager: 'autoscaler' });
      await team.request();
      assert.equal(((await team.kubectl.get(web))['spec'] as { replicas: number }).replicas, 3);
    });

    it('does not correct what spec.ignore names', async () => {
      const team = await tenant();
      const ignore = [{ paths: ['/data/theirs'], target: { kind: 'ConfigMap', name: 'a' } }];
      const both = { ours: '1', theirs: '1' };
      await team.install({ 'a.yaml': manifest(configMap('a', both), configMap('b', both)) }, { ignore });
      await team.ready();
      for (const name of ['a', 'b']) {
        const edited = { data: { ours: 'edited', theirs: 'edited' } };
        await team.kubectl.patch(ref('v1', 'ConfigMap', name), edited, { fieldManager: 'someone' });
      }
      await team.request();
      assert.deepEqual(await team.data('a'), { ours: '1', theirs: 'edited' });
      assert.deepEqual(await team.data('b'), both);
    });

    it('lets two Kustomizations take an object from each other, and prune only what is their own', async () => {
      const team = await tenant();
      const files = {
        'a/cm.yaml': manifest(configMap('shared', { by: 'a' })),
        'b/cm.yaml': manifest(configMap('shared', { by: 'b' })),
      };
      await team.install(files, { path: './a' }, 'a');
      await team.ready('a');
      await team.kustomization({ path: './b' }, 'b');
      await team.ready('b');
      assert.deepEqual(await team.data('shared'), { by: 'b' });
      await team.request('a');
      assert.deepEqual(await team.data('shared'), { by: 'a' });
      await team.uninstall('b');
      assert.deepEqual(await team.data('shared'), { by: 'a' });
      const skipped = await team.eventSaying(`ConfigMap/${team.namespace}/shared skipped`, 'b');
      assert.equal(skipped.length, 1);
      await team.uninstall('a');
      assert.equal(await team.data('shared'), undefined);
    });
  });

  describe('fields that cannot change', { concurrency: 4 }, () => {
    const immutable = (value: string, annotations = {}) => ({
      ...configMap('fixed', { value }, { annotations }),
      immutable: true,
    });
    const forced = { 'kustomize.toolkit.fluxcd.io/force': 'enabled' };
    const task = ref('batch/v1', 'Job', 'task');

    it('are an error that names object and field, and nothing else of the stage is applied or pruned', async () => {
      const team = await tenant();
      await team.install({ 'a.yaml': manifest(job('task'), configMap('old')) });
      await team.ready();
      const before = await team.kubectl.get(task);
      await team.push({ 'a.yaml': manifest(job('task', { image: 'example.com/task:2' }), configMap('new')) });
      const failed = await team.failed('ReconciliationFailed', {
        says: `Job/${team.namespace}/task dry-run failed (Invalid)`,
      });
      assert.match(messageOf(failed), /spec\.template.*field is immutable/);
      assert.deepEqual(await team.configMaps(), ['old']);
      assert.equal((await team.kubectl.get(task)).metadata.uid, before.metadata.uid);
      await team.kustomization({ force: true });
      await team.ready();
      const after = await team.kubectl.get(task);
      assert.notEqual(after.metadata.uid, before.metadata.uid);
      assert.match(JSON.stringify(after['spec']), /task:2/);
      assert.deepEqual(await team.configMaps(), ['new']);
    });

    it('are overcome by an annotation on the object, which concerns that alone', async () => {
      const team = await tenant();
      await team.install({ 'a.yaml': manifest(job('task', { meta: { annotations: forced } }), immutable('1')) });
      await team.ready();
      const before = await team.kubectl.get(task);
      await team.upgrade({
        'a.yaml': manifest(job('task', { image: 'example.com/task:2', meta: { annotations: forced } }), immutable('1')),
      });
      assert.notEqual((await team.kubectl.get(task)).metadata.uid, before.metadata.uid);
      await team.push({
        'a.yaml': manifest(job('task', { image: 'example.com/task:2', meta: { annotations: forced } }), immutable('2')),
      });
      await team.failed('ReconciliationFailed', { says: `ConfigMap/${team.namespace}/fixed dry-run failed` });
      assert.deepEqual(await team.data('fixed'), { value: '1' });
    });

    it('are not a reason to delete what could not be made again', async () => {
      const team = await tenant();
      await team.install({ 'a.yaml': manifest(job('task')) }, { force: true });
      await team.ready();
      const before = await team.kubectl.get(task);
      const broken = job('task', { image: 'example.com/task:2' });
      Object.assign(broken.spec.template.spec, { restartPolicy: 'Sometimes' });
      await team.push({ 'a.yaml': manifest(broken) });
      await team.failed('ReconciliationFailed', { says: 'restartPolicy' });
      assert.equal((await team.kubectl.get(task)).metadata.uid, before.metadata.uid);
    });
  });

  describe('annotations of objects', { concurrency: 4 }, () => {
    const flag = (name: string, value: string) => ({ annotations: { [`kustomize.toolkit.fluxcd.io/${name}`]: value } });

    it('ssa: Merge, IfNotPresent and Ignore, reconcile and prune: disabled', async () => {
      const team = await tenant();
      const files = (value: string) => ({
        'a.yaml': manifest(
          configMap('once', { value }, flag('ssa', 'IfNotPresent')),
          configMap('merged', { value }, flag('ssa', 'Merge')),
          configMap('ignored', { value }, flag('ssa', 'Ignore')),
          configMap('kept', { value }, flag('prune', 'disabled')),
          configMap('plain', { value }),
        ),
      });
      await team.install(files('1'));
      await team.ready();
      assert.deepEqual(await team.configMaps(), ['kept', 'merged', 'once', 'plain']);
      await team.kubectl.patch(ref('v1', 'ConfigMap', 'merged'), { data: { extra: 'kubectl' } });
      await team.kubectl.annotate(ref('v1', 'ConfigMap', 'plain'), {
        'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
      });
      await team.upgrade(files('2'));
      assert.deepEqual(await team.data('once'), { value: '1' });
      assert.deepEqual(await team.data('merged'), { value: '2', extra: 'kubectl' });
      assert.deepEqual(await team.data('plain'), { value: '1' });
      await team.upgrade({ 'a.yaml': null });
      assert.deepEqual(await team.configMaps(), ['kept', 'plain']);
    });
  });

  describe('when it is suspended or deleted', { concurrency: 4 }, () => {
    it('does nothing while suspended but echo a request, and goes on when resumed', async () => {
      const team = await tenant();
      const first = await team.install({ 'a.yaml': manifest(configMap('a')) });
      await team.applied(first);
      await team.kustomization({ suspend: true });
      const second = await team.push({ 'a.yaml': manifest(configMap('a', { key: '2' })) });
      await team.kubectl.waitFor(ref('source.toolkit.fluxcd.io/v1', 'GitRepository', 'repo'), 'fetched', (object) =>
        JSON.stringify(object['status']).includes(second),
      );
      const asked = await team.request();
      assert.equal(statusOf(asked).lastAppliedRevision, `main@sha1:${first}`);
      assert.deepEqual(await team.data('a'), { key: '1' });
      await team.kustomization({ suspend: false });
      await team.applied(second);
      assert.deepEqual(await team.data('a'), { key: '2' });
    });

    const policies: readonly (readonly [spec: object, leaves: readonly string[]])[] = [
      [{ prune: true }, []],
      [{ prune: true, deletionPolicy: 'MirrorPrune' }, []],
      [{ prune: false, deletionPolicy: 'MirrorPrune' }, ['a', 'b']],
      [{ prune: false, deletionPolicy: 'Delete' }, []],
      [{ prune: true, deletionPolicy: 'Orphan' }, ['a', 'b']],
      [{ prune: true, suspend: true }, ['a', 'b']],
    ];
    for (const [spec, leaves] of policies) {
      it(`leaves ${leaves.length === 0 ? 'nothing' : 'its objects'} behind with ${JSON.stringify(spec)}`, async () => {
        const team = await tenant();
        await team.install({ 'a.yaml': manifest(configMap('a'), configMap('b')) });
        await team.ready();
        await team.kustomization(spec);
        await team.uninstall();
        assert.deepEqual(await team.configMaps(), leaves);
      });
    }

    it('waits for an object that a finalizer holds with WaitForTermination, and only then is gone', async () => {
      const team = await tenant();
      const held = configMap('held', {}, { finalizers: ['example.com/hold'] });
      await team.install({ 'a.yaml': manifest(held, configMap('free')) }, { deletionPolicy: 'WaitForTermination' });
      await team.ready();
      await team.kubectl.delete(team.app());
      const cm = ref('v1', 'ConfigMap', 'held');
      await team.kubectl.waitFor(cm, 'being deleted', ({ metadata }) => metadata['deletionTimestamp'] !== undefined);
      await team.kubectl.waitGone(ref('v1', 'ConfigMap', 'free'));
      await team.eventSaying(`ConfigMap/${team.namespace}/held deleted`);
      assert.ok(await team.kubectl.find(team.app()), 'gone before its objects');
      await team.kubectl.patch(cm, { metadata: { finalizers: null } });
      await team.kubectl.waitGone(team.app());
      assert.equal(await team.kubectl.find(cm), undefined);
    });

    it('does not wait with Delete', async () => {
      const team = await tenant();
      const held = configMap('held', {}, { finalizers: ['example.com/hold'] });
      await team.install({ 'a.yaml': manifest(held) }, { deletionPolicy: 'Delete' });
      await team.ready();
      await team.uninstall();
      const left = await team.kubectl.get(ref('v1', 'ConfigMap', 'held'));
      assert.ok(left.metadata['deletionTimestamp'] !== undefined);
      await team.kubectl.patch(left, { metadata: { finalizers: null } });
    });

    it('leaves its objects, and says so, when the account that made them is gone', async () => {
      const team = await tenant();
      await team.kubectl.apply(account(team.namespace, 'weak'));
      await team.install({ 'a.yaml': manifest(configMap('a')) }, { serviceAccountName: 'weak' });
      await team.ready();
      await team.kubectl.delete(ref('v1', 'ServiceAccount', 'weak'));
      await team.uninstall();
      assert.deepEqual(await team.configMaps(), ['a']);
      const [event] = await team.eventSaying('unable to prune objects');
      assert.equal(event?.type, 'Warning');
      assert.match(event?.message ?? '', new RegExp(`ConfigMap/${team.namespace}/a`));
    });
  });

  it('tells Prometheus what the published dashboards ask for', async () => {
    const team = await tenant();
    const sha = await team.install({ 'a.yaml': manifest(configMap('a')) });
    await team.ready();
    const labels = { exported_namespace: team.namespace, customresource_kind: 'Kustomization', name: 'app' };
    const info = { ...labels, ready: 'True', revision: `main@sha1:${sha}`, source_name: 'repo' };
    await waitFor(
      async () => sample(await environment.kustomize.metrics(), 'gotk_resource_info', info) === 1,
      'the cache',
    );
    const metrics = await environment.kustomize.metrics();
    const count = { kind: 'Kustomization', name: 'app', namespace: team.namespace };
    const present: readonly (readonly [name: string, labels: Readonly<Record<string, string>>, least: number])[] = [
      ['gotk_reconcile_duration_seconds_count', count, 1],
      ['gotk_reconcile_duration_seconds_sum', count, 0],
      ['gotk_reconcile_duration_seconds_bucket', { ...count, le: '+Inf' }, 1],
      ['controller_runtime_reconcile_total', { controller: 'kustomization', result: 'requeue_after' }, 1],
      ['controller_runtime_reconcile_total', { controller: 'kustomization', result: 'success' }, 0],
      ['controller_runtime_reconcile_total', { controller: 'kustomization', result: 'error' }, 0],
      ['controller_runtime_reconcile_time_seconds_bucket', { controller: 'kustomization', le: '+Inf' }, 1],
      ['workqueue_longest_running_processor_seconds', { name: 'kustomization' }, 0],
      ['workqueue_depth', { name: 'kustomization' }, 0],
      ['rest_client_requests_total', { code: '200', method: 'PATCH' }, 1],
      ['process_cpu_seconds_total', {}, 0],
      ['process_resident_memory_bytes', {}, 1],
    ];
    for (const [name, wanted, least] of present) {
      const value = sample(metrics, name, wanted);
      assert.ok(value !== undefined && value >= least, `${name} ${JSON.stringify(wanted)}: ${value}`);
    }
    const source = await environment.source.metrics();
    const repo = { exported_namespace: team.namespace, customresource_kind: 'GitRepository', name: 'repo' };
    const url = { ...repo, ready: 'True', url: team.repository.url, revision: `main@sha1:${sha}` };
    assert.equal(sample(source, 'gotk_resource_info', url), 1);
    await team.kustomization({ suspend: true });
    await waitFor(
      async () =>
        sample(await environment.kustomize.metrics(), 'gotk_resource_info', { ...labels, suspended: 'true' }) === 1,
      'the suspension',
    );
    await team.uninstall();
    await waitFor(
      async () => sample(await environment.kustomize.metrics(), 'gotk_resource_info', labels) === undefined,
      'the object to be forgotten',
    );
    assert.equal(
      sample(await environment.kustomize.metrics(), 'gotk_reconcile_duration_seconds_count', count),
      undefined,
    );
  });

  async function requestsOf(team: Tenant, mark: AuditMark): Promise<readonly SeenRequest[]> {
    const requests = await environment.requestsSince(mark, 'kustomize-controller');
    return requests.filter(({ namespace, verb }) => namespace === team.namespace && verb !== 'watch');
  }
});

/** `manager operation` of each managedFields entry, in order. */
function managersOf({ metadata }: ApiObject): readonly string[] {
  const entries = metadata['managedFields'] as readonly { readonly manager: string; readonly operation: string }[];
  return entries.map(({ manager, operation }) => `${manager} ${operation}`);
}

async function versions(kubectl: Kubectl, names: readonly string[]): Promise<readonly (string | undefined)[]> {
  const found = await Promise.all(names.map((name) => kubectl.find(ref('v1', 'ConfigMap', name))));
  return found.map((object) => object?.metadata.resourceVersion);
}

/** A ServiceAccount that may do everything with ConfigMaps in its namespace, and nothing else. */
function account(namespace: string, name: string): readonly object[] {
  const api = 'rbac.authorization.k8s.io/v1';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
    {
      apiVersion: api,
      kind: 'Role',
      metadata: { name },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['*'] }],
    },
    {
      apiVersion: api,
      kind: 'RoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ];
}

/** The value of the series with (at least) these labels, or undefined. */
function sample(text: string, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) continue;
    const has = Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`));
    if (has) return Number(line.slice(line.lastIndexOf(' ')));
  }
  return undefined;
}

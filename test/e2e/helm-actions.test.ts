import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { ActionError } from '../../src/controllers/helm/actions/action-error.ts';
import type { ActionContext } from '../../src/controllers/helm/actions/context.ts';
import { correctDrift } from '../../src/controllers/helm/actions/correct-drift.ts';
import { detectDrift, hasDrift } from '../../src/controllers/helm/actions/detect-drift.ts';
import { summarizeDrift } from '../../src/controllers/helm/actions/drift-summary.ts';
import { helmLedger } from '../../src/controllers/helm/actions/helm-ledger.ts';
import { install } from '../../src/controllers/helm/actions/install.ts';
import { rollback } from '../../src/controllers/helm/actions/rollback.ts';
import { test as testRelease } from '../../src/controllers/helm/actions/test.ts';
import { uninstall } from '../../src/controllers/helm/actions/uninstall.ts';
import { unlock } from '../../src/controllers/helm/actions/unlock.ts';
import { upgrade } from '../../src/controllers/helm/actions/upgrade.ts';
import { isNotFound } from '../../src/kube/errors.ts';
import { type ClosableClient, createClient } from '../../src/kube/http-client.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import type { KubeObject, ResourceType } from '../../src/kube/object.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import {
  type ActionBench,
  actionBench,
  chartOf,
  installing,
  rollingBack,
  uninstalling,
  upgrading,
} from '../support/helm-actions.ts';
import { waitFor } from '../support/wait-for.ts';

const configMap = (name: string, more = ''): string => `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
${more}data:
  color: {{ .Values.color | default "red" | quote }}
`;

const job = (name: string, event: string, more = ''): string => `apiVersion: batch/v1
kind: Job
metadata:
  name: ${name}
  annotations:
    helm.sh/hook: ${event}
${more}spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: "example.com/job:1"}]
`;

/** A Pod that nobody runs: no scheduler takes it. */
const pod = (name: string, event: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  annotations:
    helm.sh/hook: ${event}
spec:
  schedulerName: nobody
  containers: [{name: c, image: "example.com/pod:1"}]
`;

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.replicas | default 1 }}
  selector: {matchLabels: {app: {{ .Values.app | default "web" }}}}
  template:
    metadata: {labels: {app: {{ .Values.app | default "web" }}}}
    spec:
      containers:
      - name: web
        image: example.com/web:{{ .Values.version | default "1" }}
        ports: [{containerPort: 80}]
`;

const service = `apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{name: http, port: {{ .Values.port | default 80 }}}]
`;

const app = { 'templates/cm.yaml': configMap('settings'), 'templates/d.yaml': deployment, 'templates/s.yaml': service };

describe('actions of releases', () => {
  let plane: ControlPlane;
  let client: ClosableClient;
  const requests: string[] = [];
  const caches: ActionBench['cache'][] = [];
  let namespaces = 0;

  before(async () => {
    plane = await startControlPlane({ kwok: true });
    const connection = await loadConnection({ kubeconfig: plane.kubeconfig, inCluster: false });
    client = createClient(connection, {
      qps: 0,
      onRequest: (...told) => {
        requests.push(told.join(' '));
      },
    });
  });
  after(async () => {
    for (const cache of caches) cache.close();
    await client?.close();
    await plane?.stop();
  });

  const types: Readonly<Record<string, ResourceType>> = {
    ConfigMap: { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true },
    Secret: { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
    Service: { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true },
    Pod: { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true },
    Job: { group: 'batch', version: 'v1', kind: 'Job', plural: 'jobs', namespaced: true },
    Deployment: { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true },
  };
  const typeOf = (kind: string): ResourceType => {
    const type = types[kind];
    if (type === undefined) throw new Error(kind);
    return type;
  };
  const bench = async (more: Parameters<typeof actionBench>[2] = {}): Promise<ActionBench & { ns: string }> => {
    const ns = `helm-actions-${++namespaces}`;
    const type = await client.discovery.resourceFor({ group: '', version: 'v1', kind: 'Namespace' });
    await client.create(type, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns } });
    const made = actionBench(client, ns, more);
    caches.push(made.cache);
    return { ...made, ns };
  };
  const find = (kind: string, namespace: string, name: string): Promise<KubeObject | undefined> =>
    client.get(typeOf(kind), { namespace, name }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  const managers = (object: KubeObject | undefined): string[] =>
    (object?.metadata.managedFields ?? [])
      .filter(({ subresource }) => subresource === undefined)
      .map(({ manager, operation }) => `${manager} ${operation}`)
      .sort();
  const statuses = async ({ storage, release, signal }: ActionContext): Promise<string[]> =>
    (await storage.entries(release.name, signal)).map(({ version, status }) => `${version} ${status}`);
  const failing = (message: RegExp | string) => (error: unknown) => {
    assert.ok(error instanceof ActionError, String(error));
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  };

  /** Has the API server refuse ConfigMaps of a color in a namespace, from now on and until the result is called. */
  const refuseColor = async (ns: string, color: string): Promise<() => Promise<void>> => {
    const group = 'admissionregistration.k8s.io';
    const metadata = { name: `refuse-${ns}` };
    const matchResources = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': ns } },
      resourceRules: [
        { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] },
      ],
    };
    const expression = `!has(object.data) || !('color' in object.data) || object.data.color != '${color}'`;
    const objects: KubeObject[] = [
      {
        apiVersion: `${group}/v1`,
        kind: 'ValidatingAdmissionPolicy',
        metadata,
        spec: { matchConstraints: matchResources, validations: [{ expression, message: 'not this color' }] },
      },
      {
        apiVersion: `${group}/v1`,
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata,
        spec: { policyName: metadata.name, validationActions: ['Deny'] },
      },
    ];
    const created: (() => Promise<unknown>)[] = [];
    for (const object of objects) {
      const type = await client.discovery.resourceFor({ group, version: 'v1', kind: object.kind });
      await client.create(type, object);
      created.push(() => client.delete(type, metadata));
    }
    const isRefused = (): Promise<boolean> =>
      client
        .create(
          typeOf('ConfigMap'),
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'probe', namespace: ns }, data: { color } },
          { dryRun: true },
        )
        .then(
          () => false,
          () => true,
        );
    await waitFor(isRefused, 'the policy to be in force');
    return async () => {
      for (const remove of created) await remove();
      await waitFor(async () => !(await isRefused()), 'the policy to be gone');
    };
  };

  it('install, upgrade, roll back and uninstall with few requests', async () => {
    const { context, ns } = await bench();
    await context.storage.entries('demo', context.signal);
    await waitFor(() => requests.length > 0, 'the watch');
    const counted = async (fn: () => Promise<unknown>): Promise<number> => {
      const start = requests.length;
      await fn();
      return requests.length - start;
    };
    const installed = await counted(() => install(context, installing(chartOf(app))));
    const web = await find('Deployment', ns, 'web');
    assert.deepEqual(managers(web), ['helm-controller Apply']);
    const secret = await find('Secret', ns, 'sh.helm.release.v1.demo.v1');
    assert.deepEqual(managers(secret), ['helm-controller Update']);
    assert.deepEqual(Object.keys(secret?.metadata.labels ?? {}).sort(), [
      'modifiedAt',
      'name',
      'owner',
      'status',
      'version',
    ]);
    const upgraded = await counted(() => upgrade(context, upgrading(chartOf(app, { color: 'blue', version: '2' }))));
    assert.equal((await find('ConfigMap', ns, 'settings'))?.['data']?.['color' as never], 'blue');
    const again = await find('Deployment', ns, 'web');
    assert.equal(again?.metadata.uid, web?.metadata.uid);
    await rollback(context, rollingBack(1));
    assert.deepEqual(await statuses(context), ['3 deployed', '2 superseded', '1 superseded']);
    const uninstalled = await counted(() => uninstall(context, uninstalling()));
    assert.equal(await find('Deployment', ns, 'web'), undefined);
    assert.deepEqual(await statuses(context), []);
    // Two writes of the storage, three objects, and the list and watch of the one that is waited for; discovery once.
    assert.ok(installed <= 12, `install: ${installed}`);
    assert.ok(upgraded <= 9, `upgrade: ${upgraded}`);
    assert.ok(uninstalled <= 11, `uninstall: ${uninstalled}`);
  });

  it('wait for hooks, and for what they wait for', async () => {
    const { context, ns } = await bench();
    const files = {
      ...app,
      'templates/pre.yaml': job(
        'pre',
        'pre-install,pre-upgrade',
        '    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded\n',
      ),
      'templates/post.yaml': job('post', 'post-install'),
      'templates/test.yaml': job('check', 'test'),
    };
    const { hooks } = await install(context, installing(chartOf(files)));
    const phases = (all: typeof hooks): string[] => all.map(({ name, lastRun }) => `${name} ${lastRun.phase}`).sort();
    assert.deepEqual(phases(hooks), ['check ', 'post Succeeded', 'pre Succeeded']);
    assert.equal(await find('Job', ns, 'pre'), undefined);
    assert.notEqual(await find('Job', ns, 'post'), undefined);
    await upgrade(context, upgrading(chartOf(files)));
    const tested = await testRelease(context, { wait: { timeoutMs: 30_000 }, filters: [] });
    assert.deepEqual(phases(tested.hooks), ['check Succeeded', 'post ', 'pre Succeeded']);
    // Once more: the Job of the last run has to go first.
    await testRelease(context, { wait: { timeoutMs: 30_000 }, filters: [] });
    await uninstall(context, uninstalling());
  });

  it('fail with a hook that hangs, and go on when it does not', async () => {
    const { context, stored, ns } = await bench();
    const files = { ...app, 'templates/h.yaml': pod('stuck', 'pre-install,pre-upgrade') };
    const wait = { timeoutMs: 1_500, strategy: 'watcher', forJobs: true } as const;
    await assert.rejects(
      install(context, installing(chartOf(files), { wait })),
      failing(`failed pre-install: timeout waiting for: [Pod/${ns}/stuck status: 'InProgress']`),
    );
    assert.deepEqual(stored, ['v1 pending-install', 'v1 pending-install', 'v1 failed']);
    assert.equal(await find('ConfigMap', ns, 'settings'), undefined);
    await upgrade(context, upgrading(chartOf(app)));
    assert.deepEqual(await statuses(context), ['2 deployed', '1 superseded']);
  });

  it('fail with a hook and a test that fail', async () => {
    const { context, ns } = await bench();
    const files = { ...app, 'templates/t.yaml': pod('check', 'test') };
    await install(context, installing(chartOf(files)));
    const fails = waitFor(async () => {
      const found = await find('Pod', ns, 'check');
      if (found === undefined) return false;
      const path = `/api/v1/namespaces/${ns}/pods/check/status`;
      const body = JSON.stringify({ status: { phase: 'Failed' } });
      await client.raw('PATCH', path, { body, contentType: 'application/merge-patch+json' });
      return true;
    }, 'the Pod of the test');
    await assert.rejects(
      testRelease(context, { wait: { timeoutMs: 30_000 }, filters: [] }),
      failing(`failed early due to stalled resources: [Pod/${ns}/check status: 'Failed']`),
    );
    await fails;
    const record = await context.storage.last('demo', context.signal);
    assert.deepEqual(
      record?.hooks.map(({ lastRun }) => lastRun.phase),
      ['Failed'],
    );
    assert.equal(record?.info.status, 'deployed');
  });

  it('fail with an immutable field, a wrong object and a policy that refuses, and resume', async () => {
    const { context, ns } = await bench();
    await install(context, installing(chartOf(app)));
    await assert.rejects(
      upgrade(context, upgrading(chartOf(app, { app: 'other' }))),
      failing(
        /^server-side apply failed for object helm-actions-\d+\/web apps\/v1, Kind=Deployment: Deployment\.apps "web" is invalid: spec\.selector: Invalid value: .*: field is immutable$/,
      ),
    );
    const wrong = {
      ...app,
      'templates/bad.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {ports: [{port: 99999}]}\n',
    };
    await assert.rejects(
      upgrade(context, upgrading(chartOf(wrong))),
      failing(
        /^failed to create resource: server-side apply failed for object helm-actions-\d+\/bad \/v1, Kind=Service: Service "bad" is invalid: \[spec\.ports\[0\]\.port: Invalid value: 99999/,
      ),
    );
    const undo = await refuseColor(ns, 'forbidden');
    await assert.rejects(
      upgrade(context, upgrading(chartOf(app, { color: 'forbidden' }))),
      failing(
        /^server-side apply failed for object helm-actions-\d+\/settings \/v1, Kind=ConfigMap: configmaps "settings" is forbidden: ValidatingAdmissionPolicy '.*' with binding '.*' denied request: not this color$/,
      ),
    );
    assert.deepEqual(await statuses(context), ['4 failed', '3 failed', '2 failed', '1 deployed']);
    await undo();
    await upgrade(context, upgrading(chartOf(app, { color: 'green' })));
    assert.deepEqual(await statuses(context), ['5 deployed', '4 failed', '3 failed', '2 failed', '1 superseded']);
    assert.equal((await find('ConfigMap', ns, 'settings'))?.['data']?.['color' as never], 'green');
  });

  it('clean up after an upgrade that fails, where that is asked for', async () => {
    const { context, ns } = await bench();
    await install(context, installing(chartOf(app)));
    const more = {
      ...app,
      'templates/more.yaml': configMap('more'),
      'templates/bad.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {ports: [{port: 99999}]}\n',
    };
    await assert.rejects(upgrade(context, upgrading(chartOf(more), { cleanupOnFail: true })));
    assert.equal(await find('ConfigMap', ns, 'more'), undefined);
    assert.notEqual(await find('ConfigMap', ns, 'settings'), undefined);
  });

  it('fail of time, and name what is not ready', async () => {
    const { context, ns } = await bench();
    const never = { 'templates/d.yaml': deployment.replace('    spec:\n', '    spec:\n      schedulerName: nobody\n') };
    await assert.rejects(
      install(context, installing(chartOf(never), { wait: { timeoutMs: 1_500, strategy: 'watcher', forJobs: true } })),
      failing(`timeout waiting for: [Deployment/${ns}/web status: 'InProgress']`),
    );
    await upgrade(context, upgrading(chartOf(never), { wait: { timeoutMs: 1, strategy: 'hookOnly', forJobs: true } }));
    assert.deepEqual(await statuses(context), ['2 deployed', '1 superseded']);
  });

  it('refuse what storage cannot hold before anything is written', async () => {
    const { context, ns, stored } = await bench();
    const noise = randomBytes(1_600_000).toString('base64');
    await assert.rejects(
      install(context, installing(chartOf(app, { noise }))),
      failing(
        /^create: failed to create: (Secret "sh\.helm\.release\.v1\.demo\.v1" is invalid: data: Too long|Request entity too large)/,
      ),
    );
    assert.deepEqual(stored, []);
    assert.equal(await find('ConfigMap', ns, 'settings'), undefined);
    await install(context, installing(chartOf(app)));
  });

  it('tell a broken record, and go on without it when it is gone', async () => {
    const { context, ns } = await bench();
    await install(context, installing(chartOf(app)));
    const key = { namespace: ns, name: 'sh.helm.release.v1.demo.v1' };
    await client.patch(typeOf('Secret'), key, { type: 'merge', body: { data: { release: 'bm90aGluZw==' } } });
    const { context: other, cache } = actionBench(client, ns);
    caches.push(cache);
    await assert.rejects(upgrade(other, upgrading(chartOf(app))), failing('"demo" has no deployed releases'));
    await assert.rejects(install(other, installing(chartOf(app))), failing('release: already exists'));
    await client.delete(typeOf('Secret'), key);
    await waitFor(async () => (await statuses(other)).length === 0, 'the watch to tell');
    const { version } = await install(other, installing(chartOf(app)));
    assert.equal(version, 1);
  });

  it('create definitions once, replace them when asked, and use them', async () => {
    const { context } = await bench();
    const crd = (columns: string): string => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.helm.example.com}
spec:
  group: helm.example.com
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets, singular: gadget, shortNames: [${columns}]}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;
    const gadget = 'apiVersion: helm.example.com/v1\nkind: Gadget\nmetadata: {name: g}\nspec: {a: 1}\n';
    const files = (short: string): Record<string, string> => ({
      'crds/g.yaml': crd(short),
      'templates/g.yaml': gadget,
    });
    await assert.rejects(
      install(context, installing(chartOf(files('gg')), { crds: 'Skip' })),
      failing(
        /^unable to build kubernetes objects from release manifest: resource mapping not found for name: "g" namespace: "" from "": no matches for kind "Gadget" in version "helm\.example\.com\/v1"\nensure CRDs are installed first$/,
      ),
    );
    await install(context, installing(chartOf(files('gg'))));
    const type = await client.discovery.resourceFor({
      group: 'apiextensions.k8s.io',
      version: 'v1',
      kind: 'CustomResourceDefinition',
    });
    const shortNames = async (): Promise<unknown> => {
      const { spec } = await client.get(type, { name: 'gadgets.helm.example.com' });
      return (spec as { names: { shortNames: unknown } }).names.shortNames;
    };
    await upgrade(context, upgrading(chartOf(files('gx')), { crds: 'Create' }));
    assert.deepEqual(await shortNames(), ['gg']);
    await upgrade(context, upgrading(chartOf(files('gx')), { crds: 'CreateReplace' }));
    assert.deepEqual(await shortNames(), ['gx']);
    await client.delete(type, { name: 'gadgets.helm.example.com' });
    await waitFor(
      () => client.get(type, { name: 'gadgets.helm.example.com' }).then(() => false, isNotFound),
      'the definition to be gone',
    );
    client.discovery.invalidate('helm.example.com');
    await waitFor(async () => {
      await uninstall(context, uninstalling());
      return true;
    }, 'the release to be uninstalled');
  });

  it('merge by ordinary writes, and change over to server-side apply', async () => {
    const { context, ns } = await bench();
    await install(context, installing(chartOf(app), { serverSideApply: false }));
    const web = await find('Deployment', ns, 'web');
    assert.deepEqual(managers(web), ['helm-controller Update']);
    const sidecar = { name: 'sidecar', image: 'example.com/s:1' };
    const patch = { spec: { template: { spec: { containers: [sidecar] } } } };
    const key = { namespace: ns, name: 'web' };
    await client.patch(typeOf('Deployment'), key, { type: 'strategic', body: patch }, { fieldManager: 'injector' });
    const second = await upgrade(context, upgrading(chartOf(app, { version: '2', color: 'blue' })));
    assert.equal(second.applyMethod, 'csa');
    const images = async (): Promise<string[]> => {
      const found = await find('Deployment', ns, 'web');
      const { spec } = (found?.['spec'] as { template: { spec: { containers: { image: string }[] } } })
        .template as never as {
        spec: { containers: { image: string }[] };
      };
      return spec.containers.map(({ image }) => image).sort();
    };
    assert.deepEqual(await images(), ['example.com/s:1', 'example.com/web:2']);
    const third = await upgrade(context, upgrading(chartOf(app, { version: '3' }), { serverSideApply: 'enabled' }));
    assert.equal(third.applyMethod, 'ssa');
    const after = await find('Deployment', ns, 'web');
    assert.deepEqual(managers(after), ['helm-controller Apply', 'injector Update']);
    assert.equal(after?.metadata.uid, web?.metadata.uid);
    assert.deepEqual(await images(), ['example.com/s:1', 'example.com/web:3']);
    const fourth = await upgrade(
      context,
      upgrading(chartOf(app, { version: '4' }), { serverSideApply: 'disabled', force: true }),
    );
    assert.equal(fourth.applyMethod, 'csa');
    assert.deepEqual(await images(), ['example.com/web:4']);
  });

  it('create the namespace, and are unlocked when they were killed', async () => {
    const { context, ns } = await bench();
    const elsewhere = { ...context, release: { name: 'demo', namespace: `${ns}-target` } };
    await install(elsewhere, installing(chartOf(app), { createNamespace: true }));
    assert.notEqual(await find('ConfigMap', `${ns}-target`, 'settings'), undefined);
    const record = await context.storage.last('demo', context.signal);
    assert.equal(record?.namespace, `${ns}-target`);
    if (record !== undefined) {
      await context.storage.update({ ...record, info: { ...record.info, status: 'pending-upgrade' } }, context.signal);
    }
    assert.equal((await unlock(elsewhere))?.info.description, "Release unlocked from stale 'pending-upgrade' state");
    await uninstall(elsewhere, uninstalling());
    assert.equal(await find('ConfigMap', `${ns}-target`, 'settings'), undefined);
  });

  it('find drift by watching, and correct it at once', async () => {
    const woken: (() => void)[] = [];
    const ledger = helmLedger({
      clock: systemClock,
      find: () => ({ suspended: false, maxPauseMs: 60_000 }),
      wake: () => {
        for (const resolve of woken.splice(0)) resolve();
      },
    });
    const target = { identity: { cluster: '' }, client, hold: () => ({ release: () => undefined }) };
    const session = ledger.open('team/demo', target);
    const { context, ns } = await bench({ session });
    const record = await install(context, installing(chartOf(app)));
    session[Symbol.dispose]();
    const quiet = async (): Promise<number> => {
      using next = ledger.open('team/demo', target);
      const start = requests.length;
      const { diffs } = await detectDrift({ ...context, session: next }, record, { ignore: [] });
      return hasDrift(diffs) ? -1 : requests.length - start;
    };
    await waitFor(async () => (await quiet()) === 0, 'a look that asks for nothing');
    const wake = new Promise<void>((resolve) => woken.push(resolve));
    const key = { namespace: ns, name: 'settings' };
    const edit = { data: { color: 'edited', extra: 'mine' } };
    await client.patch(typeOf('ConfigMap'), key, { type: 'merge', body: edit }, { fieldManager: 'kubectl-edit' });
    await wake;
    using next = ledger.open('team/demo', target);
    const { diffs } = await detectDrift({ ...context, session: next }, record, { ignore: [] });
    assert.equal(summarizeDrift(diffs), `ConfigMap/${ns}/settings changed (0 additions, 1 changes, 0 removals)`);
    await correctDrift({ ...context, session: next }, diffs);
    const corrected = await find('ConfigMap', ns, 'settings');
    assert.deepEqual(corrected?.['data'], { color: 'red', extra: 'mine' });
    assert.deepEqual(managers(corrected), ['helm-controller Apply', 'helm-controller Update', 'kubectl-edit Update']);
    ledger.close();
  });
});

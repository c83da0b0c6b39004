import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ChartRepository } from '../support/chart-repository.ts';
import { condition } from '../support/conditions.ts';
import { Environment } from '../support/environment.ts';
import { ref } from '../support/kubectl.ts';
import { definition } from '../support/manifests.ts';
import { messageOf, ReleaseWorld, statusOf } from '../support/release-world.ts';
import { shopChart } from '../support/shop-chart.ts';
import { waitFor } from '../support/wait-for.ts';

const shop = { name: 'shop', version: '1.0.0' };
const cm = (name: string) => ref('v1', 'ConfigMap', name);

describe('HelmReleases', () => {
  let environment: Environment;
  let charts: ChartRepository;
  before(async () => {
    [environment, charts] = await Promise.all([
      Environment.start({ kwok: true, audit: true, start: false }),
      ChartRepository.start(),
    ]);
    charts.add(
      shopChart('1.0.0'),
      shopChart('1.1.0'),
      {
        name: 'typo',
        version: '1.0.0',
        files: {
          'templates/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ncolour: red\n',
        },
      },
      {
        name: 'broken',
        version: '1.0.0',
        files: { 'templates/a.yaml': 'kind: {{ required "a kind is needed" .Values.kind }}\n' },
      },
    );
    // One worker: a release that waits must not keep the others from it.
    await Promise.all([environment.startSource(), environment.startHelm('--concurrent=1')]);
  });
  after(async () => {
    await environment?.stop();
    await charts?.stop();
  });
  const begin = (): Promise<ReleaseWorld> => ReleaseWorld.begin(environment, charts);
  const dataOf = async (world: ReleaseWorld, name: string): Promise<Readonly<Record<string, string>>> =>
    (await world.kubectl.get(cm(name)))['data'] as Readonly<Record<string, string>>;

  describe('on their way', { concurrency: 4 }, () => {
    it('installs, upgrades and uninstalls a chart with all that charts have', async () => {
      const world = await begin();
      await world.release(shop, { values: { migrate: true }, test: { enable: true } });
      const installed = await world.ready(1);
      assert.equal(installed.history?.[0]?.status, 'deployed');
      assert.deepEqual(Object.keys(installed.history?.[0]?.testHooks ?? {}), ['demo-check']);
      const ids = installed.inventory?.entries.map(({ id }) => id.replace(world.kubectl.namespace, 'NS')) ?? [];
      assert.deepEqual(
        ids.toSorted(),
        [
          'NS_demo-cache__ConfigMap',
          'NS_demo__ConfigMap',
          'NS_demo_apps_Deployment',
          'NS_demo_shop.example.com_Order',
          '_orders.shop.example.com_apiextensions.k8s.io_CustomResourceDefinition',
        ].toSorted(),
      );
      assert.deepEqual(await world.storage(), ['sh.helm.release.v1.demo.v1']);
      assert.deepEqual(await world.names('batch/v1', 'Job'), ['demo-check'], 'the hook has deleted its Job');

      await world.release({ name: 'shop', version: '1.1.0' }, { values: { color: 'blue', cache: { enabled: false } } });
      const upgraded = await world.ready(2);
      assert.equal(upgraded.history?.[0]?.chartVersion, '1.1.0');
      assert.deepEqual(await dataOf(world, 'demo'), { color: 'blue', version: '1.1.0', revision: '2' });
      assert.equal(await world.kubectl.find(cm('demo-cache')), undefined, 'what left the chart is gone');

      await world.kubectl.delete(world.ref());
      await world.kubectl.waitGone(world.ref());
      assert.deepEqual(await world.storage(), []);
      assert.equal(await world.kubectl.find(cm('demo')), undefined);
      assert.equal(await world.kubectl.find(ref('apps/v1', 'Deployment', 'demo')), undefined);
      await world.kubectl.waitGone(ref('source.toolkit.fluxcd.io/v1', 'HelmChart', `${world.kubectl.namespace}-demo`));
    });

    it('waits without a worker, and says what it waits for', async () => {
      const world = await begin();
      await world.release(shop, { values: { stuck: true }, timeout: '10m' });
      await world.kubectl.waitFor(ref('apps/v1', 'Deployment', 'demo'), 'to be there', () => true);
      const waiting = await world.waitFor('to say that it installs', (seen) =>
        /^Running 'install'/.test(messageOf(seen)),
      );
      assert.equal(condition(waiting, 'Ready')?.status, 'Unknown');
      await world.release(shop, { values: { replicas: 0 } }, 'other');
      await world.ready(1, 'other');
    });

    it('makes nothing anew, and asks for nothing, when nothing has changed', async () => {
      const world = await begin();
      await world.release(shop, { values: { replicas: 0 } });
      const { history } = await world.ready(1);
      const token = await world.request();
      await world.waitFor('to have handled the request', (seen) => statusOf(seen).lastHandledReconcileAt === token);
      assert.deepEqual((await world.ready(1)).history, history);
    });

    it('wakes for a labelled ConfigMap with values, and for a new chart', async () => {
      const world = await begin();
      const values = (color: string) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'values', labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } },
        data: { 'values.yaml': `color: ${color}\nreplicas: 0\n` },
      });
      await world.kubectl.apply([values('green')]);
      await world.release({ name: 'shop', version: '1.0.x' }, { valuesFrom: [{ kind: 'ConfigMap', name: 'values' }] });
      await world.ready(1);
      await world.kubectl.apply([values('black')]);
      await world.ready(2);
      assert.equal((await dataOf(world, 'demo'))['color'], 'black');
      charts.add(shopChart('1.0.7'));
      await world.refresh();
      const { history } = await world.ready(3);
      assert.equal(history?.[0]?.chartVersion, '1.0.7');
    });

    it('releases after what it depends on', async () => {
      const world = await begin();
      await world.release(shop, { values: { replicas: 0 }, dependsOn: [{ name: 'base' }] });
      await world.failed('DependencyNotReady', { says: /^unable to get '.*\/base' dependency: .*not found$/ });
      await world.release(
        shop,
        { values: { replicas: 0 }, targetNamespace: world.kubectl.namespace, releaseName: 'base' },
        'base',
      );
      await world.ready(1);
    });

    it('sets back what others change, within moments', async () => {
      const world = await begin();
      await world.release(shop, { values: { replicas: 0 }, driftDetection: { mode: 'enabled' } });
      await world.ready(1);
      await waitFor(async () => {
        await world.kubectl.patch(cm('demo'), { data: { color: 'spoilt' } });
        return waitFor(async () => (await dataOf(world, 'demo'))['color'] === 'red', 'the color to be red', {
          deadlineMs: 5_000,
        });
      }, 'the change to be set back');
      await world.kubectl.delete(cm('demo-cache'));
      await world.kubectl.waitFor(cm('demo-cache'), 'to be there again', () => true);
      await world.ready(1);
    });

    it('releases anew what moved to another namespace or name', async () => {
      const world = await begin();
      await world.release(shop, { values: { replicas: 0 } });
      await world.ready(1);
      await world.release(shop, { values: { replicas: 0 }, releaseName: 'store' });
      await world.waitFor('to be released under its new name', (seen) => {
        const name = (statusOf(seen).history?.[0] as { readonly name?: string } | undefined)?.name;
        return name === 'store' && condition(seen, 'Ready')?.status === 'True';
      });
      assert.deepEqual(await world.storage(), ['sh.helm.release.v1.store.v1']);
      assert.equal(await world.kubectl.find(cm('demo')), undefined);
    });

    it('uninstalls what is deleted while it is being installed', async () => {
      const world = await begin();
      await world.release(shop, { values: { stuck: true }, timeout: '10m' });
      await world.kubectl.waitFor(ref('apps/v1', 'Deployment', 'demo'), 'to be there', () => true);
      await world.kubectl.delete(world.ref());
      await world.kubectl.waitGone(world.ref());
      assert.deepEqual(await world.storage(), []);
      assert.equal(await world.kubectl.find(cm('demo')), undefined);
    });

    it('goes with its namespace', async () => {
      const world = await begin();
      await world.release(shop, { values: { replicas: 0 } });
      await world.ready(1);
      const { namespace } = world.kubectl;
      await world.kubectl.delete(ref('v1', 'Namespace', namespace));
      await world.kubectl.waitGone(ref('v1', 'Namespace', namespace), { deadlineMs: 60_000 });
    });

    it('tells of two owners before anything is written, where it is asked to', async () => {
      const world = await begin();
      await world.release(shop, { values: { replicas: 0 } });
      await world.ready(1);
      const annotations = { 'sluice.dev/refuse-conflicts': 'enabled', 'sluice.dev/explain-retries': 'enabled' };
      await world.release(shop, { values: { replicas: 0 }, releaseName: 'demo', suspend: true }, 'twin');
      await world.kubectl.annotate(world.ref('twin'), annotations);
      await world.release(shop, { values: { replicas: 0 }, releaseName: 'demo' }, 'twin');
      await world.failed('ReleaseConflict', {
        name: 'twin',
        says: /HelmRelease .*\/demo, .* HelmRelease .*\/twin, too$/,
      });
      await world.release(shop, { values: { replicas: 0 }, releaseName: 'demo', storageNamespace: 'default' }, 'twin');
      await world.failed('InstallFailed', {
        name: 'twin',
        says: /ConfigMap\/.*\/demo is an object of HelmRelease .*\/demo,/,
      });
      assert.deepEqual(await world.storage(), ['sh.helm.release.v1.demo.v1']);
    });

    it('says what to do about a release that is given up, where it is asked to', async () => {
      const world = await begin();
      await world.release(shop, { values: { stuck: true }, timeout: '1s' });
      await world.kubectl.annotate(world.ref(), { 'sluice.dev/explain-retries': 'enabled' });
      const object = await world.waitFor('to be given up', (seen) => messageOf(seen, 'Stalled').includes('--reset'));
      assert.match(
        messageOf(object, 'Stalled'),
        /^Failed to install after 1 attempt\(s\)\. Helm install failed .* --force \(once\)\.$/s,
      );
      await world.release(shop, { values: { replicas: 0 } });
      await world.ready(2);
    });
  });

  describe('what fails', { concurrency: 4 }, () => {
    // As Helm 4.2 on servers that validate fields themselves, which it leaves the check to.
    it('an unknown field of an object that is applied, whatever is to be validated', async () => {
      const world = await begin();
      for (const disableOpenAPIValidation of [false, true]) {
        const name = disableOpenAPIValidation ? 'unchecked' : 'checked';
        await world.release({ name: 'typo', version: '1.0.0' }, { install: { disableOpenAPIValidation } }, name);
        await world.failed('InstallFailed', { name, says: /\.colour: field not declared in schema/ });
        const install = { disableOpenAPIValidation, serverSideApply: false };
        await world.release({ name: 'typo', version: '1.0.0' }, { install, releaseName: `${name}-csa` }, `${name}-csa`);
        await world.ready(1, `${name}-csa`);
      }
    });

    const cases: readonly {
      readonly name: string;
      readonly chart?: string;
      readonly spec: Readonly<Record<string, unknown>>;
      readonly reason: string;
      readonly message: RegExp;
      readonly fixed: Readonly<Record<string, unknown>>;
    }[] = [
      {
        name: 'values that break the schema',
        spec: { values: { replicas: 'many' } },
        reason: 'InstallFailed',
        message: /values don't meet the specifications of the schema/,
        fixed: { values: { replicas: 0 } },
      },
      {
        name: 'a template that fails',
        chart: 'broken',
        spec: {},
        reason: 'InstallFailed',
        message: /a kind is needed/,
        fixed: { values: { kind: 'ConfigMap\napiVersion: v1\nmetadata: {name: a}' } },
      },
      {
        name: 'a ConfigMap with values that is not there',
        spec: { valuesFrom: [{ kind: 'ConfigMap', name: 'ghost' }] },
        reason: 'ValuesError',
        message: /configmaps "ghost" not found/,
        fixed: { values: { replicas: 0 } },
      },
      {
        name: 'a health expression that is none',
        spec: { healthCheckExprs: [{ apiVersion: 'a/v1', kind: 'A', current: 'status.' }] },
        reason: 'InvalidCELExpression',
        message: /failed to parse the expression Current/,
        fixed: { values: { replicas: 0 } },
      },
      {
        name: 'a namespace that is not there',
        spec: { targetNamespace: 'ghost-town', values: { replicas: 0 } },
        reason: 'InstallFailed',
        message: /namespaces "ghost-town" not found/,
        fixed: { values: { replicas: 0 } },
      },
    ];
    for (const { name, chart = 'shop', spec, reason, message, fixed } of cases)
      it(name, async () => {
        const world = await begin();
        await world.release({ name: chart, version: '1.0.0' }, spec);
        await world.failed(reason, { says: message });
        await world.release({ name: chart, version: '1.0.0' }, fixed);
        await world.ready();
      });

    it('a version that no chart has, until there is one', async () => {
      const world = await begin();
      await world.release({ name: 'late', version: '2.x' }, {});
      await world.failed('SourceNotReady', { says: /no chart name found|no 'late' chart/ });
      charts.add({ name: 'late', version: '2.1.0', files: { 'templates/a.yaml': '' } });
      await world.refresh();
      await world.ready(1);
    });

    it('a webhook that rejects, until it is gone', async () => {
      const world = await begin();
      const { namespace } = world.kubectl;
      const webhook = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: namespace },
        spec: {
          matchConstraints: {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
            resourceRules: [
              { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] },
            ],
          },
          validations: [{ expression: 'false', message: 'not today' }],
        },
      };
      const binding = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: namespace },
        spec: { policyName: namespace, validationActions: ['Deny'] },
      };
      await world.kubectl.apply([webhook, binding]);
      // A policy is in force some moments after it was made.
      const probe = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'probe' },
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: 'probe' } },
          template: {
            metadata: { labels: { app: 'probe' } },
            spec: { containers: [{ name: 'c', image: 'example.com/c' }] },
          },
        },
      };
      await waitFor(async () => {
        await world.kubectl.delete(ref('apps/v1', 'Deployment', 'probe')).catch(() => undefined);
        return world.kubectl.apply([probe]).then(
          () => false,
          (error: Error) => /not today/.test(error.message),
        );
      }, 'the policy to be in force');
      const strategy = { name: 'RetryOnFailure', retryInterval: '1s' };
      await world.release(shop, { values: { replicas: 0 }, install: { strategy }, upgrade: { strategy } });
      await world.failed('InstallFailed', { says: /not today/ });
      await world.kubectl.delete(ref('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding', namespace));
      await world.ready();
    });

    it('a kind that nobody serves, until its definition is there', async () => {
      const world = await begin();
      const kind = `Thing${world.kubectl.namespace.replace(/\D/g, '')}`;
      const group = 'things.example.com';
      charts.add({
        name: kind.toLowerCase(),
        version: '1.0.0',
        files: { 'templates/a.yaml': `apiVersion: ${group}/v1\nkind: ${kind}\nmetadata: {name: a}\n` },
      });
      await world.refresh();
      await world.release({ name: kind.toLowerCase() });
      await world.failed('InstallFailed', { says: new RegExp(`no matches for kind "${kind}"`) });
      await world.kubectl.apply([definition(group, kind)]);
      await world.request();
      await world.ready(1);
    });

    it('a quota that is too small, until it is larger', async () => {
      const world = await begin();
      const quota = (pods: number) => ({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'few' },
        spec: { hard: { 'count/configmaps': pods } },
      });
      await world.kubectl.apply([quota(1)]);
      await world.release(shop, {
        values: { replicas: 0 },
        install: { strategy: { name: 'RetryOnFailure', retryInterval: '1s' } },
      });
      await world.failed('InstallFailed');
      await world.kubectl.apply([quota(50)]);
      await world.ready();
    });
  });

  // Nobody else may be at work then.
  describe('when the process is killed', () => {
    it('goes on with a release that a killed process has left, with its history', async () => {
      const world = await begin();
      await world.release(shop, { values: { replicas: 0 } });
      await world.ready(1);
      await world.release(shop, { values: { replicas: 1, stuck: true }, timeout: '10m' });
      await waitFor(async () => (await world.storage()).length === 2, 'the upgrade to have begun');
      await environment.helm.kill();
      await world.release(shop, { values: { replicas: 0, color: 'white' } });
      await environment.startHelm();
      const { history } = await world.ready(3);
      assert.deepEqual(
        history?.map(({ version }) => version),
        [3, 2, 1],
      );
    });

    it('uninstalls what a killed process had begun, and nothing tells of but the storage', async () => {
      const world = await begin();
      await world.release(shop, { values: { stuck: true }, timeout: '10m' });
      await world.kubectl.waitFor(ref('apps/v1', 'Deployment', 'demo'), 'to be there', () => true);
      await environment.helm.kill();
      await world.kubectl.delete(world.ref());
      await environment.startHelm();
      await world.kubectl.waitGone(world.ref());
      assert.deepEqual(await world.storage(), []);
      assert.equal(await world.kubectl.find(ref('apps/v1', 'Deployment', 'demo')), undefined);
    });
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ApiObject } from '../support/api-client.ts';
import { condition, isFailed } from '../support/conditions.ts';
import { Environment } from '../support/environment.ts';
import { ref } from '../support/kubectl.ts';
import { configMap, deployment, job, manifest } from '../support/manifests.ts';
import { kustomizeApi, messageOf, statusOf, type Tenant } from '../support/tenant.ts';
import { waitFor } from '../support/wait-for.ts';

describe('what Kustomizations wait for', { concurrency: 6 }, () => {
  let environment: Environment;
  before(async () => {
    // One worker: whoever held it while waiting would block everybody else.
    environment = await Environment.start({ kwok: true, kustomizeFlags: ['--concurrent=1'] });
  });
  after(() => environment?.stop());
  const tenant = (): Promise<Tenant> => environment.tenant();
  const waits = (object: ApiObject): boolean => messageOf(object, 'Reconciling').startsWith('Running health checks');

  describe('health', { concurrency: 6 }, () => {
    it('waits until a Deployment is available', async () => {
      const team = await tenant();
      const sha = await team.install({ 'web.yaml': manifest(deployment('web'), configMap('cm')) }, { wait: true });
      const object = await team.applied(sha);
      assert.equal(condition(object, 'Healthy')?.status, 'True');
      assert.equal(condition(object, 'Healthy')?.reason, 'Succeeded');
      const { status } = (await team.kubectl.get(ref('apps/v1', 'Deployment', 'web'))) as {
        status?: { availableReplicas?: number };
      };
      assert.equal(status?.availableReplicas, 1);
      assert.match(messageOf(object, 'Healthy'), /^Health check passed in /);
    });

    it('says that it waits, and holds no worker meanwhile', async () => {
      const team = await tenant();
      await team.install(unhealthy, { wait: true });
      const waiting = await team.waitFor('waiting', waits);
      assert.equal(condition(waiting, 'Ready')?.status, 'Unknown');
      assert.equal(condition(waiting, 'Healthy')?.status, 'Unknown');
      assert.match(
        messageOf(waiting, 'Reconciling'),
        /^Running health checks for revision main@sha1:[0-9a-f]{40} with a timeout of 59m30s$/,
      );
      const other = await tenant();
      await other.install({ 'cm.yaml': manifest(configMap('cm')) });
      await other.ready();
      await heal(team);
      await team.ready();
    });

    it('takes up a newer revision at once, however long the old one would be waited for', async () => {
      const team = await tenant();
      await team.install(unhealthy, { wait: true });
      await team.waitFor('waiting', waits);
      const sha = await team.push({ 'web.yaml': manifest(configMap('cm')) });
      const object = await team.applied(sha);
      assert.equal(condition(object, 'Healthy')?.status, 'True');
      assert.deepEqual(await team.configMaps(), ['cm']);
    });

    it('takes up a new spec at once, too', async () => {
      const team = await tenant();
      await team.install(unhealthy, { wait: true });
      await team.waitFor('waiting', waits);
      await team.kustomization({ wait: false });
      const object = await team.ready();
      assert.equal(condition(object, 'Healthy'), undefined);
    });

    it('ends as it began when it is suspended meanwhile', async () => {
      const team = await tenant();
      const sha = await team.install(unhealthy, { wait: true });
      await team.waitFor('waiting', waits);
      await team.kustomization({ wait: true, suspend: true });
      await team.push({ 'web.yaml': manifest(configMap('cm')) });
      await heal(team);
      const object = await team.applied(sha);
      assert.equal(condition(object, 'Healthy')?.status, 'True');
      assert.equal((object['spec'] as { readonly suspend?: boolean }).suspend, true);
    });

    it('fails when the timeout has passed, and tells which object is not ready', async () => {
      const team = await tenant();
      await team.install(unhealthy, { wait: true, timeout: '30s' });
      const failed = await team.waitFor('failed', (object) => isFailed(object, 'HealthCheckFailed'), 'app', {
        deadlineMs: 60_000,
      });
      assert.match(
        messageOf(failed),
        /^health check failed after 30\.?\d*s: timeout waiting for: \[Deployment\/.+\/web status: 'InProgress'/,
      );
      assert.equal(condition(failed, 'Healthy')?.reason, 'HealthCheckFailed');
      assert.equal(condition(failed, 'Reconciling')?.reason, 'ProgressingWithRetry');
      assert.equal(statusOf(failed).history?.[0]?.lastReconciledStatus, 'HealthCheckFailed');
      assert.equal(statusOf(failed).lastAppliedRevision, undefined);
      const [event, ...more] = await team.eventSaying('timeout waiting for');
      assert.deepEqual([event?.type, event?.reason, event?.count, more], ['Warning', 'HealthCheckFailed', 1, []]);
      assert.equal(team.logs().filter(({ level }) => level === 'error').length, 1);
      await team.upgrade({ 'web.yaml': manifest(deployment('web')) });
    });

    it('fails early when a Job has failed', async () => {
      const team = await tenant();
      await team.install({ 'job.yaml': manifest(job('task', { stuck: true })) }, { wait: true });
      await team.waitFor('waiting', waits);
      const [pod] = await waitFor(async () => {
        const pods = await team.kubectl.list('v1', 'Pod', 'job-name=task');
        return pods.length > 0 && pods;
      }, 'the Pod');
      assert.ok(pod !== undefined);
      await team.kubectl.patch(pod, { status: { phase: 'Failed' } }, { subresource: 'status' });
      const failed = await team.failed('HealthCheckFailed', { says: `Job/${team.namespace}/task` });
      assert.match(messageOf(failed), /failed early/);
    });

    it('looks at spec.healthChecks alone without spec.wait, at objects of others too', async () => {
      const team = await tenant();
      const checks = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'elsewhere', namespace: team.namespace }];
      await team.install({ ...unhealthy, 'cm.yaml': manifest(configMap('cm')) }, { healthChecks: checks });
      await team.waitFor('waiting', waits);
      assert.deepEqual(await team.configMaps(), ['cm']);
      await team.kubectl.apply([deployment('elsewhere')]);
      await team.ready();
    });

    it('judges by spec.healthCheckExprs', async () => {
      const team = await tenant();
      const cm = { apiVersion: 'v1', kind: 'ConfigMap' };
      const healthCheckExprs = [{ ...cm, current: "data.phase == 'done'", failed: "data.phase == 'broken'" }];
      const files = (phase: string) => ({ 'cm.yaml': manifest(configMap('cm', { phase })) });
      await team.install(files('starting'), { wait: true, healthCheckExprs });
      await team.waitFor('waiting', waits);
      await team.push(files('broken'));
      await team.failed('HealthCheckFailed', { says: `ConfigMap/${team.namespace}/cm` });
      await team.upgrade(files('done'));
    });
  });

  describe('Kustomizations that it applies', { concurrency: 6 }, () => {
    const child = (name: string, spec: object): object => ({
      apiVersion: kustomizeApi,
      kind: 'Kustomization',
      metadata: { name },
      spec: { interval: '1h', prune: true, sourceRef: { kind: 'GitRepository', name: 'repo' }, ...spec },
    });

    it('are waited for, and go with it, and with them what they applied', async () => {
      const team = await tenant();
      const { namespace: targetNamespace } = team;
      const files = {
        'clusters/apps.yaml': manifest(child('apps', { path: './apps', targetNamespace })),
        'apps/cm.yaml': '}',
      };
      await team.install(files, { path: './clusters', wait: true });
      await team.failed('BuildFailed', { name: 'apps' });
      await team.waitFor('waiting', waits);
      await team.upgrade({ 'apps/cm.yaml': manifest(configMap('cm')) });
      assert.equal(condition(await team.kubectl.get(team.app('apps')), 'Ready')?.status, 'True');
      assert.deepEqual(await team.configMaps(), ['cm']);
      await team.uninstall();
      await team.kubectl.waitGone(team.app('apps'));
      assert.deepEqual(await team.configMaps(), []);
    });

    it('may be itself, as after flux bootstrap', async () => {
      const team = await tenant();
      const { namespace: targetNamespace } = team;
      const own = (more: object): string =>
        manifest(child('app', { path: './', targetNamespace, wait: true, ...more }));
      await team.install({ 'self.yaml': own({}), 'cm.yaml': manifest(configMap('cm')) }, { path: './', wait: true });
      await team.ready();
      const sha = await team.push({ 'self.yaml': own({ commonMetadata: { labels: { from: 'git' } } }) });
      await team.applied(sha);
      await team.kubectl.waitFor(ref('v1', 'ConfigMap', 'cm'), 'labelled', ({ metadata }) =>
        JSON.stringify(metadata['labels']).includes('"from":"git"'),
      );
      await team.uninstall();
      assert.deepEqual(await team.configMaps(), []);
    });
  });

  describe('dependencies', { concurrency: 6 }, () => {
    it('go first, also in a chain across namespaces', async () => {
      const [apps, infra, base] = [await tenant(), await tenant(), await tenant()];
      await apps.install(
        { 'cm.yaml': manifest(configMap('cm')) },
        { dependsOn: [{ name: 'infra', namespace: infra.namespace }] },
      );
      const waiting = await apps.failed('DependencyNotReady', {
        says: `dependency '${infra.namespace}/infra' not found`,
      });
      assert.equal(condition(waiting, 'Reconciling'), undefined);
      assert.equal(statusOf(waiting).observedGeneration, -1);
      await infra.install(
        { 'cm.yaml': manifest(configMap('cm')) },
        { dependsOn: [{ name: 'base', namespace: base.namespace }] },
        'infra',
      );
      await infra.failed('DependencyNotReady', {
        name: 'infra',
        says: `dependency '${base.namespace}/base' not found`,
      });
      await apps.failed('DependencyNotReady', { says: `dependency '${infra.namespace}/infra' is not ready` });
      assert.deepEqual([await apps.configMaps(), await infra.configMaps()], [[], []]);
      const [event] = await apps.eventSaying('Dependencies do not meet ready condition');
      assert.deepEqual([event?.type, event?.reason], ['Normal', 'DependencyNotReady']);

      await base.install({ 'cm.yaml': '}' }, {}, 'base');
      await base.failed('BuildFailed', { name: 'base' });
      await base.upgrade({ 'cm.yaml': manifest(configMap('cm')) }, 'base');
      await infra.ready('infra');
      await apps.ready();
    });

    it('of one source have to have its newest revision', async () => {
      const team = await tenant();
      const files = { 'a/cm.yaml': manifest(configMap('a')), 'b/cm.yaml': manifest(configMap('b')) };
      await team.install(files, { path: './a' }, 'a');
      await team.kustomization({ path: './b', dependsOn: [{ name: 'a' }] }, 'b');
      await team.ready('b');
      const sha = await team.push({ 'a/cm.yaml': '}', 'b/cm.yaml': manifest(configMap('b', { key: '2' })) });
      await team.failed('BuildFailed', { name: 'a' });
      await team.failed('DependencyNotReady', { name: 'b', says: `dependency '${team.namespace}/a' is not ready` });
      assert.deepEqual(await team.data('b'), { key: '1' });
      assert.notEqual(statusOf(await team.kubectl.get(team.app('b'))).lastAppliedRevision, `main@sha1:${sha}`);
      const repaired = await team.push({ 'a/cm.yaml': manifest(configMap('a')) });
      await team.applied(repaired, 'b');
      assert.deepEqual(await team.data('b'), { key: '2' });
    });

    it('in a circle wait for each other, and block nobody else', async () => {
      const team = await tenant();
      await team.install({ 'cm.yaml': manifest(configMap('cm')) }, { dependsOn: [{ name: 'b' }] }, 'a');
      await team.kustomization({ dependsOn: [{ name: 'a' }] }, 'b');
      await team.kustomization({ dependsOn: [{ name: 'self' }] }, 'self');
      for (const name of ['a', 'b', 'self']) await team.failed('DependencyNotReady', { name, says: 'is not ready' });
      await team.kustomization({}, 'free');
      await team.ready('free');
      assert.ok(team.logs('a').length < 20, 'a circle that turns');
      await team.kustomization({ dependsOn: [] }, 'a');
      await team.ready('a');
      await team.ready('b');
    });

    it('may be told to be ready by an expression', async () => {
      const team = await tenant();
      const readyExpr = "has(dep.metadata.labels) && dep.metadata.labels['phase'] == self.metadata.name";
      await team.install({ 'a/cm.yaml': '}', 'b/cm.yaml': manifest(configMap('b')) }, { path: './a' }, 'dep');
      await team.failed('BuildFailed', { name: 'dep' });
      await team.kustomization({ path: './b', dependsOn: [{ name: 'dep', readyExpr }] }, 'app');
      await team.failed('DependencyNotReady', { says: 'is not ready according to readyExpr eval' });
      await team.kubectl.patch(team.app('dep'), { metadata: { labels: { phase: 'app' } } });
      await team.ready();
    });

    it('stall on an expression that is none', async () => {
      const team = await tenant();
      await team.install({ 'cm.yaml': manifest(configMap('cm')) }, {}, 'dep');
      await team.kustomization({ dependsOn: [{ name: 'dep', readyExpr: 'dep.status.(' }] });
      const stalled = await team.failed('InvalidCELExpression');
      assert.equal(condition(stalled, 'Stalled')?.reason, 'InvalidCELExpression');
      assert.equal(statusOf(stalled).observedGeneration, stalled.metadata['generation']);
      await team.kustomization({ dependsOn: [{ name: 'dep', readyExpr: 'true' }] });
      await team.ready();
    });
  });

  /** Lets the Pods of the stuck Deployment become ready. Its own template is not to be changed by hand. */
  async function heal({ kubectl }: Tenant): Promise<void> {
    const pods = await waitFor(async () => {
      const found = await kubectl.list('v1', 'Pod', 'app=web');
      return found.length > 0 && found;
    }, 'its Pods');
    for (const pod of pods) await kubectl.annotate(pod, { 'sluice.test/never-ready': null });
  }
});

const unhealthy = { 'web.yaml': manifest(deployment('web', { stuck: true })) };

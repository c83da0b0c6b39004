import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import type { ApiObject } from '../support/api-client.ts';
import { isReady } from '../support/conditions.ts';
import { Environment } from '../support/environment.ts';
import { freePort } from '../support/free-port.ts';
import { Kubectl, ref } from '../support/kubectl.ts';
import { configMap, deployment, manifest } from '../support/manifests.ts';
import { inventoryOf, messageOf, type Tenant } from '../support/tenant.ts';
import { waitFor } from '../support/wait-for.ts';

const watched = { 'reconcile.fluxcd.io/watch': 'Enabled' };
const byName = (name: string): object => ({ kubeConfig: { secretRef: { name } } });

/** A Secret with a kubeconfig, which wakes those who use it. */
function kubeconfigSecret(text: string, key = 'value', name = 'target'): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, labels: watched }, stringData: { [key]: text } };
}

describe('spec.kubeConfig', { concurrency: 4 }, () => {
  let environment: Environment;
  let other: ControlPlane;
  let remote: Kubectl;
  let adminConfig: string;
  before(async () => {
    // Nobody but the tests writes there.
    [environment, other] = await Promise.all([
      Environment.start({ kustomizeFlags: ['--feature-gates=ObjectLevelWorkloadIdentity=true'] }),
      startControlPlane({ controllers: [] }),
    ]);
    remote = new Kubectl(other.admin);
    adminConfig = await readFile(await other.kubeconfigFor('deployer', ['system:masters']), 'utf8');
  });
  after(async () => {
    await Promise.all([environment?.stop(), other?.stop()]);
  });

  /** A tenant whose namespace is in both clusters. */
  async function tenant(): Promise<Tenant & { readonly there: Kubectl }> {
    const team = await environment.tenant();
    await other.admin.call('POST', '/api/v1/namespaces', { body: { metadata: { name: team.namespace } } });
    return Object.assign(team, { there: remote.in(team.namespace) });
  }

  it('applies, corrects, prunes and deletes in the other cluster, and nothing in its own', async () => {
    const team = await tenant();
    const { kubectl, there } = team;
    await kubectl.apply([kubeconfigSecret(adminConfig)]);
    await team.install({ 'a.yaml': manifest(configMap('a')), 'b.yaml': manifest(configMap('b')) }, byName('target'));
    assert.deepEqual(inventoryOf(await team.ready()), ['ConfigMap/a', 'ConfigMap/b']);
    assert.ok(await there.find(ref('v1', 'ConfigMap', 'a')));
    assert.equal(await team.data('a'), undefined);
    const { metadata } = await there.get(ref('v1', 'ConfigMap', 'a'));
    const labels = metadata['labels'] as Record<string, string>;
    assert.equal(labels['kustomize.toolkit.fluxcd.io/name'], 'app');

    await team.upgrade({ 'b.yaml': null, 'a.yaml': manifest(configMap('a', { key: 'new' })) });
    assert.deepEqual((await there.get(ref('v1', 'ConfigMap', 'a')))['data'], { key: 'new' });
    await there.waitGone(ref('v1', 'ConfigMap', 'b'));

    await there.delete(ref('v1', 'ConfigMap', 'a'));
    await there.waitFor(ref('v1', 'ConfigMap', 'a'), 'applied again', () => true);

    await team.uninstall();
    await there.waitGone(ref('v1', 'ConfigMap', 'a'));
  });

  it('waits for health there, and ends the wait when its Secret changes', async () => {
    const team = await tenant();
    const { kubectl, there } = team;
    await kubectl.apply([kubeconfigSecret(adminConfig)]);
    await team.install({ 'web.yaml': manifest(deployment('web')) }, { ...byName('target'), wait: true });
    const waits = (object: ApiObject): boolean => messageOf(object, 'Reconciling').startsWith('Running health checks');
    await team.waitFor('health checks', waits);
    const applied = () => team.logs().filter(({ msg }) => msg === 'server-side apply completed');
    assert.equal(applied().length, 1);
    const second = await readFile(await other.kubeconfigFor('second', ['system:masters']), 'utf8');
    await kubectl.apply([kubeconfigSecret(second)]);
    await waitFor(() => applied().length === 2, 'the wait to begin anew');
    await team.waitFor('health checks', waits);
    const generation = Number((await there.get(ref('apps/v1', 'Deployment', 'web'))).metadata['generation']);
    await there.client.call('PATCH', `/apis/apps/v1/namespaces/${team.namespace}/deployments/web/status`, {
      contentType: 'application/merge-patch+json',
      body: {
        status: {
          observedGeneration: generation,
          replicas: 1,
          updatedReplicas: 1,
          readyReplicas: 1,
          availableReplicas: 1,
          conditions: [
            { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
            { type: 'Available', status: 'True' },
          ],
        },
      },
    });
    await team.ready();
    await team.uninstall();
  });

  it('says what is wrong with the Secret, and goes on when that changes', async () => {
    const team = await tenant();
    const { kubectl, namespace, there } = team;
    const named = `KubeConfig secret '${namespace}/target'`;
    const failed = (says: string): Promise<ApiObject> => team.failed('ReconciliationFailed', { says });
    await team.install({ 'a.yaml': manifest(configMap('a')) }, byName('target'));
    await failed(`unable to read ${named} error: secrets "target" not found`);
    const [event] = await team.eventSaying('failed to build kube client: unable to read KubeConfig secret');
    assert.equal(event?.reason, 'ReconciliationFailed');
    await kubectl.apply([kubeconfigSecret('x', 'other')]);
    await failed(`${named} does not contain a 'value' key with a kubeconfig`);
    await kubectl.apply([kubeconfigSecret('password: [hunter2')]);
    assert.doesNotMatch(messageOf(await failed(`${named}: the kubeconfig is not valid YAML`)), /hunter2/);
    const nobody = await readFile(await other.kubeconfigFor('nobody'), 'utf8');
    await kubectl.apply([kubeconfigSecret(nobody)]);
    await failed(`User "nobody" cannot patch resource "configmaps"`);
    await kubectl.apply([kubeconfigSecret(adminConfig)]);
    await team.ready();
    assert.ok(await there.find(ref('v1', 'ConfigMap', 'a')));
    await kubectl.apply([kubeconfigSecret(nobody)]);
    await failed(`User "nobody" cannot patch resource "configmaps"`);
    assert.ok(await there.find(ref('v1', 'ConfigMap', 'a')), 'nothing is pruned after a failure');
  });

  it('says that a cluster does not answer, and deletes once it does', async () => {
    const team = await tenant();
    const { kubectl, there } = team;
    const port = await freePort();
    await kubectl.apply([kubeconfigSecret(adminConfig)]);
    await team.install({ 'a.yaml': manifest(configMap('a')) }, byName('target'));
    await team.ready();
    await kubectl.apply([kubeconfigSecret(adminConfig.replaceAll(other.server, `https://127.0.0.1:${port}`))]);
    await team.failed('ReconciliationFailed', { says: `dial tcp 127.0.0.1:${port}: connect: connection refused` });
    await kubectl.delete(team.app());
    await team.eventSaying('pruning for deleted resource failed');
    assert.ok(await kubectl.find(team.app()));
    await kubectl.apply([kubeconfigSecret(adminConfig)]);
    await kubectl.waitGone(team.app());
    await there.waitGone(ref('v1', 'ConfigMap', 'a'));
  });

  it('runs no program and reads no file that a kubeconfig names', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'kubeconfig-exec-'));
    const witness = join(dir, 'ran');
    const team = await tenant();
    const clusters = [{ name: 'c', cluster: { server: other.server } }];
    const contexts = [{ name: 'main', context: { cluster: 'c', user: 'u' } }];
    const withUser = (user: object): string =>
      JSON.stringify({ clusters, contexts, 'current-context': 'main', users: [{ name: 'u', user }] });
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'touch',
      args: [witness],
      interactiveMode: 'Never',
    };
    await team.kubectl.apply([kubeconfigSecret(withUser({ exec }))]);
    await team.install({ 'a.yaml': manifest(configMap('a')) }, byName('target'));
    await team.failed('ReconciliationFailed', { says: 'authenticates by exec, which is not allowed here' });
    await team.kubectl.apply([kubeconfigSecret(withUser({ tokenFile: '/etc/passwd' }))]);
    await team.failed('ReconciliationFailed', { says: 'tokenFile of "u" names a file, which is not allowed here' });
    await assert.rejects(stat(witness));
    await rm(dir, { recursive: true });
  });

  it('impersonates the account of the other cluster, also when it is deleted', async () => {
    const team = await tenant();
    const { kubectl, namespace, there } = team;
    await kubectl.apply([kubeconfigSecret(adminConfig)]);
    await team.install({ 'a.yaml': manifest(configMap('a')) }, { ...byName('target'), serviceAccountName: 'deployer' });
    await team.failed('ReconciliationFailed', { says: `User "system:serviceaccount:${namespace}:deployer" cannot` });
    await there.apply([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer' } },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'deployer' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace }],
      },
    ]);
    await team.request();
    await team.ready();
    assert.ok(await there.find(ref('v1', 'ConfigMap', 'a')));
    // The account is in the other cluster alone: the objects must go all the same.
    await team.uninstall();
    await there.waitGone(ref('v1', 'ConfigMap', 'a'));
  });

  it('keeps its finalizer while the way to the cluster is lost, and deletes once it is found', async () => {
    const team = await tenant();
    const { kubectl, there } = team;
    await kubectl.apply([kubeconfigSecret(adminConfig)]);
    await team.install({ 'a.yaml': manifest(configMap('a')) }, byName('target'));
    await team.ready();
    await kubectl.delete(ref('v1', 'Secret', 'target'));
    await team.failed('ReconciliationFailed', { says: 'secrets "target" not found' });
    await kubectl.delete(team.app());
    await environment.kustomize.waitForLog(
      'a failed finalization',
      (line) =>
        line['namespace'] === team.namespace &&
        line.level === 'error' &&
        JSON.stringify(line).includes('secrets \\"target\\" not found'),
    );
    assert.ok(await kubectl.find(team.app()));
    await kubectl.apply([kubeconfigSecret(adminConfig)]);
    await kubectl.waitGone(team.app());
    await there.waitGone(ref('v1', 'ConfigMap', 'a'));
  });

  it('shares one connection among those who use the same kubeconfig', async () => {
    const team = await tenant();
    await team.kubectl.apply([kubeconfigSecret(adminConfig, 'value.yaml')]);
    await team.install({ 'a.yaml': manifest(configMap('a')) }, byName('target'));
    await team.kustomization({ ...byName('target'), namePrefix: 'other-' }, 'second');
    await Promise.all(['app', 'second'].map((name) => team.waitFor('ready', isReady, name)));
    assert.ok(await team.there.find(ref('v1', 'ConfigMap', 'other-a')));
  });

  it('authenticates by the token of a ServiceAccount where a ConfigMap says so', async () => {
    const team = await environment.tenant();
    const { kubectl, namespace } = team;
    const { plane } = environment;
    const data = { provider: 'generic', address: plane.server, 'ca.crt': plane.ca };
    const describe = (more: object): Promise<unknown> =>
      kubectl.apply([
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'cluster', labels: watched },
          data: { ...data, ...more },
        },
      ]);
    const failed = (says: string): Promise<ApiObject> => team.failed('ReconciliationFailed', { says });
    await team.install({ 'a.yaml': manifest(configMap('a')) }, { kubeConfig: { configMapRef: { name: 'cluster' } } });
    await failed(`failed to get configmap ${namespace}/cluster: configmaps "cluster" not found`);
    await describe({ provider: 'acme' });
    await failed("provider 'acme' not implemented");
    await describe({ serviceAccountName: 'deployer' });
    await failed(`failed to get service account '${namespace}/deployer': ServiceAccount "deployer" not found`);

    await kubectl.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer' } }]);
    // The audience is the address, unless another is named: the API server does not know it.
    await team.request();
    await failed('Unauthorized');
    const audiences = 'https://kubernetes.default.svc';
    await describe({ serviceAccountName: 'deployer', audiences });
    await failed(`User "system:serviceaccount:${namespace}:deployer" cannot`);

    await kubectl.apply([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'deployer' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace }],
      },
    ]);
    await team.request();
    assert.deepEqual(inventoryOf(await team.ready()), ['ConfigMap/a']);
    assert.ok(await team.data('a'));
    assert.match(await environment.kustomize.metrics(), /gotk_token_cache_events_total\{[^}]*fetch_kubeconfig/);
    await team.uninstall();
    assert.equal(await team.data('a'), undefined);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { components } from '../../src/cli/install/components.ts';
import { condition } from '../support/conditions.ts';
import { Environment } from '../support/environment.ts';
import { configMap, manifest } from '../support/manifests.ts';
import { messageOf, type Tenant } from '../support/tenant.ts';

const rbac = 'rbac.authorization.k8s.io';

describe('an installation that is locked down', { concurrency: 4 }, () => {
  let environment: Environment;
  before(async () => {
    environment = await Environment.start({
      install: { lockdown: true },
      kustomizeFlags: components['kustomize-controller'].lockdownArgs,
    });
  });
  after(() => environment?.stop());
  const tenant = (): Promise<Tenant> => environment.tenant();

  /** Lets an account of the tenant's namespace do everything in it. */
  async function admit(team: Tenant, account: string): Promise<void> {
    await team.kubectl.apply([
      {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata: { name: `${account}-admin` },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'admin' },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace: team.namespace }],
      },
    ]);
  }

  it('applies nothing for a tenant whose account may nothing, and all when it may', async () => {
    const team = await tenant();
    await team.install({ 'cm.yaml': manifest(configMap('cm')) }, { retryInterval: '1s' });
    const failed = await team.failed('ReconciliationFailed', { says: 'forbidden' });
    assert.match(messageOf(failed), /User "system:serviceaccount:test-.+:default" cannot patch resource "configmaps"/);
    assert.deepEqual(await team.configMaps(), []);
    await admit(team, 'default');
    await team.ready();
    assert.deepEqual(await team.configMaps(), ['cm']);
    await team.uninstall();
    assert.deepEqual(await team.configMaps(), []);
  });

  it('keeps a tenant in its namespace, whatever its account may there', async () => {
    const team = await tenant();
    const other = await tenant();
    await team.kubectl.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer' } }]);
    await admit(team, 'deployer');
    const elsewhere = configMap('cm', {}, { namespace: other.namespace });
    const spec = { serviceAccountName: 'deployer', targetNamespace: undefined, retryInterval: '1s' };
    await team.install({ 'cm.yaml': manifest(elsewhere) }, spec);
    await team.failed('ReconciliationFailed', {
      says: `cannot patch resource "configmaps" in API group "" in the namespace "${other.namespace}"`,
    });
    const role = {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: team.namespace },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: team.namespace }],
    };
    await team.push({ 'cm.yaml': manifest(role) });
    await team.failed('ReconciliationFailed', { says: 'clusterrolebindings' });
    await team.push({ 'cm.yaml': manifest(configMap('cm', {}, { namespace: team.namespace })) });
    await team.ready();
  });

  it('takes no account, source or dependency of another namespace', async () => {
    const team = await tenant();
    const other = await tenant();
    await other.install({ 'cm.yaml': manifest(configMap('cm')) });
    const refused = async (spec: object, name: string, says: string): Promise<void> => {
      await team.kustomization(spec, name);
      const object = await team.failed('AccessDenied', { name, says });
      assert.equal(condition(object, 'Stalled')?.reason, 'AccessDenied');
    };
    const blocked = 'cross-namespace references have been blocked';
    await refused(
      { sourceRef: { kind: 'GitRepository', name: 'repo', namespace: other.namespace } },
      'source',
      blocked,
    );
    await team.commit({ 'cm.yaml': manifest(configMap('cm')) });
    await team.source();
    const readyExpr = "dep.spec.path == './secret'";
    await refused({ dependsOn: [{ name: 'app', namespace: other.namespace, readyExpr }] }, 'dependency', blocked);
    const name = `system:serviceaccount:${other.namespace}:default`;
    await team.kustomization({ serviceAccountName: name }, 'account');
    await team.failed('ReconciliationFailed', { name: 'account', says: team.namespace });
    assert.deepEqual(await team.configMaps(), []);
  });

  it('builds nothing from elsewhere', async () => {
    const team = await tenant();
    const base = `${environment.git.url}/x//base?ref=main`;
    const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: [base] };
    await team.install({ 'kustomization.yaml': manifest(kustomization) });
    await team.failed('BuildFailed', { says: 'remote bases are refused (--no-remote-bases)' });
  });

  const accountOf = (name: string) => `system:serviceaccount:flux-system:${name}`;
  const questions: readonly {
    readonly account: string;
    readonly verb: string;
    readonly resource: string;
    readonly group?: string;
    readonly subresource?: string;
    readonly may: boolean;
  }[] = [
    { account: 'kustomize-controller', verb: 'impersonate', resource: 'serviceaccounts', may: true },
    { account: 'kustomize-controller', verb: 'impersonate', resource: 'users', may: false },
    { account: 'kustomize-controller', verb: 'impersonate', resource: 'groups', may: false },
    { account: 'kustomize-controller', verb: 'create', resource: 'configmaps', may: false },
    { account: 'kustomize-controller', verb: 'update', resource: 'secrets', may: false },
    { account: 'kustomize-controller', verb: 'delete', resource: 'namespaces', may: false },
    { account: 'kustomize-controller', verb: 'create', resource: 'pods', may: false },
    { account: 'kustomize-controller', verb: 'patch', group: 'apps', resource: 'deployments', may: false },
    { account: 'kustomize-controller', verb: 'create', group: rbac, resource: 'clusterrolebindings', may: false },
    { account: 'kustomize-controller', verb: 'escalate', group: rbac, resource: 'clusterroles', may: false },
    {
      account: 'kustomize-controller',
      verb: 'create',
      group: 'kustomize.toolkit.fluxcd.io',
      resource: 'kustomizations',
      may: false,
    },
    { account: 'source-controller', verb: 'impersonate', resource: 'serviceaccounts', may: false },
    { account: 'source-controller', verb: 'create', resource: 'configmaps', may: false },
    { account: 'source-controller', verb: 'get', resource: 'configmaps', may: false },
  ];
  for (const { account, verb, resource, group = '', may } of questions) {
    it(`${may ? 'lets' : 'does not let'} the ${account} ${verb} ${resource}`, async () => {
      const review = await environment.plane.admin.call('POST', `/apis/authorization.k8s.io/v1/subjectaccessreviews`, {
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: {
            user: accountOf(account),
            groups: ['system:serviceaccounts', 'system:serviceaccounts:flux-system', 'system:authenticated'],
            resourceAttributes: { namespace: 'default', verb, group, resource },
          },
        },
      });
      assert.equal((review['status'] as { allowed: boolean }).allowed, may);
    });
  }
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { installCommand } from '../../src/cli/install/install-command.ts';
import { defaultComponents } from '../../src/cli/install/options.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import type { ApiClient, ApiObject } from '../support/api-client.ts';

interface Deployment {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly template: Readonly<Record<string, unknown>> };
  readonly status: { readonly availableReplicas?: number };
}

const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gitrepositories.source.toolkit.fluxcd.io';

describe('sluice install', () => {
  let plane: ControlPlane;
  const lines: string[] = [];

  const run = async (...args: readonly string[]): Promise<readonly string[]> => {
    lines.length = 0;
    const output = { out: () => assert.fail('manifests printed'), progress: (line: string) => void lines.push(line) };
    const command = installCommand(new AbortController().signal, output);
    await command.parseAsync(['--kubeconfig', plane.kubeconfig, '--timeout=1m', ...args], { from: 'user' });
    return lines;
  };
  const deployments = async (): Promise<readonly Deployment[]> => {
    const path = '/apis/apps/v1/namespaces/flux-system/deployments';
    const query = { labelSelector: 'app.kubernetes.io/part-of=flux' };
    return (await plane.admin.call<{ items: Deployment[] }>('GET', path, { query })).items;
  };

  before(async () => {
    plane = await startControlPlane({ kwok: true });
  });
  after(() => plane.stop());

  it('creates everything, and waits until the controllers are ready', async () => {
    const printed = await run();
    assert.ok(printed.includes('Deployment/flux-system/source-controller created'), printed.join('\n'));
    assert.deepEqual(
      (await deployments()).map(({ metadata, status }) => [metadata.name, status.availableReplicas]),
      [...defaultComponents].sort().map((name) => [name, 1]),
    );
  });

  it('changes nothing when run again', async () => {
    assert.deepEqual(await run(), [
      `waiting for ${defaultComponents.join(', ')}`,
      `${defaultComponents.join(', ')} ready in namespace flux-system`,
    ]);
  });

  it('changes what an option changes', async () => {
    assert.deepEqual((await run('--components=source-controller', '--log-level=debug')).slice(0, 2), [
      'RoleBinding/flux-system/leader-election configured',
      'Deployment/flux-system/source-controller configured',
    ]);
    await run();
  });

  it('takes cluster-admin from the controllers when it locks down, and gives it back without', async () => {
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/cluster-reconciler-flux-system';
    const subjects = async () => ((await plane.admin.call('GET', path))['subjects'] as unknown[] | undefined) ?? [];
    assert.equal((await subjects()).length, 2);
    await run('--lockdown');
    assert.deepEqual(await subjects(), []);
    await run();
    assert.equal((await subjects()).length, 2);
  });

  it('makes Pods that the restricted Pod security standard admits', async () => {
    const namespace = { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } };
    const contentType = 'application/merge-patch+json';
    await plane.admin.call('PATCH', '/api/v1/namespaces/flux-system', { body: namespace, contentType });
    const pods = '/api/v1/namespaces/flux-system/pods';
    for (const { metadata, spec } of await deployments()) {
      const template = { ...spec.template, metadata: { name: metadata.name } };
      const body = { apiVersion: 'v1', kind: 'Pod', ...template };
      await plane.admin.call('POST', pods, { body, query: { dryRun: 'All' } });
    }
  });

  it('refuses to change an installation that a Kustomization keeps', async () => {
    const relabel = (labels: Readonly<Record<string, string | null>>): Promise<ApiObject> =>
      plane.admin.call('PATCH', crd, { body: { metadata: { labels } }, contentType: 'application/merge-patch+json' });
    await relabel({ 'kustomize.toolkit.fluxcd.io/name': 'a', 'kustomize.toolkit.fluxcd.io/namespace': 'b' });
    await assert.rejects(run(), { name: 'InstallRefused', message: /^Kustomization b\/a keeps/ });
    await relabel({ 'kustomize.toolkit.fluxcd.io/name': null, 'kustomize.toolkit.fluxcd.io/namespace': null });
  });

  it('refuses to change what another tool installed, unless forced', async () => {
    const body = { metadata: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } } };
    await plane.admin.call('PATCH', crd, { body, contentType: 'application/merge-patch+json' });
    await assert.rejects(run(), { name: 'InstallRefused', message: /^Helm has made/ });
    await run('--force');
  });

  describe('gives the source-controller what it needs and no more', () => {
    let account: ApiClient;
    before(async () => {
      const user = 'system:serviceaccount:flux-system:source-controller';
      account = await plane.clientFor(user, ['system:serviceaccounts', 'system:authenticated']);
    });
    after(() => account.close());

    const leases = (namespace: string) =>
      `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/source-controller`;
    const source = '/apis/source.toolkit.fluxcd.io/v1';
    const cases: readonly (readonly [method: string, path: string, allowed: boolean])[] = [
      ['GET', `${source}/gitrepositories`, true],
      ['PATCH', `${source}/namespaces/default/gitrepositories/a/status`, true],
      ['GET', '/api/v1/secrets', true],
      ['GET', leases('flux-system'), true],
      ['GET', leases('default'), false],
      ['DELETE', `${source}/namespaces/default/gitrepositories/a`, false],
      ['POST', `${source}/namespaces/default/gitrepositories`, false],
      ['GET', '/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations', false],
      ['PATCH', '/api/v1/namespaces/default/secrets/a', false],
      ['GET', '/apis/apps/v1/deployments', false],
    ];
    for (const [method, path, allowed] of cases) {
      it(`${allowed ? 'may' : 'may not'} ${method} ${path}`, async () => {
        const body = method === 'GET' || method === 'DELETE' ? undefined : {};
        const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
        const { status } = await account.send(method, path, { body, contentType });
        assert.equal(status !== 403, allowed, String(status));
      });
    }
  });
});

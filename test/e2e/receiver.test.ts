import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { webhookPath } from '../../src/controllers/notification/receiver/webhook-path.ts';
import type { ApiObject } from '../support/api-client.ts';
import { condition, isFailed, isReady } from '../support/conditions.ts';
import { Environment } from '../support/environment.ts';
import { type Kubectl, ref } from '../support/kubectl.ts';
import { messageOf, sourceApi, type Tenant } from '../support/tenant.ts';
import { waitFor } from '../support/wait-for.ts';

const apiVersion = 'notification.toolkit.fluxcd.io/v1';
const watched = { 'reconcile.fluxcd.io/watch': 'Enabled' };
const hook = ref(apiVersion, 'Receiver', 'hook');

function pathOf(receiver: ApiObject): string {
  return (receiver['status'] as { readonly webhookPath?: string } | undefined)?.webhookPath ?? '';
}

describe('Receiver', () => {
  let environment: Environment;

  before(async () => {
    environment = await Environment.start();
    await environment.startNotification();
  });
  after(() => environment?.stop());

  const secret = (kubectl: Kubectl, stringData: Readonly<Record<string, string>>, labels = {}) =>
    kubectl.apply([{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token', labels }, stringData }]);

  const apply = (kubectl: Kubectl, spec: object, name = 'hook') =>
    kubectl.apply([
      {
        apiVersion,
        kind: 'Receiver',
        metadata: { name },
        spec: {
          type: 'generic',
          secretRef: { name: 'token' },
          resources: [{ kind: 'GitRepository', name: 'repo' }],
          ...spec,
        },
      },
    ]);

  /** Calls until the server knows the Receiver as it is now: it answers from a cache, as Flux does. */
  const call = async (path: string, want: number, init: RequestInit = {}): Promise<void> => {
    const url = `${environment.notification.receiverUrl}${path}`;
    await waitFor(
      async (signal) => (await fetch(url, { method: 'POST', body: '{}', ...init, signal })).status === want,
      `${want} for a call`,
      { intervalMs: 20 },
    );
  };

  /** A namespace with the GitRepository `repo`, a Kustomization of it, and a token. */
  const tenantWithToken = async (): Promise<Tenant> => {
    const tenant = await environment.tenant('recv');
    await secret(tenant.kubectl, { token: 's3cret' }, watched);
    return tenant;
  };

  const config = (value: string) => ({
    'config.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {value: "${value}"}\n`,
  });

  it('brings a push to the cluster, at intervals of an hour', async () => {
    const tenant = await tenantWithToken();
    await tenant.install(config('one'));
    await tenant.ready();
    await apply(tenant.kubectl, { type: 'github', events: ['push'] });
    const path = pathOf(await tenant.kubectl.waitFor(hook, 'ready', isReady));
    assert.equal(path, webhookPath(Buffer.from('s3cret'), { name: 'hook', namespace: tenant.namespace }));

    const sha = await tenant.commit(config('two'));
    const body = JSON.stringify({ ref: 'refs/heads/main', after: sha });
    const signature = createHmac('sha256', 's3cret').update(body).digest('hex');
    const headers = {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-hub-signature-256': `sha256=${signature}`,
    };
    await call(path, 400, { body: `${body} `, headers });
    await call(path, 400, { body, headers: { ...headers, 'x-github-event': 'fork' } });
    await call(path, 200, { body, headers });
    await tenant.applied(sha);
    assert.deepEqual(await tenant.data('config'), { value: 'two' });
    const repository = await tenant.kubectl.get(ref(sourceApi, 'GitRepository', 'repo'));
    assert.match(JSON.stringify(repository.metadata['managedFields']), /"manager":"notification-controller"/);
  });

  it('wakes what labels and filters choose, also in other namespaces', async () => {
    const [tenant, other] = [await tenantWithToken(), await environment.tenant('recv-other')];
    await tenant.kubectl.apply(
      ['a', 'b', 'c'].map((name) => ({
        apiVersion: sourceApi,
        kind: 'GitRepository',
        metadata: { name, namespace: name === 'c' ? other.namespace : tenant.namespace, labels: { team: 'x' } },
        spec: { interval: '1h', url: tenant.repository.url, suspend: true },
      })),
    );
    await apply(tenant.kubectl, {
      resourceFilter: 'req.names.exists(name, name == res.metadata.name)',
      resources: [
        { kind: 'GitRepository', name: '*', matchLabels: { team: 'x' } },
        { kind: 'GitRepository', name: 'c', namespace: other.namespace },
      ],
    });
    const path = pathOf(await tenant.kubectl.waitFor(hook, 'ready', isReady));
    await call(path, 200, { body: '{"names":["b","c"]}', headers: { 'content-type': 'application/json' } });
    const asked = async (kubectl: Kubectl, name: string): Promise<boolean> => {
      const { metadata } = await kubectl.get(ref(sourceApi, 'GitRepository', name));
      return Object.hasOwn(metadata['annotations'] ?? {}, 'reconcile.fluxcd.io/requestedAt');
    };
    assert.deepEqual(
      [await asked(tenant.kubectl, 'a'), await asked(tenant.kubectl, 'b'), await asked(other.kubectl, 'c')],
      [false, true, true],
    );
    await call(path, 500, { body: 'x', headers: { 'content-type': 'application/json' } });
  });

  it('finds by itself the sources of what was pushed, when it is asked to', async () => {
    const tenant = await tenantWithToken();
    await tenant.install(config('one'));
    await tenant.ready();
    await tenant.kubectl.apply([
      {
        apiVersion,
        kind: 'Receiver',
        metadata: { name: 'hook', annotations: { 'sluice.dev/wake-sources': 'namespace' } },
        spec: { type: 'gitlab', secretRef: { name: 'token' }, resources: [] },
      },
    ]);
    const path = pathOf(await tenant.kubectl.waitFor(hook, 'ready', isReady));
    const sha = await tenant.commit(config('two'));
    const body = JSON.stringify({ ref: 'refs/heads/main', project: { git_http_url: tenant.repository.url } });
    const headers = { 'content-type': 'application/json', 'x-gitlab-token': 's3cret', 'x-gitlab-event': 'Push Hook' };
    await call(path, 200, { body, headers });
    await tenant.applied(sha);
    await tenant.kubectl.annotate(hook, { 'sluice.dev/wake-sources': 'everything' });
    await tenant.kubectl.waitFor(hook, 'stalled', (object) => isFailed(object, 'InvalidAnnotation'));
  });

  it('follows its Secret at once when that is labelled', async () => {
    const { kubectl, namespace } = await environment.tenant('recv');
    await apply(kubectl, {});
    const absent = await kubectl.waitFor(hook, 'failed', (object) => isFailed(object, 'TokenNotFound'));
    assert.match(messageOf(absent), /^unable to read token from secret '.*\/token' error: secrets "token" not found$/);
    assert.equal(condition(absent, 'Reconciling')?.reason, 'ProgressingWithRetry');
    await secret(kubectl, { other: 'x' }, watched);
    await kubectl.waitFor(hook, 'told of the key', (object) =>
      messageOf(object).endsWith("/token' secret data: required fields 'token'"),
    );
    await secret(kubectl, { token: 'one' }, watched);
    const first = pathOf(await kubectl.waitFor(hook, 'ready', isReady));
    await secret(kubectl, { token: 'two' }, watched);
    const second = webhookPath(Buffer.from('two'), { name: 'hook', namespace });
    await kubectl.waitFor(hook, 'moved', (object) => pathOf(object) === second);
    assert.notEqual(first, second);
    await call(first, 404);
  });

  it('answers nobody while it is suspended, cannot work, or is gone', async () => {
    const { kubectl } = await tenantWithToken();
    await apply(kubectl, { resources: [] });
    const path = pathOf(await kubectl.waitFor(hook, 'ready', isReady));
    await call(path, 200);
    await kubectl.patch(hook, { spec: { suspend: true } });
    await call(path, 503);
    await kubectl.patch(hook, { spec: { suspend: false, resourceFilter: 'req.x ==' } });
    const stalled = await kubectl.waitFor(hook, 'stalled', (object) => isFailed(object, 'InvalidCELExpression'));
    assert.equal(condition(stalled, 'Stalled')?.status, 'True');
    await call(path, 503);
    await kubectl.patch(hook, { spec: { resourceFilter: null } });
    await kubectl.waitFor(hook, 'ready again', isReady);
    await call(path, 200);
    await kubectl.delete(hook);
    await kubectl.waitGone(hook);
    await call(path, 404);
  });

  it('is left as it is by a process that starts anew', async () => {
    const { kubectl, namespace } = await tenantWithToken();
    await apply(kubectl, { resources: [] });
    const before = await kubectl.waitFor(hook, 'ready', isReady);
    await environment.notification.controller.stop();
    await environment.startNotification();
    const looked = new RegExp(
      `gotk_reconcile_duration_seconds_count\\{kind="Receiver",name="hook",namespace="${namespace}"\\} [1-9]`,
    );
    await waitFor(async () => looked.test(await environment.notification.controller.metrics()), 'a reconcile');
    assert.deepEqual(await kubectl.get(hook), before);
  });

  it('is answered by a replica that waits for the lease, too', async () => {
    const { kubectl } = await tenantWithToken();
    await apply(kubectl, { resources: [] });
    const path = pathOf(await kubectl.waitFor(hook, 'ready', isReady));
    await kubectl.in('flux-system').apply([
      {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'notification-controller-leader-election' },
        spec: {
          holderIdentity: 'another',
          leaseDurationSeconds: 3600,
          renewTime: new Date().toISOString().replace('Z', '000Z'),
        },
      },
    ]);
    await environment.notification.controller.stop();
    await environment.startNotification('--enable-leader-election');
    await call(path, 200);
    assert.match(await environment.notification.controller.metrics(), /leader_election_master_status\{[^}]*\} 0/);
    await environment.notification.controller.stop();
    await environment.startNotification();
  });

  it('counts calls, without their paths', async () => {
    await call('/hook/of-nobody', 404);
    const metrics = await environment.notification.controller.metrics();
    assert.match(metrics, /gotk_receiver_http_request_duration_seconds_count\{[^}]*code="404"\} \d/);
    assert.doesNotMatch(metrics, /of-nobody/);
  });
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { ApiFailure } from '../support/api-client.ts';
import { Kubectl, ref } from '../support/kubectl.ts';
import { waitFor } from '../support/wait-for.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';

const linux = process.platform === 'linux' ? {} : { skip: 'needs /proc' };

/** Processes that work in a folder: those of a control plane, whose working directory it is. */
async function processesIn(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (cwd.startsWith(dir)) found.push(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => pid));
  }
  return found;
}

describe('a control plane', () => {
  let plane: ControlPlane;
  let kubectl: Kubectl;
  before(async () => {
    plane = await startControlPlane({ audit: true, kwok: true });
    kubectl = new Kubectl(plane.admin);
  });
  after(() => plane.stop());

  it('answers as the pinned release', async () => {
    const version = await plane.admin.call<{ gitVersion: string }>('GET', '/version');
    assert.equal(version.gitVersion, 'v1.36.3');
    assert.equal((await plane.admin.send('GET', '/readyz')).text, 'ok');
  });

  it('knows users by certificate, and RBAC decides what they may', async () => {
    const client = await plane.clientFor('jane, "the" user', ['team:a', 'team:b']);
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const review = await client.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body });
    const { userInfo } = review['status'] as { userInfo: { username: string; groups: string[] } };
    assert.equal(userInfo.username, 'jane, "the" user');
    assert.deepEqual(userInfo.groups.toSorted(), ['system:authenticated', 'team:a', 'team:b']);
    await assert.rejects(client.call('GET', '/api/v1/secrets'), (error) => {
      assert.ok(error instanceof ApiFailure);
      assert.deepEqual([error.status, error.reason], [403, 'Forbidden']);
      return true;
    });
    await client.close();
  });

  it('gives kubeconfigs of users and of ServiceAccounts', async () => {
    const user = await readFile(await plane.kubeconfigFor('x/y'), 'utf8');
    assert.match(user, /client-certificate-data: /);
    const account = await readFile(await plane.kubeconfigForServiceAccount('default', 'default'), 'utf8');
    assert.match(account, /token: ey/);
    assert.match(account, /namespace: default/);
  });

  it('runs Pods of Deployments and Jobs, and deletes namespaces with all in them', async () => {
    const test = await kubectl.createNamespace();
    const template = (name: string) => ({
      metadata: { labels: { app: name } },
      spec: {
        containers: [{ name, image: 'none' }],
        terminationGracePeriodSeconds: 0, // a namespace is looked at again only after half of the longest
        restartPolicy: name === 'job' ? 'Never' : 'Always',
      },
    });
    const [deployment] = await test.apply([
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: template('web') },
      },
      { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'job' }, spec: { template: template('job') } },
    ]);
    assert.ok(deployment);
    const status = (object: { readonly [key: string]: unknown }) => (object['status'] ?? {}) as Record<string, unknown>;
    await test.waitFor(deployment, 'available', (object) => status(object)['availableReplicas'] === 2);
    await test.waitFor(ref('batch/v1', 'Job', 'job'), 'done', (object) => status(object)['succeeded'] === 1);
    const namespace = ref('v1', 'Namespace', test.namespace);
    await test.delete(namespace);
    await test.waitGone(namespace);
  });

  it('writes who did what to the audit log', async () => {
    const log = plane.auditLog ?? '';
    const client = await plane.clientFor('audited');
    await client.send('GET', '/api/v1/namespaces/default/configmaps/some');
    await client.close();
    const event = await waitFor(async () => {
      const lines = (await readFile(log, 'utf8')).split('\n');
      return lines.find((line) => line.includes('"username":"audited"'));
    }, 'the request in the audit log');
    const { verb, level, objectRef } = JSON.parse(event) as Record<string, unknown>;
    assert.deepEqual({ verb, level }, { verb: 'get', level: 'Metadata' });
    assert.deepEqual(objectRef, { resource: 'configmaps', namespace: 'default', name: 'some', apiVersion: 'v1' });
  });

  it('can be paused, resumed and restarted, and keeps its data and its URL', async () => {
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept' }, data: { a: 'b' } };
    await kubectl.apply([map]);
    plane.pauseApiServer();
    const impatient = plane.admin.send('GET', '/readyz', { signal: AbortSignal.timeout(200) });
    await assert.rejects(impatient, { name: 'TimeoutError' });
    plane.resumeApiServer();
    assert.equal((await plane.admin.send('GET', '/readyz')).status, 200);
    const { server } = plane;
    await plane.stopApiServer();
    await assert.rejects(plane.admin.send('GET', '/readyz'));
    await plane.startApiServer();
    assert.equal(plane.server, server);
    assert.deepEqual((await kubectl.get(map))['data'], { a: 'b' });
  });

  it('can be drained, and leaves nothing when it is stopped', linux, async () => {
    await using short = await startControlPlane({ controllers: [] });
    await short.restartApiServer({ graceful: true });
    assert.equal((await processesIn(short.dir)).length, 2);
    await short.stop();
    assert.deepEqual(await processesIn(short.dir), []);
    assert.ok(!existsSync(short.dir));
  });

  it('says why it did not start', async () => {
    await assert.rejects(
      startControlPlane({ apiServerArgs: ['--no-such-flag'] }),
      /--- kube-apiserver\n.*no-such-flag/s,
    );
  });
});

describe('the command', linux, () => {
  for (const { signal, code } of [
    { signal: 'SIGTERM', code: 0 },
    { signal: 'SIGKILL', code: null },
  ] as const) {
    it(`prints a kubeconfig, stays, and leaves nothing after ${signal}`, async () => {
      const args = [join(import.meta.dirname, 'main.ts'), '--user', 'x:system:masters,other'];
      const command = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const lines = createInterface({ input: command.stdout })[Symbol.asyncIterator]();
      const admin = String((await lines.next()).value);
      const user = String((await lines.next()).value);
      const dir = dirname(admin);
      assert.equal(dirname(user), dir);
      assert.equal((await processesIn(dir)).length, 3);
      command.kill(signal);
      assert.deepEqual(await once(command, 'exit'), [code, code === null ? signal : null]);
      await waitFor(async () => (await processesIn(dir)).length === 0 && !existsSync(dir), 'everything to be gone');
    });
  }
});

import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isReady } from '../support/conditions.ts';
import { ControllerProcess } from '../support/controller-process.ts';
import { Environment } from '../support/environment.ts';
import { EventSink } from '../support/event-sink.ts';
import { freePort } from '../support/free-port.ts';
import { ref } from '../support/kubectl.ts';
import { ProcessGroup } from '../support/process-group.ts';
import { waitFor } from '../support/wait-for.ts';

const notificationApi = 'notification.toolkit.fluxcd.io';

interface Notification {
  readonly metadata?: Readonly<Record<string, string>>;
}

describe('sluice all', () => {
  let environment: Environment;
  let group: ProcessGroup;
  let all: ControllerProcess;
  let sink: EventSink;
  let receiverUrl = '';

  before(async () => {
    environment = await Environment.start({ start: false });
    sink = await EventSink.start();
    const dir = await mkdtemp(join(tmpdir(), 'sluice-all-'));
    group = new ProcessGroup([dir]);
    const [storage, receiver, events] = [await freePort(), await freePort(), await freePort()];
    receiverUrl = `http://127.0.0.1:${receiver}`;
    all = await ControllerProcess.start({
      name: 'all',
      kubeconfig: environment.plane.kubeconfig,
      group,
      flags: [
        `--storage-path=${dir}`,
        `--storage-addr=127.0.0.1:${storage}`,
        `--receiverAddr=127.0.0.1:${receiver}`,
        `--event-server-addr=127.0.0.1:${events}`,
      ],
    });
  });
  after(async () => {
    await all?.stop();
    await group?.close();
    await sink?.[Symbol.asyncDispose]();
    await environment?.stop();
  });

  it('takes a push by a webhook, applies it, and tells of it, without being told where events go', async () => {
    const tenant = await environment.tenant('all');
    const config = (value: string) => ({
      'config.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {value: "${value}"}\n`,
    });
    const sha = await tenant.install(config('one'));
    await tenant.applied(sha);
    await tenant.kubectl.apply([
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token' }, stringData: { token: 'x' } },
      {
        apiVersion: `${notificationApi}/v1`,
        kind: 'Receiver',
        metadata: { name: 'hook' },
        spec: {
          type: 'generic',
          secretRef: { name: 'token' },
          resources: [{ kind: 'GitRepository', name: 'repo' }],
        },
      },
      {
        apiVersion: `${notificationApi}/v1beta3`,
        kind: 'Provider',
        metadata: { name: 'sink' },
        spec: { type: 'generic', address: `${sink.url}/sink` },
      },
      {
        apiVersion: `${notificationApi}/v1beta3`,
        kind: 'Alert',
        metadata: { name: 'sink' },
        spec: { providerRef: { name: 'sink' }, eventSources: [{ kind: 'Kustomization', name: '*' }] },
      },
    ]);
    const receiver = await tenant.kubectl.waitFor(ref(`${notificationApi}/v1`, 'Receiver', 'hook'), 'ready', isReady);
    const { webhookPath } = receiver['status'] as { readonly webhookPath: string };
    const told = (revision: string): boolean =>
      sink.at('/sink').some(({ body }) => (body as Notification).metadata?.['revision'] === `main@sha1:${revision}`);
    // Calls and events are answered from caches, which may be a moment behind: a push that came too early is not told of.
    const pushed: string[] = [];
    await waitFor(async (signal) => {
      pushed.push(await tenant.commit(config(`push ${pushed.length}`)));
      const answer = await fetch(`${receiverUrl}${webhookPath}`, { method: 'POST', signal });
      if (answer.status === 200) await tenant.applied(pushed.at(-1) ?? '');
      return pushed.some(told);
    }, 'a push to be told of');
  });

  it('ends in order', async () => {
    assert.equal(await all.stop(), 0);
    assert.ok(all.logs.some(({ msg }) => msg === 'Stopped'));
  });
});

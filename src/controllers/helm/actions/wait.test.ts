import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeServer } from '../../../../test/support/fake-client.ts';
import { actionBench } from '../../../../test/support/helm-actions.ts';
import { current, inProgress } from '../../../apply/kstatus-fields.ts';
import type { KubeObject } from '../../../kube/object.ts';
import type { ActionContext, WaitOptions } from './context.ts';
import { buildObjects } from './objects.ts';
import { WaitError, waitGone, waitHooks, waitReady } from './wait.ts';
import type { WrittenObject } from './write-objects.ts';

const long: WaitOptions = { timeoutMs: 60_000, strategy: 'watcher', forJobs: true };
const short: WaitOptions = { ...long, timeoutMs: 20 };

const job = 'apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {backoffLimit: 0}\n';
const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n';
const deployment = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 1}\n';

interface World {
  readonly server: FakeServer;
  readonly context: ActionContext;
  readonly written: readonly WrittenObject[];
}

/** Objects as they were just written, and how they are told to be afterwards. */
async function world(
  manifest: string,
  status: object | undefined,
  more: Parameters<typeof actionBench>[2] = {},
): Promise<World> {
  const server = new FakeServer();
  const { context } = actionBench(server.client(), 'team', more);
  const { client, signal } = context;
  const items = await buildObjects(manifest, { client, signal, namespace: 'team' });
  const written = items.map((item) => ({ item, created: true, live: server.edit(item.object, 'helm-controller') }));
  for (const { item } of written) if (status !== undefined) server.edit({ ...item.object, status }, 'kubelet');
  server.taken();
  return { server, context, written };
}

const done = { conditions: [{ type: 'Complete', status: 'True' }] };
const failed = { conditions: [{ type: 'Failed', status: 'True' }], failed: 1 };
const running = { startTime: '2026-01-01T00:00:00Z', active: 1 };

describe('what was written is ready', () => {
  for (const [name, manifest, status, wait, want] of [
    ['at once where its kind is', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n', undefined, short, 'ready'],
    ['when a Job is complete', job, done, long, 'ready'],
    ['not while a Job runs', job, running, short, "timeout waiting for: [Job/team/j status: 'InProgress']"],
    ['as soon as a Job runs, where that is enough', job, running, { ...long, forJobs: false }, 'ready'],
    [
      'never when a Job has failed',
      job,
      failed,
      long,
      "failed early due to stalled resources: [Job/team/j status: 'Failed']",
    ],
    ['at once where nothing is waited for', job, undefined, { ...short, strategy: 'hookOnly' }, 'ready'],
    ['when it is paused', deployment.replace('replicas: 1', 'paused: true'), undefined, short, 'ready'],
    [
      'not before its Pods are',
      deployment,
      { replicas: 1 },
      short,
      "timeout waiting for: [Deployment/team/d status: 'InProgress']",
    ],
    ['by the rules of Helm 3', job, { succeeded: 1 }, { ...long, strategy: 'legacy' }, 'ready'],
    [
      'not in time, and says so as Helm 3',
      deployment,
      { replicas: 1 },
      { ...short, strategy: 'legacy' },
      'context deadline exceeded',
    ],
    [
      'never, and says so as Helm 3',
      job.replace('backoffLimit: 0', 'backoffLimit: 0, completions: 1'),
      failed,
      { ...long, strategy: 'legacy' },
      'job is failed: team/j',
    ],
  ] as const)
    it(name, async () => {
      const { context, written } = await world(manifest, status);
      const result = waitReady(written, wait, context).then(
        () => 'ready',
        (error: unknown) => (error instanceof WaitError ? error.message : String(error)),
      );
      assert.equal(await result, want);
    });

  it('without a look when its answer said so', async () => {
    const { server, context, written } = await world(job, done);
    const [one] = written;
    assert.ok(one);
    const live = server.find('Job', 'j') as KubeObject;
    await waitReady([{ ...one, live }], long, context);
    assert.deepEqual(server.taken(), []);
  });

  it('when the user says so', async () => {
    const color = (object: KubeObject): unknown => (object['data'] as { readonly color?: unknown } | undefined)?.color;
    const health: ActionContext['health'] = (object) =>
      object.kind !== 'ConfigMap' ? undefined : color(object) === 'green' ? current('') : inProgress('');
    const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {color: red}\n';
    const { server, context, written } = await world(map, undefined, { health });
    await assert.rejects(waitReady(written, short, context), /ConfigMap\/team\/c status: 'InProgress'/);
    const waiting = waitReady(written, long, context);
    const [one] = written;
    assert.ok(one);
    server.edit({ ...one.item.object, data: { color: 'green' } });
    await waiting;
  });

  it('no more, when there is something newer to do', async () => {
    const newer = new AbortController();
    const { context, written } = await world(deployment, undefined, { waitSignal: newer.signal });
    const waiting = waitReady(written, long, context);
    newer.abort(new Error('there is a new revision'));
    await assert.rejects(waiting, { name: 'WaitError', interrupted: true, message: 'there is a new revision' });
  });
});

describe('hooks', () => {
  for (const [name, manifest, status, want] of [
    ['have run when a Job is complete', job, done, 'run'],
    ['have run when a Pod has ended', pod, { phase: 'Succeeded' }, 'run'],
    [
      'have failed with their Pod',
      pod,
      { phase: 'Failed' },
      "failed early due to stalled resources: [Pod/team/p status: 'Failed']",
    ],
    [
      'hang when a Pod does not end',
      pod,
      { phase: 'Running' },
      "timeout waiting for: [Pod/team/p status: 'InProgress']",
    ],
    ['of other kinds have run when they are there', deployment, undefined, 'run'],
  ] as const)
    it(name, async () => {
      const { context, written } = await world(manifest, status);
      const timeoutMs = want.startsWith('timeout') ? 20 : 60_000;
      const result = waitHooks(
        written.map(({ item }) => item),
        timeoutMs,
        context,
      ).then(
        () => 'run',
        (error: unknown) => (error instanceof WaitError ? error.message : String(error)),
      );
      assert.equal(await result, want);
    });
});

describe('what is deleted', () => {
  it('is waited for until it is gone', async () => {
    const { server, context, written } = await world(pod, undefined);
    const items = written.map(({ item }) => item);
    await assert.rejects(waitGone(items, 20, context), {
      message: 'Pod/team/p termination timeout: context deadline exceeded',
    });
    const waiting = waitGone(items, 60_000, context);
    const type = server.typeOf({ apiVersion: 'v1', kind: 'Pod' });
    server.remove(type, server.lookUp(type, { namespace: 'team', name: 'p' }));
    await waiting;
  });
});

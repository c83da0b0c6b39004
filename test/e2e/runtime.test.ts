import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { FINALIZER, REQUESTED_AT } from '../../src/crds/meta/names.ts';
import { isNotFound } from '../../src/kube/errors.ts';
import { type ClosableClient, createClient } from '../../src/kube/http-client.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import type { KubeObject, ObjectKey, ResourceType } from '../../src/kube/object.ts';
import type { AttemptContext } from '../../src/runtime/attempt.ts';
import { Controller, FatalError } from '../../src/runtime/controller.ts';
import { eventType } from '../../src/runtime/event-kubernetes.ts';
import { EventRecorder } from '../../src/runtime/events.ts';
import { Fault } from '../../src/runtime/fault.ts';
import { Informer } from '../../src/runtime/informer.ts';
import { LeaderElector, type LeaseSpec, leaseType } from '../../src/runtime/lease.ts';
import { silentLogger } from '../../src/runtime/logging.ts';
import { Manager } from '../../src/runtime/manager.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import type { Outcome } from '../../src/runtime/outcome.ts';
import { kustomizationPolicy } from '../../src/runtime/policies.ts';
import { isWakeWorthy } from '../../src/runtime/predicates.ts';
import { ReconcileLoop } from '../../src/runtime/reconcile-loop.ts';
import { type Status, statusOf } from '../../src/runtime/status.ts';
import { addFinalizer, removeFinalizer, StaleStatusError, writeStatus } from '../../src/runtime/status-writer.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { waitFor } from '../support/wait-for.ts';

const crds: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

/** A kind with a status subresource, of whose content the server knows nothing. */
const type: ResourceType = { group: 'runtime.test', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true };
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.runtime.test' },
  spec: {
    group: 'runtime.test',
    names: { kind: 'Thing', plural: 'things' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } },
      },
    ],
  },
};

type Pipeline = (object: KubeObject, attempt: AttemptContext) => Promise<Outcome>;

const quick = { deadlineMs: 20_000, intervalMs: 20 };

describe('the runtime on a real API server', () => {
  let plane: ControlPlane;
  let client: ClosableClient;
  let number = 0;
  let key: ObjectKey & { namespace: string };

  before(async () => {
    plane = await startControlPlane({ controllers: [] });
    client = createClient(await loadConnection({ kubeconfig: plane.kubeconfig, inCluster: false }));
    await client.create(crds, crd);
    await waitFor(() => client.list(type).then(() => true), 'the kind to be served', quick);
  });
  after(async () => {
    await client?.close();
    await plane?.stop();
  });
  beforeEach(() => {
    number += 1;
    key = { name: `thing-${number}`, namespace: 'default' };
  });

  function create(spec: Record<string, unknown> = { interval: '10m' }): Promise<KubeObject> {
    return client.create(type, { apiVersion: 'runtime.test/v1', kind: 'Thing', metadata: key, spec });
  }

  const live = (): Promise<KubeObject> => client.get(type, key);
  const options = { fieldManager: 'gotk-kustomize-controller' };

  describe('status writes', () => {
    it('belong to the status subresource and to their field manager', async () => {
      const written = await writeStatus(client, type, await create(), { observedGeneration: 1 }, options);
      assert.deepEqual(written['status'], { observedGeneration: 1 });
      const owners = written.metadata.managedFields?.map(({ manager, subresource }) => `${manager} ${subresource}`);
      assert.ok(owners?.includes('gotk-kustomize-controller status'));
    });

    it('go through when someone annotated the object meanwhile, unless they changed the status', async () => {
      const object = await create();
      await client.patch(type, key, { type: 'merge', body: { metadata: { annotations: { a: 'b' } } } });
      const guarded = { ...options, guarded: true };
      const written = await writeStatus(client, type, object, { inventory: { entries: [] } }, guarded);
      assert.deepEqual(written.metadata.annotations, { a: 'b' });
      await assert.rejects(
        writeStatus(client, type, object, { inventory: { entries: [1] } }, guarded),
        StaleStatusError,
      );
      assert.deepEqual(statusOf(await live())['inventory'], { entries: [] });
    });

    it('to an object that is gone are not found', async () => {
      const object = await create();
      await client.delete(type, key);
      await assert.rejects(writeStatus(client, type, object, { a: 1 }, { ...options, guarded: true }), isNotFound);
      await assert.rejects(writeStatus(client, type, object, { a: 1 }, options), isNotFound);
    });

    it('finalizers come and go beside those of others', async () => {
      const object = await create();
      const theirs = { metadata: { finalizers: ['example.com/theirs'] } };
      await client.patch(type, key, { type: 'merge', body: theirs }, { fieldManager: 'them' });
      const held = await addFinalizer(client, type, object, FINALIZER, options);
      assert.deepEqual(held.metadata.finalizers, ['example.com/theirs', FINALIZER]);
      await client.patch(type, key, { type: 'merge', body: { metadata: { labels: { a: 'b' } } } });
      await removeFinalizer(client, type, held, FINALIZER, options);
      assert.deepEqual((await live()).metadata.finalizers, ['example.com/theirs']);
    });
  });

  describe('events', () => {
    it('are taken as they are, and counted', async () => {
      const object = await create();
      const recorder = new EventRecorder({
        client,
        controllerName: 'kustomize-controller',
        metrics: createMetrics(),
        log: silentLogger,
      });
      const event = {
        severity: 'error',
        reason: 'BuildFailed',
        message: 'x'.repeat(5000),
        metadata: { revision: 'r' },
      } as const;
      recorder.event(object, event);
      recorder.event(object, { reason: 'Progressing', message: 'ConfigMap/default/a created' });
      await recorder.flush(AbortSignal.timeout(10_000));
      const events = (await client.list(eventType, { namespace: 'default' })).filter(
        ({ involvedObject }) => (involvedObject as { name: string }).name === key.name,
      );
      assert.deepEqual(
        events.map(({ type: kind, reason, reportingComponent }) => [kind, reason, reportingComponent]),
        [
          ['Warning', 'BuildFailed', 'kustomize-controller'],
          ['Normal', 'Progressing', 'kustomize-controller'],
        ],
      );
      assert.deepEqual(events[0]?.metadata.annotations, { 'runtime.test/revision': 'r' });
    });
  });

  describe('a controller', () => {
    /** A process of one controller, whose pipeline a test gives. */
    async function run(
      pipeline: Pipeline,
      work: (parts: { informer: Informer; runs: () => number }) => Promise<void>,
    ): Promise<void> {
      const metrics = createMetrics();
      const informer = new Informer({ client, type, log: silentLogger });
      const events = new EventRecorder({ client, controllerName: 'runtime-test', metrics, log: silentLogger });
      let runs = 0;
      const kind = kindOf((object, attempt) => {
        runs += 1;
        return pipeline(object, attempt);
      });
      const loop = new ReconcileLoop(kind, { client, cache: informer, events, metrics, dependencyIntervalMs: 200 });
      const controller = new Controller({
        name: 'thing',
        group: type.group,
        kind: type.kind,
        concurrency: 4,
        minRetryDelayMs: 50,
        maxRetryDelayMs: 1000,
        reconcile: (asked, context) => (asked.name === key.name ? loop.reconcile(asked, context) : Promise.resolve({})),
        metrics,
        log: silentLogger,
      });
      informer.onChange((change) => {
        if (change.current !== undefined && isWakeWorthy(change))
          controller.queue.add(change.current.metadata as ObjectKey);
      });
      const manager = new Manager({ metricsAddr: '0', healthAddr: '0', log: silentLogger, metrics, events });
      manager.addCache(informer);
      manager.add(controller);
      const stop = new AbortController();
      const running = manager.start(stop.signal);
      try {
        await work({ informer, runs: () => runs });
      } finally {
        stop.abort();
        await running;
      }
    }

    function kindOf(
      pipeline: (
        object: KubeObject,
        attempt: import('../../src/runtime/attempt.ts').AttemptContext,
      ) => Promise<Outcome>,
    ) {
      return { type, policy: kustomizationPolicy, pipeline, finalize: async () => undefined, suspended: () => false };
    }

    const readyFor = (test: (status: Status) => boolean) =>
      waitFor(async () => test(statusOf(await live())), 'the status', quick);

    it('brings an object to Ready, hears of changes and requests, and lets go of it', async () => {
      await create();
      await run(
        async () => ({ state: 'ready', message: 'done' }),
        async ({ runs }) => {
          await readyFor(({ observedGeneration }) => observedGeneration === 1);
          await client.patch(type, key, { type: 'merge', body: { spec: { changed: true } } });
          await readyFor(({ observedGeneration }) => observedGeneration === 2);
          await client.patch(type, key, {
            type: 'merge',
            body: { metadata: { annotations: { [REQUESTED_AT]: 't1' } } },
          });
          await readyFor(({ lastHandledReconcileAt }) => lastHandledReconcileAt === 't1');
          assert.equal(runs(), 3);
          await client.delete(type, key);
          await waitFor(() => live().then(() => false, isNotFound), 'the object to go', quick);
        },
      );
    });

    it('never loses an inventory entry to a cache that lags behind its own writes', async () => {
      await create();
      const missing: number[] = [];
      let round = 0;
      await run(
        async (object, attempt) => {
          const entries = (statusOf(object)['inventory'] as { entries: number[] } | undefined)?.entries ?? [];
          if (entries.length !== round) missing.push(round);
          round += 1;
          await attempt.commit({ inventory: { entries: [...entries, round] } });
          if (round < 30) return { state: 'ready', message: `round ${round}`, requeueAfterMs: 1 };
          return { state: 'ready', message: 'end' };
        },
        async () => {
          await waitFor(() => round === 30, 'thirty rounds', quick);
          await readyFor(({ conditions }) => conditions?.some(({ message }) => message === 'end') === true);
        },
      );
      assert.deepEqual(missing, []);
    });

    it('waits and wakes without being told twice', async () => {
      await create();
      let open = false;
      await run(
        async () => {
          if (open) return { state: 'ready', message: 'done' };
          throw new Fault('waiting', 'DependencyNotReady', "dependency 'default/x' is not ready");
        },
        async () => {
          await readyFor(({ conditions }) => conditions?.[0]?.reason === 'DependencyNotReady');
          open = true;
          await readyFor(({ conditions }) => conditions?.[0]?.reason === 'ReconciliationSucceeded');
        },
      );
    });
  });

  describe('leader election', () => {
    function elector(identity: string, name: string): LeaderElector {
      return new LeaderElector({
        client,
        name,
        namespace: 'default',
        identity,
        leaseDurationMs: 2000,
        renewDeadlineMs: 1500,
        retryPeriodMs: 100,
        releaseOnCancel: true,
        log: silentLogger,
      });
    }

    it('lets one lead, and hands over when that one ends', async () => {
      const name = `handover-${number}`;
      const [first, second] = [elector('first', name), elector('second', name)];
      const stop = new AbortController();
      assert.equal(await first.acquire(stop.signal), true);
      const holding = first.hold(stop.signal);
      let secondLeads = false;
      const acquiring = second.acquire(AbortSignal.timeout(20_000)).then((leads) => {
        secondLeads = leads;
      });
      const spec = async (): Promise<LeaseSpec> =>
        (await client.get(leaseType, { name, namespace: 'default' }))['spec'] as LeaseSpec;
      const { renewTime } = await spec();
      await waitFor(async () => (await spec()).renewTime !== renewTime, 'a renewal', quick);
      assert.equal(secondLeads, false);
      stop.abort();
      await holding;
      await first.release();
      await acquiring;
      assert.equal(secondLeads, true);
      assert.equal((await spec()).leaseTransitions, 1);
    });

    it('survives a restart of the API server, and ends when that stays away', async () => {
      const subject = elector('one', `restart-${number}`);
      await subject.acquire(AbortSignal.timeout(20_000));
      const holding = subject.hold(new AbortController().signal);
      const lost = assert.rejects(holding, FatalError);
      await plane.stopApiServer();
      await lost;
      await plane.startApiServer();
    });
  });

  it('an informer sees what happened while the API server was away', async () => {
    await create();
    const stop = new AbortController();
    const informer = new Informer({ client, type, log: silentLogger });
    informer.start(stop.signal);
    await informer.synced;
    assert.ok(informer.get(key));
    await plane.restartApiServer();
    await waitFor(
      () => client.patch(type, key, { type: 'merge', body: { spec: { after: 'restart' } } }),
      'a write',
      quick,
    );
    await waitFor(
      () => (informer.get(key)?.['spec'] as { after?: string }).after === 'restart',
      'the informer to hear of it',
      { deadlineMs: 40_000, intervalMs: 50 },
    );
    await client.delete(type, key);
    await waitFor(() => informer.get(key) === undefined, 'the informer to hear of the deletion', quick);
    stop.abort();
  });
});

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { FakeApiServer } from '../../test/support/fake-api-server.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { Condition } from '../crds/meta/condition.ts';
import { FINALIZER, REQUESTED_AT } from '../crds/meta/names.ts';
import { ApiError } from '../kube/errors.ts';
import { type ClosableClient, createClient } from '../kube/http-client.ts';
import type { KubeObject, ObjectKey, ResourceType } from '../kube/object.ts';
import { parseDuration } from '../lib/duration.ts';
import type { AttemptContext } from './attempt.ts';
import { ReportedError } from './controller.ts';
import { Fault } from './fault.ts';
import { silentLogger } from './logging.ts';
import { createMetrics } from './metrics.ts';
import type { EventInput, Outcome } from './outcome.ts';
import { kustomizationPolicy } from './policies.ts';
import type { Change } from './predicates.ts';
import { type ReconciledKind, ReconcileLoop } from './reconcile-loop.ts';
import type { Result } from './result.ts';
import { statusOf } from './status.ts';

const type: ResourceType = { group: 'g.example', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true };
const key: ObjectKey = { name: 'a', namespace: 'ns' };
const done: Outcome = { state: 'ready', message: 'Applied revision: r1', status: { lastAppliedRevision: 'r1' } };

describe('ReconcileLoop', () => {
  let server: FakeApiServer;
  let client: ClosableClient;
  let clock: ManualClock;
  /** What the informer holds: at first what the server does, later what a test wants. */
  let cached: KubeObject | undefined;
  let tell: (change: Change<KubeObject>) => void;
  let events: EventInput[];
  let forgotten: ObjectKey[];
  let cleaned: string[];
  let loop: ReconcileLoop<KubeObject>;
  let pipeline: (object: KubeObject, attempt: AttemptContext) => Promise<Outcome>;
  let finalize: ReconciledKind<KubeObject>['finalize'];

  before(async () => {
    server = await FakeApiServer.start({ types: [type] });
    client = createClient(server.connection());
  });
  after(async () => {
    await client.close();
    await server.close();
  });

  beforeEach(() => {
    server.requests.length = 0;
    clock = new ManualClock();
    events = [];
    forgotten = [];
    cleaned = [];
    pipeline = async () => done;
    finalize = async () => undefined;
    if (server.store.find(type, key) !== undefined) server.store.remove(type, key);
    const kind: ReconciledKind<KubeObject> = {
      type,
      policy: kustomizationPolicy,
      pipeline: (object, attempt) => pipeline(object, attempt),
      finalize: (object, attempt) => finalize(object, attempt),
      suspended: (object) => (object['spec'] as { suspend?: boolean }).suspend === true,
      records: {
        includes: (object) => (object['spec'] as { type?: string }).type === 'record',
        clean: async ({ metadata: { name } }) => void cleaned.push(name),
      },
      forget: (gone) => forgotten.push(gone),
    };
    loop = new ReconcileLoop(kind, {
      client,
      cache: {
        get: () => cached,
        onChange: (handler) => {
          tell = handler;
        },
      },
      events: { event: (_object, event) => void events.push(event) },
      metrics: createMetrics(),
      dependencyIntervalMs: parseDuration('5s'),
      clock,
    });
    put({});
  });

  function put({ spec = {}, status = { observedGeneration: -1 }, ...metadata }: Record<string, unknown>): KubeObject {
    cached = server.store.put(type, {
      apiVersion: 'g.example/v1',
      kind: 'Thing',
      metadata: { ...key, ...metadata },
      spec: { interval: '10m', retryInterval: '1m', ...(spec as object) },
      status,
    });
    return cached;
  }

  function reconcile(signal = new AbortController().signal): Promise<Result> {
    return loop.reconcile(key, { signal, log: silentLogger });
  }

  const live = (): KubeObject => server.store.get(type, key);
  const requests = (): string[] =>
    server.requests.map(({ method, url }) => `${method} ${url.pathname.replace(/.*\/things\//, '')}`);
  const ready = (): string | undefined => {
    const found = statusOf(live()).conditions?.find((condition: Condition) => condition.type === 'Ready');
    return found && `${found.status} ${found.reason}`;
  };

  it('holds a new object by a finalizer, reconciles it, and writes its status: two requests', async () => {
    assert.deepEqual(await reconcile(), { requeueAfterMs: 600_000 });
    assert.deepEqual(requests(), ['PATCH a', 'PATCH a/status']);
    assert.deepEqual(live().metadata.finalizers, [FINALIZER]);
    assert.equal(ready(), 'True ReconciliationSucceeded');
    assert.equal(server.requests[0]?.url.searchParams.get('fieldManager'), 'gotk-kustomize-controller');
    assert.deepEqual(
      events.map(({ reason, metadata }) => [reason, metadata]),
      [['ReconciliationSucceeded', { commit_status: 'update' }]],
    );
  });

  it('an object that changed in nothing costs no request and no event', async () => {
    await reconcile();
    server.requests.length = 0;
    events.length = 0;
    await reconcile();
    assert.deepEqual(requests(), []);
    assert.deepEqual(events, []);
  });

  describe('what is under way', () => {
    const underWay: Outcome = { state: 'progressing', message: 'Running health checks', requeueAfterMs: 30_000 };

    it('is not written when it ends at once, and what was learned is written with the end', async () => {
      pipeline = async (_object, attempt) => {
        attempt.record({ inventory: { entries: ['a'] } });
        return underWay;
      };
      assert.deepEqual(await reconcile(), { requeueAfterMs: 30_000 });
      assert.deepEqual(requests(), ['PATCH a']);
      pipeline = async () => done;
      await reconcile();
      assert.deepEqual(requests(), ['PATCH a', 'PATCH a/status']);
      assert.deepEqual(statusOf(live())['inventory'], { entries: ['a'] });
      assert.equal(ready(), 'True ReconciliationSucceeded');
      assert.equal(clock.pending, 0);
    });

    it('is written when it lasts, however often it is looked at', async () => {
      pipeline = async () => underWay;
      await reconcile();
      clock.advance(4000);
      await reconcile();
      clock.advance(1500);
      await waitFor(() => requests().length === 2, 'the progress is written');
      assert.equal(ready(), 'Unknown Progressing');
      pipeline = async () => done;
      await reconcile();
      assert.equal(ready(), 'True ReconciliationSucceeded');
    });

    it('is forgotten when another writer changed the status, and when the loop is closed', async () => {
      pipeline = async (_object, attempt) => {
        attempt.record({ inventory: { entries: ['old'] } });
        return underWay;
      };
      await reconcile();
      const changed = put({
        status: { observedGeneration: -1, inventory: { entries: ['new'] } },
        finalizers: [FINALIZER],
      });
      tell({ current: changed });
      pipeline = async () => underWay;
      await reconcile();
      loop.close();
      assert.equal(clock.pending, 0);
      pipeline = async () => done;
      await reconcile();
      assert.deepEqual(statusOf(live())['inventory'], { entries: ['new'] });
    });
  });

  it('tells the cluster of a success when the one before was none, and the event endpoint of each', async () => {
    await reconcile();
    pipeline = async () => ({ ...done, status: { lastAppliedRevision: 'r2' } });
    await reconcile();
    pipeline = async () => {
      throw new Fault('retry', 'BuildFailed', 'no');
    };
    await reconcile();
    pipeline = async () => done;
    await reconcile();
    assert.deepEqual(
      events.map(({ reason, audience }) => [reason, audience]),
      [
        ['ReconciliationSucceeded', undefined],
        ['ReconciliationSucceeded', 'endpoint'],
        ['BuildFailed', undefined],
        ['ReconciliationSucceeded', undefined],
      ],
    );
  });

  it('never acts on an object older than its own last write', async () => {
    const stale = cached;
    await reconcile();
    assert.equal(cached, stale);
    let seen: KubeObject | undefined;
    pipeline = async (object) => {
      seen = object;
      return done;
    };
    await reconcile();
    assert.equal(seen && statusOf(seen)['lastAppliedRevision'], 'r1');
    // The watch brings an older state first; it does not count either.
    tell({ ...(stale === undefined ? {} : { old: stale, current: stale }) });
    await reconcile();
    assert.equal(seen && statusOf(seen)['lastAppliedRevision'], 'r1');
  });

  it('commits facts in the middle, with the progress, in one request', async () => {
    pipeline = async (_object, attempt) => {
      attempt.progress('Progressing', 'Detecting drift');
      attempt.record({ lastAttemptedRevision: 'r1' });
      await attempt.commit({ inventory: { entries: [{ id: 'x', v: 'v1' }] } });
      const status = statusOf(live());
      assert.deepEqual(status['inventory'], { entries: [{ id: 'x', v: 'v1' }] });
      assert.equal(status['lastAttemptedRevision'], 'r1');
      assert.deepEqual(
        status.conditions?.map((c) => `${c.type}=${c.status} ${c.message}`),
        ['Reconciling=True Detecting drift', 'Ready=Unknown Reconciliation in progress'],
      );
      throw new Fault('retry', 'PruneFailed', 'no');
    };
    assert.deepEqual(await reconcile(), { requeueAfterMs: 60_000 });
    assert.deepEqual(requests(), ['PATCH a', 'PATCH a/status', 'PATCH a/status']);
    assert.equal(ready(), 'False PruneFailed');
    assert.deepEqual(statusOf(live())['inventory'], { entries: [{ id: 'x', v: 'v1' }] });
  });

  it('writes progress alone only when a step takes long', async () => {
    pipeline = async (_object, attempt) => {
      attempt.progress('Progressing', 'Fetching');
      attempt.progress('Progressing', 'Building');
      clock.advance(1999);
      assert.deepEqual(requests(), ['PATCH a']);
      clock.advance(1);
      await waitFor(() => requests().length === 2, 'the write', { intervalMs: 1 });
      return done;
    };
    await reconcile();
    assert.deepEqual(requests(), ['PATCH a', 'PATCH a/status', 'PATCH a/status']);
    assert.equal(ready(), 'True ReconciliationSucceeded');
  });

  it('an inventory that another writer changed is not overwritten; the attempt begins again in silence', async () => {
    put({ finalizers: [FINALIZER], status: { observedGeneration: 1, inventory: { entries: [] } } });
    const theirs = { entries: [{ id: 'theirs', v: 'v1' }] };
    server.store.put(type, { ...live(), status: { inventory: theirs } });
    pipeline = async (_object, attempt) => {
      await attempt.commit({ inventory: { entries: [{ id: 'ours', v: 'v1' }] } });
      return done;
    };
    await assert.rejects(reconcile(), ReportedError);
    assert.deepEqual(statusOf(live()), { inventory: theirs });
    assert.deepEqual(events, []);
  });

  it('a conflict out of a step is retried in silence', async () => {
    pipeline = async () => {
      throw new ApiError({ status: 409, reason: 'Conflict', message: 'modified' });
    };
    await assert.rejects(reconcile(), ReportedError);
    assert.equal(ready(), undefined);
  });

  it('a suspended object has its request echoed and is left alone', async () => {
    put({ spec: { suspend: true }, annotations: { [REQUESTED_AT]: 't1' } });
    pipeline = () => assert.fail('reconciled');
    assert.deepEqual(await reconcile(), {});
    assert.equal(statusOf(live()).lastHandledReconcileAt, 't1');
    assert.deepEqual(live().metadata.finalizers, [FINALIZER]);
  });

  it('tells a pipeline whether it was asked for', async () => {
    const asked: boolean[] = [];
    pipeline = async (_object, attempt) => {
      asked.push(attempt.requested);
      return done;
    };
    await reconcile();
    cached = server.store.put(type, {
      ...live(),
      metadata: { ...live().metadata, annotations: { [REQUESTED_AT]: 't1' } },
    });
    tell({ current: cached });
    await reconcile();
    await reconcile();
    assert.deepEqual(asked, [false, true, false]);
  });

  describe('deletion', () => {
    const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [FINALIZER, 'theirs'] };

    it('finalizes, also when suspended, and lets go', async () => {
      put({ ...deleted, spec: { suspend: true } });
      let finalized = false;
      finalize = async () => {
        finalized = true;
      };
      assert.deepEqual(await reconcile(), {});
      assert.ok(finalized);
      assert.deepEqual(live().metadata.finalizers, ['theirs']);
      assert.equal(forgotten[0]?.name, 'a');
    });

    it('holds on while finalize says so', async () => {
      put(deleted);
      finalize = async () => ({ requeueAfterMs: 2000 });
      assert.deepEqual(await reconcile(), { requeueAfterMs: 2000 });
      assert.deepEqual(requests(), []);
    });

    it('holds on when finalize fails, tells it, and backs off', async () => {
      put(deleted);
      finalize = async () => {
        throw new Fault('retry', 'PruneFailed', 'cannot delete');
      };
      const conditions = [{ type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded', message: '' }];
      put({ ...deleted, status: { observedGeneration: 0, conditions } });
      await assert.rejects(reconcile(), ReportedError);
      assert.deepEqual(live().metadata.finalizers, deleted.finalizers);
      assert.equal(statusOf(live()).observedGeneration, live().metadata.generation, 'the deletion was seen');
      assert.deepEqual(
        events.map(({ severity, reason }) => [severity, reason]),
        [['error', 'PruneFailed']],
      );
    });

    it('does nothing for an object that others hold', async () => {
      put({ ...deleted, finalizers: ['theirs'] });
      finalize = () => assert.fail('finalized');
      assert.deepEqual(await reconcile(), {});
      assert.deepEqual(requests(), []);
    });
  });

  describe('an object that is a record for others', () => {
    const record = { type: 'record' };

    it('gets neither finalizer nor status', async () => {
      put({ spec: record, status: {} });
      assert.deepEqual(await reconcile(), {});
      assert.deepEqual([requests(), cleaned], [[], []]);
    });

    it('loses what it had of these', async () => {
      put({ spec: record, finalizers: [FINALIZER, 'theirs'], status: { observedGeneration: 1, conditions: [] } });
      await reconcile();
      assert.deepEqual([live().metadata.finalizers, statusOf(live()), cleaned], [['theirs'], {}, ['a']]);
    });

    it('is left as it is while it is suspended', async () => {
      put({ spec: { ...record, suspend: true }, finalizers: [FINALIZER] });
      await reconcile();
      assert.deepEqual(requests(), []);
    });
  });

  it('an object that is not in the cache is forgotten', async () => {
    cached = undefined;
    assert.deepEqual(await reconcile(), {});
    assert.deepEqual(forgotten, [key]);
  });

  it('an object that goes while it is reconciled is no error', async () => {
    pipeline = async () => {
      server.store.remove(type, key);
      return done;
    };
    assert.deepEqual(await reconcile(), {});
    assert.equal(forgotten.length, 1);
  });

  it('a missing object of another kind is a failure like any other', async () => {
    pipeline = async () => {
      throw new ApiError({ status: 404, reason: 'NotFound', message: 'secrets "x" not found' });
    };
    await assert.rejects(reconcile(), ReportedError);
    assert.equal(ready(), 'False ReconciliationFailed');
  });

  it('at shutdown facts are written although the signal is aborted, and nothing is judged', async () => {
    const stop = new AbortController();
    pipeline = async (_object, attempt) => {
      attempt.record({ inventory: { entries: [] } });
      stop.abort();
      attempt.signal.throwIfAborted();
      return done;
    };
    assert.deepEqual(await reconcile(stop.signal), {});
    assert.deepEqual(statusOf(live()), { observedGeneration: -1, inventory: { entries: [] } });
    assert.deepEqual(events, []);
  });
});

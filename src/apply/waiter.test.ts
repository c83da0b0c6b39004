import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { apiError, FakeServer, resource } from '../../test/support/fake-client.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { KubeObject } from '../kube/object.ts';
import { ApplyError } from './apply-error.ts';
import { healthMessage, healthOf, waitForCurrent } from './health.ts';
import { healthExpressions } from './health-expressions.ts';
import type { ObjectStatus, StatusName } from './kstatus-fields.ts';
import { formatId, type ObjectRef, refOf } from './object-ref.ts';
import { StatusWaiter, type WaitHandle } from './waiter.ts';

type Fields = Readonly<Record<string, unknown>>;

function object(
  apiVersion: string,
  kind: string,
  name: string,
  fields: Fields = {},
  metadata: Fields = {},
): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: 'ns', ...metadata }, ...fields };
}

const settled = {
  replicas: 1,
  readyReplicas: 1,
  updatedReplicas: 1,
  availableReplicas: 1,
  conditions: [{ type: 'Available', status: 'True' }],
};
const deployment = (name: string, status: Fields = {}): KubeObject =>
  object('apps/v1', 'Deployment', name, { spec: { replicas: 1 }, status });

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await turn();
}

function setup() {
  const server = new FakeServer();
  const clock = new ManualClock();
  const waiter = new StatusWaiter({ clock });
  const client = server.client();
  const names = (handle: WaitHandle): StatusName[] => [...handle.statuses().values()].map(({ status }) => status);
  return { server, clock, waiter, client, names };
}

test('tells of every change, and of nothing after it is closed', async () => {
  const { server, waiter, client, names } = setup();
  let told = 0;
  const handle = waiter.watchObjects(client, [refOf(deployment('web'))], { onChange: () => void told++ });
  assert.deepEqual(names(handle), ['Unknown']);
  assert.equal(told, 0, 'never from within');
  await settle();
  assert.deepEqual(names(handle), ['NotFound']);
  server.edit(deployment('web'));
  await settle();
  assert.deepEqual(names(handle), ['InProgress']);
  server.edit(deployment('web', settled));
  await settle();
  assert.deepEqual(names(handle), ['Current']);
  assert.equal(told, 3);
  assert.deepEqual(server.taken(), ['watch Deployment/metadata.name=web']);
  handle.close();
  handle.close();
  server.edit(deployment('web', { replicas: 5 }));
  await settle();
  assert.equal(told, 3);
  assert.equal(server.watching, 0);
});

test('watches are shared, and end with the last who waits', async () => {
  const { server, waiter, client, names } = setup();
  server.edit(deployment('web', settled));
  const first = waiter.watchObjects(client, [refOf(deployment('web'))], { onChange: () => {} });
  await settle();
  const second = waiter.watchObjects(client, [refOf(deployment('web'))], { onChange: () => {} });
  await settle();
  assert.deepEqual([names(first), names(second)], [['Current'], ['Current']]);
  assert.equal(server.taken().length, 1);
  first.close();
  assert.equal(server.watching, 1);
  second.close();
  assert.equal(server.watching, 0);
  const third = waiter.watchObjects(client, [refOf(deployment('web'))], { onChange: () => {} });
  await settle();
  assert.deepEqual(names(third), ['Current']);
  third.close();
});

test('many objects of a kind share one watch, and whoever comes with others makes it list again', async () => {
  const { server, waiter, client, names } = setup();
  const refs = (from: number, to: number): ObjectRef[] =>
    Array.from({ length: to - from }, (_, i) => refOf(deployment(`d${from + i}`)));
  for (let i = 0; i < 30; i++) server.edit(deployment(`d${i}`, settled));
  const first = waiter.watchObjects(client, refs(0, 10), { onChange: () => {} });
  await settle();
  assert.deepEqual(server.taken(), ['watch Deployment/']);
  const second = waiter.watchObjects(client, refs(5, 20), { onChange: () => {} });
  await settle();
  assert.deepEqual(server.taken(), ['watch Deployment/']);
  assert.equal(server.watching, 1);
  assert.equal(healthOf(first.statuses()), 'healthy');
  assert.equal(names(second).filter((name) => name === 'Current').length, 15);
  first.close();
  second.close();
});

test('many objects that carry a label are watched by it', async () => {
  const { server, waiter, client } = setup();
  const labelled = Array.from({ length: 10 }, (_, i) =>
    object('v1', 'ConfigMap', `c${i}`, {}, { labels: { owner: 'me' } }),
  );
  for (const found of labelled) server.edit(found);
  const handle = waiter.watchObjects(client, labelled.map(refOf), { onChange: () => {}, labelSelector: 'owner=me' });
  await settle();
  assert.equal(healthOf(handle.statuses()), 'healthy');
  handle.close();
});

test('where watching is not allowed, objects are read now and then', async () => {
  const { server, clock, waiter, client, names } = setup();
  server.answer = ({ verb }) => (verb === 'watch' ? apiError(403, 'Forbidden', 'cannot watch') : undefined);
  const handle = waiter.watchObjects(client, [refOf(deployment('web'))], { onChange: () => {} });
  await settle();
  assert.deepEqual(names(handle), ['NotFound']);
  server.edit(deployment('web', settled));
  await settle();
  assert.deepEqual(names(handle), ['NotFound']);
  clock.advance(5_000);
  await settle();
  assert.deepEqual(names(handle), ['Current']);
  assert.deepEqual(server.taken(), ['watch Deployment/metadata.name=web', 'get Deployment/web', 'get Deployment/web']);
  handle.close();
  clock.advance(60_000);
  await settle();
  assert.deepEqual(server.taken(), []);
});

test('where reading is not allowed either, the reason is told until it is', async () => {
  const { server, clock, waiter, client } = setup();
  server.edit(deployment('web', settled));
  server.answer = ({ verb }) => apiError(403, 'Forbidden', `cannot ${verb}`);
  const handle = waiter.watchObjects(client, [refOf(deployment('web'))], { onChange: () => {} });
  await settle();
  const id = formatId(refOf(deployment('web')));
  assert.deepEqual(handle.statuses().get(id), { status: 'Unknown', message: 'cannot get' });
  assert.match(healthMessage(handle.statuses(), { failFast: true, timedOut: true }), /status: 'Unknown': cannot get/);
  server.answer = ({ verb }) => (verb === 'watch' ? apiError(403, 'Forbidden', 'cannot watch') : undefined);
  clock.advance(5_000);
  await settle();
  assert.equal(handle.statuses().get(id)?.status, 'Current');
  handle.close();
});

test('a kind that is not served is tried again', async () => {
  const { server, clock, waiter, client } = setup();
  const thing = object('x.io/v1', 'Thing', 't');
  const handle = waiter.watchObjects(client, [refOf(thing)], { onChange: () => {} });
  const ending = waiter.watchObjects(client, [refOf(thing)], { onChange: () => {}, unservedIsGone: true });
  await settle();
  const id = formatId(refOf(thing));
  assert.deepEqual(handle.statuses().get(id), {
    status: 'Unknown',
    message: 'no matches for kind "Thing" in group "x.io"',
  });
  assert.equal(ending.statuses().get(id)?.status, 'NotFound');
  server.types = [...server.types, resource('x.io/v1', 'Thing')];
  server.edit(thing);
  clock.advance(5_000);
  await settle();
  assert.equal(handle.statuses().get(id)?.status, 'Current');
  handle.close();
  ending.close();
});

test('Pods that fail for good fail their StatefulSet early, until they are replaced', async () => {
  const { server, waiter, client, names } = setup();
  const set = object('apps/v1', 'StatefulSet', 'db', {
    spec: { replicas: 1, selector: { matchLabels: { app: 'db' } } },
  });
  const pod = (reason: string, metadata: Fields = {}): KubeObject => ({
    ...object('v1', 'Pod', 'db-0', {}, { labels: { app: 'db' }, ...metadata }),
    status: { phase: 'Running', containerStatuses: [{ name: 'c', state: { waiting: { reason } } }] },
  });
  server.edit(set);
  server.edit(pod('CrashLoopBackOff'));
  const handle = waiter.watchObjects(client, [refOf(set)], { onChange: () => {} });
  await settle();
  assert.deepEqual(names(handle), ['Failed']);
  server.edit(pod('CrashLoopBackOff', { deletionTimestamp: '2026-01-01T00:00:00Z' }));
  await settle();
  assert.deepEqual(names(handle), ['InProgress']);
  server.edit({ ...set, status: { replicas: 1, readyReplicas: 1, currentReplicas: 1 } });
  await settle();
  assert.deepEqual(names(handle), ['Current']);
  assert.equal(server.watching, 1, 'its Pods are of no interest any more');
  handle.close();
});

test('a Pod that finds no node fails by time alone', async () => {
  const { server, clock, waiter, client, names } = setup();
  const creationTimestamp = '2026-01-01T00:00:00Z';
  clock.jump(Date.parse(creationTimestamp) - clock.now());
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }];
  server.edit(object('v1', 'Pod', 'p', { status: { phase: 'Pending', conditions } }));
  const handle = waiter.watchObjects(client, [refOf(object('v1', 'Pod', 'p'))], { onChange: () => {} });
  await settle();
  assert.deepEqual(names(handle), ['InProgress']);
  clock.advance(15_001);
  assert.deepEqual(names(handle), ['Failed']);
  handle.close();
});

test('waitForCurrent ends with health, failure, time or the signal', async () => {
  const { server, clock, waiter, client } = setup();
  const refs = [refOf(deployment('web'))];
  const wait = (signal = new AbortController().signal): Promise<void> =>
    waitForCurrent(waiter, client, refs, { timeoutMs: 1_000, signal, clock });
  server.edit(deployment('web', settled));
  await wait();
  server.edit(
    deployment('web', { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] }),
  );
  await assert.rejects(wait(), {
    name: 'ApplyError',
    message: "failed early due to stalled resources: [Deployment/ns/web status: 'Failed']",
  });
  server.edit(
    deployment('web', { ...settled, conditions: [{ type: 'Progressing', status: 'True', reason: '' }], replicas: 0 }),
  );
  const late = wait();
  await settle();
  clock.advance(1_000);
  await assert.rejects(
    late,
    (error: unknown) => error instanceof ApplyError && /^timeout waiting for: /.test(error.message),
  );
  const controller = new AbortController();
  const aborted = wait(controller.signal);
  controller.abort(new Error('superseded'));
  await assert.rejects(aborted, /superseded/);
  assert.equal(server.watching, 0);
  assert.equal(clock.pending, 0);
  await waitForCurrent(waiter, client, [], { timeoutMs: 1, signal: AbortSignal.abort(), clock });
});

const statuses = (...names: readonly StatusName[]): Map<string, ObjectStatus> =>
  new Map(names.map((status, i) => [`ns_o${i}_batch_Job`, { status, message: 'm' }]));

test('what statuses mean together', () => {
  const ttl = new Set(['ns_o0_batch_Job']);
  const cases: readonly (readonly [readonly StatusName[], Parameters<typeof healthOf>[1], string])[] = [
    [[], {}, 'healthy'],
    [['Current', 'Current'], {}, 'healthy'],
    [['Current', 'InProgress'], {}, 'waiting'],
    [['Failed', 'InProgress'], {}, 'failed'],
    [['Failed', 'InProgress'], { failFast: false }, 'waiting'],
    [['Failed', 'Current'], { failFast: false }, 'failed'],
    [['NotFound'], {}, 'waiting'],
    [['NotFound'], { jobsWithTtl: ttl }, 'healthy'],
    [['NotFound', 'Failed'], { failFast: false, jobsWithTtl: ttl }, 'failed'],
    [['Terminating'], {}, 'waiting'],
    [['Unknown'], {}, 'waiting'],
  ];
  for (const [names, rules, want] of cases) assert.equal(healthOf(statuses(...names), rules), want, names.join());
});

test("the sentence about what is not healthy is upstream's, sorted", () => {
  const found = new Map<string, ObjectStatus>([
    ['ns_z_apps_Deployment', { status: 'InProgress', message: 'm' }],
    ['ns_a_apps_Deployment', { status: 'Failed', message: 'm' }],
    ['_n__Namespace', { status: 'Current', message: 'm' }],
    ['ns_t_x.io_Thing', { status: 'Unknown', message: 'no matches' }],
    ['ns_u_x.io_Thing', { status: 'Unknown', message: '' }],
    ['ns_j_batch_Job', { status: 'NotFound', message: 'm' }],
  ]);
  const jobsWithTtl = new Set(['ns_j_batch_Job']);
  assert.equal(
    healthMessage(found, { timedOut: true, jobsWithTtl }),
    "timeout waiting for: [Deployment/ns/a status: 'Failed', Deployment/ns/z status: 'InProgress', Thing/ns/t status: 'Unknown': no matches, can't determine status for Thing/ns/u]",
  );
  assert.equal(
    healthMessage(statuses('Failed', 'InProgress', 'Current'), { timedOut: false }),
    "failed early due to stalled resources: [Job/ns/o0 status: 'Failed']",
  );
});

test('expressions judge the kinds they are for', () => {
  const judge = healthExpressions([
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      current: "data.state == 'good'",
      failed: "data.state == 'bad'",
      inProgress: "data.state == 'busy'",
    },
    { apiVersion: 'x.io/v1', current: 'status.ready' },
    { apiVersion: 'x.io/v2', kind: 'Special', current: 'true' },
  ]);
  const cases: readonly (readonly [KubeObject, StatusName | undefined])[] = [
    ...(['good Current', 'bad Failed', 'busy InProgress', 'other InProgress'] as const).map((text) => {
      const [state, want] = text.split(' ');
      return [object('v1', 'ConfigMap', 'a', { data: { state } }), want as StatusName] as const;
    }),
    [object('v1', 'ConfigMap', 'a'), 'Unknown'],
    [object('x.io/v3', 'Any', 'a', { status: { ready: true } }), 'Current'],
    [
      object('x.io/v1', 'Any', 'a', { status: { ready: true, observedGeneration: 1 } }, { generation: 2 }),
      'InProgress',
    ],
    [object('x.io/v1', 'Special', 'a'), 'Current'],
    [object('v1', 'Secret', 'a'), undefined],
  ];
  for (const [found, want] of cases) assert.equal(judge(found)?.status, want, JSON.stringify(found));
});

test('wrong expressions say which they are', () => {
  const check = { apiVersion: 'v1', kind: 'ConfigMap', current: 'true' };
  const cases: readonly (readonly [Parameters<typeof healthExpressions>[0], RegExp])[] = [
    [
      [{ ...check, current: '' }],
      /^failed to create custom status evaluator for healthchecks\[0\]: expression Current not specified$/,
    ],
    [
      [check, { ...check, apiVersion: 'x.io/v1', current: 'data.state ==' }],
      /^failed to create custom status evaluator for healthchecks\[1\]: failed to parse the expression Current: failed to parse the CEL expression 'data\.state ==': ERROR: <input>:1:14: Syntax error: /,
    ],
    [[{ ...check, failed: '(' }], /failed to parse the expression Failed/],
    [[check, check], /^duplicate custom health check for GroupKind ConfigMap at healthchecks\[1\]$/],
  ];
  for (const [checks, message] of cases)
    assert.throws(() => healthExpressions(checks), { name: 'CelError', code: 'Syntax', message });
});

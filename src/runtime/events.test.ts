import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { FakeApiServer } from '../../test/support/fake-api-server.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { type ClosableClient, createClient } from '../kube/http-client.ts';
import type { KubeObject } from '../kube/object.ts';
import { EventCorrelator } from './event-correlator.ts';
import { eventType } from './event-kubernetes.ts';
import { EventRecorder } from './events.ts';
import { silentLogger } from './logging.ts';
import { type RecordedEvent, recordedEvent } from './recorded-event.ts';

const object: KubeObject = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: {
    name: 'app',
    namespace: 'ns',
    uid: 'u1',
    resourceVersion: '7',
    annotations: { 'event.toolkit.fluxcd.io/team': 'blue', other: 'x' },
  },
};
const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

describe('recordedEvent', () => {
  it('prefixes metadata, takes over the event annotations, and refers to the object', () => {
    assert.deepEqual(
      recordedEvent(
        object,
        { reason: 'BuildFailed', severity: 'error', message: 'm', metadata: { revision: 'r' } },
        now,
      ),
      {
        involvedObject: {
          apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
          kind: 'Kustomization',
          name: 'app',
          namespace: 'ns',
          uid: 'u1',
          resourceVersion: '7',
        },
        severity: 'error',
        reason: 'BuildFailed',
        message: 'm',
        metadata: { 'kustomize.toolkit.fluxcd.io/revision': 'r', 'event.toolkit.fluxcd.io/team': 'blue' },
        at: now,
      },
    );
  });

  for (const { name, event, want } of [
    {
      name: 'masks credentials',
      event: { message: 'see https://u:p@host/x' },
      want: { message: 'see https://*****@host/x' },
    },
    {
      name: 'has the severity for want of a reason',
      event: { message: 'm' },
      want: { reason: 'info', severity: 'info' },
    },
    {
      name: 'cuts long messages',
      event: { message: 'x'.repeat(40_000) },
      want: { message: `${'x'.repeat(38_997)}...` },
    },
  ]) {
    it(name, () => assert.partialDeepStrictEqual(recordedEvent(object, event, now), want));
  }
});

describe('EventCorrelator', () => {
  const event = (message: string, at = now, reason = 'R'): RecordedEvent => ({
    ...recordedEvent(object, { message, severity: 'error' }, at),
    reason,
  });

  it('counts what happens again, and writes the count at most every half minute', () => {
    const correlator = new EventCorrelator();
    const first = correlator.correlate(event('m'));
    assert.equal(first.action, 'create');
    if (first.action === 'create') correlator.wrote(first.key, { name: 'e', namespace: 'ns', count: 1 }, now);
    assert.equal(correlator.correlate(event('m', now + 1000)).action, 'skip');
    const again = correlator.correlate(event('m', now + 30_000));
    assert.partialDeepStrictEqual(again, { action: 'count', repeat: { name: 'e', count: 3 } });
  });

  it('combines events that differ only in their message', () => {
    const correlator = new EventCorrelator();
    const messages = Array.from({ length: 11 }, (_, i) => {
      const correlation = correlator.correlate(event(`took ${i}s`));
      return correlation.action === 'skip' ? '' : correlation.message;
    });
    assert.equal(messages[8], 'took 8s');
    assert.equal(messages[9], '(combined from similar events): took 9s');
    assert.equal(messages[10], '(combined from similar events): took 10s');
  });

  it('cuts short an object that never stops talking, until some time has passed', () => {
    const correlator = new EventCorrelator();
    const actions = Array.from({ length: 30 }, (_, i) => correlator.correlate(event('m', now, `R${i}`)).action);
    assert.deepEqual(actions.filter((action) => action === 'create').length, 25);
    assert.equal(correlator.correlate(event('m', now + 300_000, 'later')).action, 'create');
    assert.equal(correlator.correlate(event('m', now + 300_000, 'later still')).action, 'skip');
  });

  it('an Event that is gone is written anew', () => {
    const correlator = new EventCorrelator();
    const first = correlator.correlate(event('m'));
    assert.ok(first.action === 'create');
    correlator.wrote(first.key, { name: 'e', namespace: 'ns', count: 1 }, now);
    correlator.lost(first.key);
    assert.equal(correlator.correlate(event('m', now + 1)).action, 'create');
  });
});

describe('EventRecorder', () => {
  let api: FakeApiServer;
  let client: ClosableClient;
  let endpoint: Server;
  let posts: { body: Record<string, unknown>; type: string | undefined }[];
  let answers: number[];
  let dropped: string[];
  let clock: ManualClock;
  let recorder: EventRecorder;

  before(async () => {
    api = await FakeApiServer.start({ types: [eventType] });
    client = createClient(api.connection());
    endpoint = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      request.on('end', () => {
        posts.push({ body: JSON.parse(text) as Record<string, unknown>, type: request.headers['content-type'] });
        response.writeHead(answers.shift() ?? 202).end();
      });
    });
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    await client.close();
    await api.close();
    endpoint.closeAllConnections();
    endpoint.close();
  });
  beforeEach(() => {
    api.requests.length = 0;
    for (const { metadata } of api.store.list(eventType)) api.store.remove(eventType, metadata);
    posts = [];
    answers = [];
    dropped = [];
    clock = new ManualClock(now);
    recorder = new EventRecorder({
      client,
      controllerName: 'kustomize-controller',
      eventsAddr: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/`,
      metrics: { eventDropped: (sink) => void dropped.push(sink) },
      log: silentLogger,
      clock,
      instance: 'pod-1',
    });
  });

  const flush = () => recorder.flush(AbortSignal.timeout(10_000));
  const events = () => api.store.list(eventType);

  it('writes the Event as Flux does, and posts it to the endpoint', async () => {
    recorder.event(object, { severity: 'error', reason: 'BuildFailed', message: 'bad', metadata: { revision: 'r' } });
    await flush();
    const [event] = events();
    assert.match(event?.metadata.name ?? '', /^app\.[0-9a-f]{16}$/);
    const annotations = { 'kustomize.toolkit.fluxcd.io/revision': 'r', 'event.toolkit.fluxcd.io/team': 'blue' };
    assert.partialDeepStrictEqual(event, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace: 'ns', annotations },
      involvedObject: { kind: 'Kustomization', name: 'app', namespace: 'ns', uid: 'u1' },
      reason: 'BuildFailed',
      message: 'bad',
      type: 'Warning',
      count: 1,
      source: { component: 'kustomize-controller' },
      reportingComponent: 'kustomize-controller',
      firstTimestamp: '2026-01-02T03:04:05Z',
      lastTimestamp: '2026-01-02T03:04:05Z',
    });
    assert.deepEqual(posts, [
      {
        type: 'application/json',
        body: {
          involvedObject: event?.['involvedObject'],
          severity: 'error',
          timestamp: '2026-01-02T03:04:05Z',
          message: 'bad',
          reason: 'BuildFailed',
          metadata: annotations,
          reportingController: 'kustomize-controller',
          reportingInstance: 'pod-1',
        },
      },
    ]);
  });

  it('keeps traces from the endpoint, and writes them as Normal', async () => {
    recorder.event(object, { severity: 'trace', reason: 'GitOperationSucceeded', message: 'no changes' });
    await flush();
    assert.equal(events()[0]?.['type'], 'Normal');
    assert.deepEqual(posts, []);
  });

  it('counts the same event up', async () => {
    for (const wait of [0, 31_000]) {
      clock.jump(wait);
      recorder.event(object, { reason: 'DependencyNotReady', message: 'waiting' });
      await waitFor(() => api.requests.length > (wait === 0 ? 0 : 1), 'the write', { intervalMs: 1 });
    }
    await flush();
    assert.equal(events().length, 1);
    assert.partialDeepStrictEqual(events()[0], { count: 2, lastTimestamp: '2026-01-02T03:04:36Z' });
    assert.equal(posts.length, 2);
  });

  it('writes an Event anew that expired meanwhile', async () => {
    recorder.event(object, { message: 'm' });
    await waitFor(() => events().length === 1, 'the Event', { intervalMs: 1 });
    for (const { metadata } of events()) api.store.remove(eventType, metadata);
    clock.jump(60_000);
    recorder.event(object, { message: 'm' });
    await flush();
    assert.partialDeepStrictEqual(events()[0], { count: 1 });
  });

  it('posts again after 5xx with a growing pause, not after 429 or 400', async () => {
    answers = [503];
    recorder.event(object, { message: 'one' });
    await waitFor(() => posts.length === 1 && clock.pending === 1, 'the pause', { intervalMs: 1 });
    clock.advance(1000);
    await waitFor(() => posts.length === 2, 'the second try', { intervalMs: 1 });
    answers = [429, 400];
    recorder.event(object, { message: 'two' });
    await waitFor(() => posts.length === 3, 'the duplicate', { intervalMs: 1 });
    recorder.event(object, { message: 'three' });
    await flush();
    assert.equal(posts.length, 4);
    assert.deepEqual(dropped, ['webhook']);
  });

  it('gives up what cannot be delivered when it is told to end', async () => {
    answers = Array.from({ length: 10 }, () => 500);
    recorder.event(object, { message: 'one' });
    await waitFor(() => clock.pending === 1, 'the pause', { intervalMs: 1 });
    await recorder.flush(AbortSignal.abort());
    assert.deepEqual(dropped, ['webhook']);
    recorder.event(object, { message: 'late' });
    assert.deepEqual(dropped, ['webhook', 'kubernetes', 'webhook']);
  });

  it('does not try again what the server refuses', async () => {
    api.misbehave({ method: 'POST' }, { status: 403, reason: 'Forbidden', message: 'no' });
    recorder.event(object, { message: 'm' });
    await flush();
    assert.deepEqual(dropped, ['kubernetes']);
  });

  it('gives an Event of a long-named object a name of its own', async () => {
    recorder.event({ ...object, metadata: { ...object.metadata, name: 'x'.repeat(250) } }, { message: 'm' });
    await flush();
    assert.match(events()[0]?.metadata.name ?? '', /^[0-9a-f-]{36}$/);
  });
});

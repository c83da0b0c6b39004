import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiError } from '../../../../test/support/fake-client.ts';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { waitFor } from '../../../../test/support/wait-for.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import type { AlertObject, Labels } from '../alert/sources.ts';
import { alertNamed, eventAbout, failureOf, successOf } from '../alert/testing.ts';
import { Dispatcher } from './dispatcher.ts';

const blue = alertNamed(
  { eventSources: [{ kind: 'Kustomization', name: '*', matchLabels: { team: 'blue' } }] },
  { name: 'blue' },
);

function setUp(alerts: readonly AlertObject[], labelsOf: (name: string, signal: AbortSignal) => Promise<Labels>) {
  const clock = new ManualClock();
  const routed: string[] = [];
  const told: string[] = [];
  const keys: string[] = [];
  const dispatcher = new Dispatcher({
    alerts: {
      byIndex(_name, value) {
        keys.push(value);
        return [...alerts];
      },
    },
    labels: { of: ({ name }, signal) => labelsOf(name, signal) },
    router: {
      route({ metadata }, { message, involvedObject }, arrival) {
        if (message === 'fault') throw new Error('a fault of ours');
        routed.push(`${metadata.name} ${involvedObject.name} ${message} ${arrival}`);
      },
    },
    tell: ({ metadata }, { message, reason }) => told.push(`${metadata.name} ${reason} ${message}`),
    ready: Promise.resolve(),
    clock,
    log: silentLogger,
  });
  return { clock, dispatcher, routed, told, keys };
}

const noLabels = () => Promise.reject(new Error('nobody should ask'));
const never = new AbortController().signal;

describe('Dispatcher', () => {
  it('routes an event at once for each Alert that is about its object', () => {
    const other = alertNamed({ eventSources: [{ kind: 'HelmRelease', name: '*' }] }, { name: 'other' });
    const { dispatcher, routed, keys } = setUp([alertNamed(), other, alertNamed({}, { name: 'second' })], noLabels);
    assert.ok(dispatcher.accept(eventAbout({ message: 'm' })));
    assert.deepEqual(routed, ['alert app m new', 'second app m new']);
    assert.deepEqual(keys, ['Kustomization/apps']);
  });

  it('shows Alerts with a memory what their severity leaves out', () => {
    const errors = alertNamed({ eventSeverity: 'error' }, { name: 'errors' });
    const stateful = alertNamed(
      { eventSeverity: 'error' },
      { name: 'stateful', annotations: { 'sluice.dev/recovery': 'enabled' } },
    );
    const { dispatcher, routed } = setUp([errors, stateful], noLabels);
    dispatcher.accept(successOf({ message: 'well' }));
    assert.deepEqual(routed, ['stateful app well new']);
  });

  it('passes on failures that came again to Alerts with a memory, and nothing else', () => {
    const stateful = alertNamed({}, { name: 'stateful', annotations: { 'sluice.dev/fire-after': '10m' } });
    const { dispatcher, routed } = setUp([alertNamed(), blue, stateful], noLabels);
    dispatcher.repeated(failureOf());
    dispatcher.repeated(successOf());
    assert.deepEqual(routed, ['stateful app it broke repeated']);
  });

  it('lets a fault with one Alert keep the event from no other', () => {
    const { dispatcher } = setUp([alertNamed()], noLabels);
    assert.ok(dispatcher.accept(eventAbout({ message: 'fault' })));
  });

  it('asks for labels where an Alert wants some, in order for each object, and holds up no other', async () => {
    const open = new Map<string, PromiseWithResolvers<Labels>>();
    const { dispatcher, routed } = setUp([blue, alertNamed()], (name) => {
      const answer = Promise.withResolvers<Labels>();
      open.set(name, answer);
      return answer.promise;
    });
    for (const [name, message] of [
      ['a', '1'],
      ['a', '2'],
      ['b', '3'],
      ['c', '4'],
    ] as const)
      dispatcher.accept(eventAbout({ name, message }));
    assert.deepEqual(routed.splice(0), ['alert a 1 new', 'alert a 2 new', 'alert b 3 new', 'alert c 4 new']);
    await waitFor(() => open.size === 3, 'three questions', { intervalMs: 1 });
    open.get('b')?.resolve({ team: 'blue' });
    open.get('c')?.resolve({ team: 'red' });
    await waitFor(() => routed.length === 1, 'the answer for b', { intervalMs: 1 });
    const first = open.get('a');
    open.delete('a');
    first?.resolve({ team: 'blue', more: 'x' });
    await waitFor(() => open.has('a'), 'the question for the second event', { intervalMs: 1 });
    open.get('a')?.resolve({ team: 'blue' });
    await dispatcher.close(never);
    assert.deepEqual(routed, ['blue b 3 new', 'blue a 1 new', 'blue a 2 new']);
  });

  it('asks again for labels while the API server is out, and tells when it gives up', async () => {
    let isOut = true;
    const { dispatcher, routed, told, clock } = setUp([blue], () =>
      isOut ? Promise.reject(apiError(503, 'ServiceUnavailable', 'out')) : Promise.resolve({ team: 'blue' }),
    );
    dispatcher.accept(eventAbout({ message: '1' }));
    await waitFor(() => clock.pending === 1, 'the pause', { intervalMs: 1 });
    isOut = false;
    clock.advance(2000);
    await waitFor(() => routed.length === 1, 'the event', { intervalMs: 1 });
    isOut = true;
    dispatcher.accept(eventAbout({ message: '2' }));
    await waitFor(() => clock.pending === 1, 'the pause', { intervalMs: 1 });
    clock.advance(60_000);
    await dispatcher.close(never);
    assert.deepEqual(routed, ['blue app 1 new']);
    assert.deepEqual(told, ['blue SourceFetchFailed error getting source object Kustomization/apps/app']);
  });

  it('tells at once of an object that is not there', async () => {
    const { dispatcher, told } = setUp([blue], () => Promise.reject(apiError(404, 'NotFound', 'gone')));
    dispatcher.accept(eventAbout());
    await dispatcher.close(never);
    assert.deepEqual(told, ['blue SourceFetchFailed error getting source object Kustomization/apps/app']);
  });

  it('takes nothing when too many questions are open, nor after its end', async () => {
    const { dispatcher } = setUp([blue], (_name, signal) => {
      signal.throwIfAborted();
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    for (let i = 0; i < 2000; i += 1) assert.ok(dispatcher.accept(eventAbout({ name: `n${i}` })));
    assert.ok(!dispatcher.accept(eventAbout({ name: 'more' })));
    const deadline = new AbortController();
    const closed = dispatcher.close(deadline.signal);
    deadline.abort();
    await closed;
    assert.ok(!dispatcher.accept(eventAbout()));
  });
});

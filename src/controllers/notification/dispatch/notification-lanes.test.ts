import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import { alertNamed, eventAbout } from '../alert/testing.ts';
import { notificationLanes } from './notification-lanes.ts';
import { type Notification, SendFailure } from './send.ts';

const notification: Notification = {
  alert: alertNamed(),
  event: eventAbout(),
  provider: { namespace: 'apps', name: 'sink' },
  about: 'Kustomization/apps/app',
  bytes: 1000,
};

type Answer = boolean | Error;

/** Lanes whose sender answers what the test says, one after the other and then the last again. */
function setUp(...answers: readonly Answer[]) {
  const clock = new ManualClock();
  const registry = new Registry();
  const told: string[] = [];
  let next = 0;
  const lanes = notificationLanes({
    clock,
    log: silentLogger,
    registry,
    sender: {
      async send() {
        const answer = answers[Math.min(next++, answers.length - 1)] ?? true;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    providerOf: () => ({
      apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
      kind: 'Provider',
      metadata: { namespace: 'apps', name: 'sink' },
      spec: { type: 'slack' },
    }),
    tell: ({ metadata }, { reason, message }) => told.push(`${metadata.name} ${reason} ${message}`),
  });
  const counted = async (): Promise<readonly string[]> => {
    await setImmediate();
    const text = await registry.metrics();
    return [...text.matchAll(/^sluice_notifications_total\{type="(\w+)",result="(\w+)"\} (\d+)/gm)].map(
      ([, type, result, count]) => `${type} ${result} ${count}`,
    );
  };
  return { clock, lanes, told, counted, put: () => lanes.put('apps/sink', notification) };
}

const failure = (permanent: boolean): SendFailure => new SendFailure(eventAbout(), 'send', 'no', { permanent });
const telling = 'alert NotificationDispatchFailed failed to send notification for Kustomization/apps/app: no';

describe('notificationLanes', () => {
  it('counts what was sent, and what was not because of a suspended Provider', async () => {
    const { put, counted, told } = setUp(true, false);
    put();
    put();
    assert.deepEqual(await counted(), ['slack delivered 1', 'slack dropped 1']);
    assert.deepEqual(told, []);
  });

  it('tells the Alert of a failure that stays, once', async () => {
    const { put, counted, told } = setUp(failure(true));
    put();
    assert.deepEqual(await counted(), ['slack failed 1']);
    assert.deepEqual(told, [telling]);
  });

  it('tells the Alert of a failure that may pass when it happens, and not again until it is given up', async () => {
    const { put, counted, told, clock, lanes } = setUp(failure(false));
    put();
    await setImmediate();
    assert.deepEqual(told, [telling]);
    for (let minute = 0; minute < 20; minute += 1) {
      clock.advance(60_000);
      await setImmediate();
    }
    assert.deepEqual(told, [telling]);
    assert.equal(lanes.count, 1);
    for (let minute = 0; minute < 20; minute += 1) {
      clock.advance(60_000);
      await setImmediate();
    }
    assert.deepEqual(told, [telling, telling]);
    assert.equal(lanes.count, 0);
    assert.match((await counted()).join(), /slack retried \d+,slack failed 1/);
  });

  it('gives up on a fault of ours', async () => {
    const { put, counted, told } = setUp(new TypeError('x is undefined'));
    put();
    assert.deepEqual(await counted(), ['slack failed 1']);
    assert.deepEqual(told, ['alert NotificationDispatchFailed x is undefined']);
  });

  it('tells the Alert of what had to make room', async () => {
    const { lanes, told } = setUp(failure(false));
    for (let i = 0; i < 2002; i += 1) lanes.put('apps/sink', { ...notification, about: `${i}` });
    assert.equal(lanes.count, 2000);
    assert.match(told.at(-1) ?? '', /too many are waiting for provider 'sink'$/);
  });
});

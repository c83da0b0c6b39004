import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import type { NotificationEvent } from '../event.ts';
import { Digests } from './digest.ts';
import { alertNamed, eventAbout, failureOf } from './testing.ts';

function setUp() {
  const clock = new ManualClock();
  const sent: NotificationEvent[] = [];
  return { clock, sent, digests: new Digests({ clock, due: (_alert, event) => sent.push(event) }) };
}

describe('Digests', () => {
  it('tells in one message what happened since the first event, errors first', () => {
    const { clock, sent, digests } = setUp();
    const alert = alertNamed();
    digests.add(alert, eventAbout({ message: 'one created\ntwo created' }), 60_000);
    clock.advance(59_000);
    digests.add(alert, failureOf({ name: 'b' }), 60_000);
    digests.add(alert, failureOf({ name: 'b' }), 60_000);
    assert.equal(sent.length, 0);
    clock.advance(1000);
    assert.deepEqual(sent, [
      {
        involvedObject: {
          apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
          kind: 'Alert',
          namespace: 'apps',
          name: 'alert',
          uid: 'uid-alert',
        },
        severity: 'error',
        timestamp: '2026-01-02T03:05:05Z',
        message:
          '3 events, 2 of them errors\nerror: Kustomization/apps/b BuildFailed: it broke (2 times)\nKustomization/apps/app Progressing: one created',
        reason: 'Digest',
        metadata: {},
        reportingController: 'notification-controller',
        reportingInstance: '',
      },
    ]);
    digests.add(alert, eventAbout(), 60_000);
    clock.advance(60_000);
    assert.equal(sent[1]?.message, '1 event, 0 of them errors\nKustomization/apps/app Progressing: something happened');
    assert.equal(sent[1]?.severity, 'info');
  });

  it('holds a bounded message, however much happens', () => {
    const { sent, digests } = setUp();
    for (let i = 0; i < 5000; i += 1)
      digests.add(alertNamed(), eventAbout({ name: `n${i}`, message: 'x'.repeat(30_000) }), 60_000);
    digests.flush();
    const [digest] = sent;
    assert.ok((digest?.message.length ?? 0) < 39_000);
    assert.match(digest?.message ?? '', /^5000 events(?:.|\n)*\nand 4900 more$/);
  });

  it('sends what it has when it is told to', () => {
    const { clock, sent, digests } = setUp();
    digests.add(alertNamed({}, { name: 'a' }), eventAbout(), 60_000);
    digests.add(alertNamed({}, { name: 'b' }), eventAbout(), 60_000);
    digests.flush();
    assert.deepEqual(
      sent.map(({ involvedObject }) => involvedObject.name),
      ['a', 'b'],
    );
    assert.equal(clock.pending, 0);
  });
});

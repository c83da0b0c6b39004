import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import type { NotificationEvent } from '../event.ts';
import type { AlertExtensions } from './extensions.ts';
import { Incidents } from './incidents.ts';
import { alertNamed, eventAbout, failureOf, successOf } from './testing.ts';

const alert = alertNamed();
const none: AlertExtensions = { recovery: false, threads: false };

/** Incidents with what they told by themselves. */
function setUp(extensions: Partial<AlertExtensions>) {
  const clock = new ManualClock();
  const due: string[] = [];
  const incidents = new Incidents({ clock, due: (_alert, event) => due.push(event.message) });
  const heard = (event: NotificationEvent) => incidents.heard(alert, { ...none, ...extensions }, event)?.message;
  return { clock, due, incidents, heard };
}

describe('Incidents', () => {
  it('lets pass what is neither failure nor recovery', () => {
    const { heard } = setUp({ recovery: true, fireAfterFailures: 3 });
    assert.equal(heard(eventAbout()), 'something happened');
    assert.equal(heard(successOf({ message: 'well as ever' })), 'well as ever');
  });

  it('tells of a failure when it was seen often enough, once', () => {
    const { heard } = setUp({ fireAfterFailures: 3 });
    const heardOf = ['a', 'a', 'a', 'a', 'b', 'a', 'b'].map((message) => heard(failureOf({ message })));
    assert.deepEqual(heardOf, [undefined, undefined, 'a', undefined, 'b', undefined, undefined]);
    assert.equal(heard(failureOf({ message: 'a', revision: 'r2' })), 'a', 'another revision is news');
  });

  it('tells nothing of a failure that is over before that', () => {
    const { heard, due, clock } = setUp({ fireAfterFailures: 3, fireAfterMs: 60_000, recovery: true });
    assert.equal(heard(failureOf()), undefined);
    assert.equal(heard(failureOf()), undefined);
    assert.equal(heard(successOf({ message: 'well' })), 'well', 'the success itself is told as ever');
    clock.advance(120_000);
    assert.deepEqual(due, []);
    assert.equal(heard(failureOf()), undefined, 'it counts from one again');
  });

  it('tells of a failure that lasts, with the words of the latest', () => {
    const { heard, due, clock } = setUp({ fireAfterMs: 60_000 });
    assert.equal(heard(failureOf({ message: 'first' })), undefined);
    clock.advance(30_000);
    assert.equal(heard(failureOf({ message: 'second' })), undefined);
    assert.deepEqual(due, []);
    clock.advance(30_000);
    assert.deepEqual(due, ['second']);
    assert.equal(heard(failureOf({ message: 'second' })), undefined);
    assert.equal(heard(failureOf({ message: 'third' })), 'third');
  });

  it('tells at the first of two thresholds', () => {
    const { heard, due, clock } = setUp({ fireAfterMs: 60_000, fireAfterFailures: 2 });
    assert.equal(heard(failureOf()), undefined);
    assert.equal(heard(failureOf()), 'it broke');
    clock.advance(120_000);
    assert.deepEqual(due, []);
  });

  it('tells when it is over, as a message of its own, if it was told', () => {
    const { heard, clock, incidents } = setUp({ recovery: true });
    assert.equal(heard(failureOf()), 'it broke');
    assert.equal(heard(failureOf()), 'it broke', 'without a threshold each failure is told, as ever');
    clock.advance(90_400);
    assert.equal(heard(eventAbout({ message: 'ConfigMap/apps/one configured' })), 'ConfigMap/apps/one configured');
    const told = incidents.heard(alert, { ...none, recovery: true }, successOf());
    assert.equal(told?.message, 'Recovered after 1m30s: Reconciliation finished in 1s, next run in 1h0m0s');
    assert.deepEqual(told?.metadata, { 'kustomize.toolkit.fluxcd.io/revision': 'r1' }, 'and not for a commit alone');
    assert.equal(heard(successOf({ message: 'well' })), 'well', 'once');
  });

  it('tells of the recovery from a failure of before the start, if that must have been told', () => {
    const { incidents, clock } = setUp({});
    const began = clock.now() - 600_000;
    const about = { kind: 'Kustomization', namespace: 'apps', name: 'app' };
    const cases: readonly [Partial<AlertExtensions>, boolean][] = [
      [{}, true],
      [{ fireAfterMs: 300_000 }, true],
      [{ fireAfterMs: 3_600_000 }, false],
      [{ fireAfterFailures: 3 }, false],
    ];
    for (const [asked, isTold] of cases) {
      const extensions = { ...none, recovery: true, ...asked };
      incidents.resume(alert, extensions, about, began);
      const message = incidents.heard(alert, extensions, successOf({ message: 'well' }))?.message;
      assert.equal(message, isTold ? 'Recovered after 10m0s: well' : 'well');
    }
    assert.equal(incidents.size, 0);
  });

  it('keeps objects and Alerts apart', () => {
    const { heard, incidents } = setUp({ fireAfterFailures: 2 });
    assert.equal(heard(failureOf({ name: 'a' })), undefined);
    assert.equal(heard(failureOf({ name: 'b' })), undefined);
    assert.equal(heard(failureOf({ name: 'a', namespace: 'other' })), undefined);
    const other = alertNamed({}, { name: 'other' });
    assert.equal(incidents.heard(other, { ...none, fireAfterFailures: 2 }, failureOf({ name: 'a' })), undefined);
    assert.equal(heard(failureOf({ name: 'a' })), 'it broke');
  });

  it('forgets what nobody speaks of any more, and has no more than it has room for', () => {
    const { heard, incidents, clock } = setUp({ fireAfterFailures: 2, fireAfterMs: 3_600_000 });
    heard(failureOf({ name: 'old' }));
    clock.advance(86_400_000);
    heard(failureOf({ name: 'new' }));
    assert.equal(incidents.size, 1);
    for (let i = 0; i < 10_010; i += 1) heard(failureOf({ name: `n${i}` }));
    assert.equal(incidents.size, 10_000);
    incidents.close();
    assert.equal(clock.pending, 0);
  });
});

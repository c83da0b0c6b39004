import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { ActionLog } from '../actions/action-log.ts';
import { type ActionPorts, ActionRun } from './action-run.ts';
import { releaseRecord } from './testing.ts';

function begin(run: (ports: ActionPorts) => Promise<unknown>) {
  const clock = new ManualClock();
  return { clock, action: new ActionRun({ name: 'install' }, new ActionLog(clock), clock, run) };
}

describe('ActionRun', () => {
  it('is over with a result, the records and the time it took', async () => {
    const { clock, action } = begin(async ({ observe }) => {
      observe(releaseRecord());
      await tick();
      clock.advance(1500);
      return 'done';
    });
    await action.overOrWaiting(() => assert.fail('nobody has left'));
    assert.deepEqual(action.end, { result: 'done' });
    assert.equal(action.records.length, 1);
    assert.equal(action.endedAt - action.startedAt, 1500);
  });

  it('keeps what it failed with, and what it had written', async () => {
    const failure = new Error('refused');
    const { action } = begin(async ({ observe }) => {
      observe(releaseRecord());
      throw failure;
    });
    await action.over();
    assert.deepEqual(action.end, { error: failure });
    assert.equal(action.records.length, 1);
  });

  it('lets go who waits with it when it waits for long, and tells when it is over', async () => {
    const ready = Promise.withResolvers<void>();
    const { clock, action } = begin(async ({ waiting }) => waiting(ready.promise));
    const left = Promise.withResolvers<void>();
    const waited = action.overOrWaiting(left.resolve);
    await tick();
    clock.advance(1000);
    await waited;
    assert.equal(action.end, undefined);
    ready.resolve();
    await left.promise;
    assert.ok(action.end !== undefined);
  });

  it('lets nobody go for a wait that is over at once', async () => {
    const { clock, action } = begin(async ({ waiting }) => {
      await waiting(tick());
      return 'done';
    });
    await action.overOrWaiting(() => assert.fail('nobody has left'));
    assert.equal(clock.pending, 0);
    assert.deepEqual(action.end, { result: 'done' });
  });

  it('ends where it stands, or ends its waits alone', async () => {
    const { action } = begin(
      ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    await tick();
    action.abort(new Error('deleted'));
    await action.over();
    assert.match(String((action.end as { readonly error: unknown }).error), /deleted/);
    const waits = begin(async ({ signal, waitSignal }) => {
      await new Promise((resolve) => waitSignal.addEventListener('abort', resolve));
      return signal.aborted;
    });
    await tick();
    waits.action.endWaits(new Error('superseded'));
    await waits.action.over();
    assert.deepEqual(waits.action.end, { result: false });
  });
});

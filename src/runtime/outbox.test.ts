import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { Outbox, Refusal } from './outbox.ts';

describe('Outbox', () => {
  let clock: ManualClock;
  let sent: string[];
  let dropped: string[];

  beforeEach(() => {
    clock = new ManualClock();
    sent = [];
    dropped = [];
  });

  function outbox(
    deliver: (item: string, signal: AbortSignal) => Promise<'delivered' | Refusal>,
    workers = 1,
  ): Outbox<string> {
    return new Outbox({
      capacity: 2,
      workers,
      maxTries: 3,
      delayMs: (tries) => tries * 100,
      deliver: (item, signal) => {
        sent.push(item);
        return deliver(item, signal);
      },
      dropped: (item, error) => void dropped.push(`${item}: ${error.message}`),
      clock,
    });
  }

  const end = (subject: Outbox<string>) => subject.flush(AbortSignal.timeout(5000));

  it('delivers in order, and drops what does not fit', async () => {
    const gate = Promise.withResolvers<void>();
    const subject = outbox(() => gate.promise.then(() => 'delivered'));
    for (const item of ['a', 'b', 'c', 'd']) subject.put(item);
    gate.resolve();
    await end(subject);
    assert.deepEqual(sent, ['a', 'b', 'c']);
    assert.deepEqual(dropped, ['d: too many are waiting']);
    subject.put('e');
    assert.deepEqual(dropped.slice(1), ['e: shutting down']);
  });

  it('tries again after pauses, and gives up after the last try', async () => {
    const subject = outbox(() => Promise.reject(new Error('down')));
    subject.put('a');
    for (const pause of [100, 200]) {
      await waitFor(() => clock.pending === 1, 'the pause', { intervalMs: 1 });
      clock.advance(pause);
    }
    await end(subject);
    assert.deepEqual(sent, ['a', 'a', 'a']);
    assert.deepEqual(dropped, ['a: down']);
  });

  it('does not try again what is refused, and goes on with the next', async () => {
    const subject = outbox(async (item) => (item === 'a' ? new Refusal('no') : 'delivered'));
    subject.put('a');
    subject.put('b');
    await end(subject);
    assert.deepEqual(sent, ['a', 'b']);
    assert.deepEqual(dropped, ['a: no']);
  });

  it('delivers several at once when it may', async () => {
    const gate = Promise.withResolvers<void>();
    const subject = outbox(() => gate.promise.then(() => 'delivered'), 2);
    subject.put('a');
    subject.put('b');
    assert.deepEqual(sent, ['a', 'b']);
    gate.resolve();
    await end(subject);
  });

  it('tells when nothing is left, and goes on', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const subject = outbox(async () => {
      await gates[sent.length - 1]?.promise;
      return 'delivered';
    });
    await subject.settle(AbortSignal.timeout(5000));
    subject.put('a');
    const settled = subject.settle(AbortSignal.timeout(5000));
    gates[0]?.resolve();
    await settled;
    subject.put('b');
    await subject.settle(AbortSignal.abort());
    const ended = end(subject);
    gates[1]?.resolve();
    await ended;
    assert.deepEqual(sent, ['a', 'b']);
    assert.deepEqual(dropped, []);
  });

  it('interrupts what is under way when the time to end is over', async () => {
    const subject = outbox(
      (_item, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    subject.put('a');
    subject.put('b');
    await subject.flush(AbortSignal.abort(new Error('late')));
    assert.deepEqual(dropped, ['a: late', 'b: shutting down']);
  });
});

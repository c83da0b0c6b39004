import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { Lane, type Parcel, type Trouble } from './lane.ts';

interface Letter extends Parcel {
  readonly id: number;
}

/** What a place does with a letter: takes it, or one of the ways to fail. */
const outcomes = fc.constantFrom<'taken' | Partial<Trouble>>(
  'taken',
  'taken',
  { permanent: true },
  {},
  { retryAfterMs: 30_000 },
  { unanswered: true },
);

const steps = fc.oneof(
  { weight: 5, arbitrary: fc.record({ put: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f') }) },
  { weight: 3, arbitrary: fc.record({ advance: fc.integer({ min: 1, max: 120_000 }) }) },
  { weight: 4, arbitrary: fc.record({ answer: outcomes }) },
  { weight: 1, arbitrary: fc.constant({ drop: true }) },
  { weight: 1, arbitrary: fc.constant({ wake: true }) },
);

class Failed extends Error {
  readonly trouble: Partial<Trouble>;

  constructor(trouble: Partial<Trouble>) {
    super('failed');
    this.trouble = trouble;
  }
}

describe('a lane, whatever happens', () => {
  it('ends each parcel once, keeps the order of each object, and ends empty', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 80 }), async (script) => {
        const clock = new ManualClock();
        const open: { readonly letter: Letter; readonly answer: PromiseWithResolvers<void> }[] = [];
        const ended = new Map<number, string>();
        const sentOrder = new Map<string, number[]>();
        const end = (letter: Letter, how: string): void => {
          assert.equal(ended.get(letter.id), undefined, `${letter.id} ended twice`);
          ended.set(letter.id, how);
        };
        const lane = new Lane<Letter>({
          clock,
          async send(letter, signal) {
            const answer = Promise.withResolvers<void>();
            signal.addEventListener('abort', () => answer.reject(new Failed({})));
            assert.ok(!open.some((other) => other.letter.about === letter.about), 'two of an object at once');
            open.push({ letter, answer });
            assert.ok(open.length <= 4);
            await answer.promise;
            end(letter, 'sent');
            sentOrder.set(letter.about, [...(sentOrder.get(letter.about) ?? []), letter.id]);
          },
          troubleOf: (error) => {
            assert.ok(error instanceof Failed, String(error));
            return {
              message: 'failed',
              permanent: false,
              retryAfterMs: undefined,
              unanswered: false,
              ...error.trouble,
            };
          },
          failed: (letter, _trouble, _attempt, final) => {
            if (final) end(letter, 'lost');
          },
          idle: () => {},
        });
        let ids = 0;
        for (const step of script) {
          if ('put' in step) lane.put({ id: ids++, about: step.put, bytes: 10 });
          else if ('advance' in step) clock.advance(step.advance);
          else if ('wake' in step) lane.wake();
          else if ('drop' in step) {
            const dropped = lane.dropOldest();
            if (dropped !== undefined) end(dropped, 'dropped');
          } else {
            const first = open.shift();
            if (step.answer === 'taken') first?.answer.resolve();
            else first?.answer.reject(new Failed(step.answer));
          }
          await setImmediate();
          assert.equal(lane.count, ids - ended.size);
          assert.equal(lane.bytes, 10 * lane.count);
        }
        const deadline = new AbortController();
        lane.drain(deadline.signal);
        await setImmediate();
        deadline.abort();
        await setImmediate();
        assert.equal(ended.size, ids, 'all have ended');
        assert.equal(lane.count, 0);
        assert.equal(clock.pending, 0, 'no timer is left');
        for (const order of sentOrder.values())
          assert.deepEqual(
            order,
            order.toSorted((a, b) => a - b),
          );
      }),
      { seed: 11, numRuns: 150 },
    );
  });
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { WorkQueue } from './work-queue.ts';

type Step =
  | readonly ['add' | 'begin' | 'end' | 'fail', number]
  | readonly ['after', number, number]
  | readonly ['pass', number];

const name = fc.nat({ max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constantFrom('add' as const, 'begin' as const, 'end' as const, 'fail' as const), name),
  fc.tuple(fc.constant('after' as const), name, fc.nat({ max: 50 })),
  fc.tuple(fc.constant('pass' as const), fc.nat({ max: 30 })),
);

it('whatever happens, each key runs alone, and after every time it was asked for', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = new ManualClock();
      /** Dispatched and not begun; running; asked for since the last begin; when a look is due at the latest. */
      const waiting: number[] = [];
      const running = new Set<number>();
      const asked = new Set<number>();
      const due = new Map<number, number>();
      const queue = new WorkQueue({
        minRetryDelayMs: 5,
        maxRetryDelayMs: 40,
        clock,
        dispatch: (key) => {
          const id = Number(key.name);
          assert.ok(!waiting.includes(id) && !running.has(id));
          waiting.push(id);
        },
      });
      const promise = (id: number, ms: number): void => {
        due.set(id, Math.min(due.get(id) ?? Number.POSITIVE_INFINITY, clock.now() + ms));
      };
      for (const [action, value, more = 0] of steps) {
        const key = { name: String(value) };
        switch (action) {
          case 'add':
            queue.add(key);
            asked.add(value);
            break;
          case 'after':
            queue.addAfter(key, more);
            promise(value, more);
            break;
          case 'fail':
            promise(value, queue.addRateLimited(key));
            break;
          case 'begin':
            if (!waiting.includes(value)) break;
            assert.ok(queue.begin(key));
            waiting.splice(waiting.indexOf(value), 1);
            running.add(value);
            asked.delete(value);
            due.delete(value);
            break;
          case 'end':
            if (!running.delete(value)) break;
            queue.end(key);
            break;
          case 'pass':
            clock.advance(value);
            for (const [id, at] of due) {
              if (at > clock.now()) continue;
              due.delete(id);
              asked.add(id);
            }
            break;
        }
      }
      for (const id of [...running]) {
        running.delete(id);
        queue.end({ name: String(id) });
      }
      for (const id of asked) assert.ok(waiting.includes(id), `key ${id} was asked for and waits for no worker`);
      clock.advance(1000);
      for (const id of due.keys()) assert.ok(waiting.includes(id), `the appointment of key ${id} was lost`);
    }),
    { seed: 7, numRuns: 2000 },
  );
});

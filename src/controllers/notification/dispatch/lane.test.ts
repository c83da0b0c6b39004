import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { Lane, type Parcel, type Trouble } from './lane.ts';

interface Letter extends Parcel {
  readonly text: string;
}

const letter = (text: string, about = text, bytes = 10): Letter => ({ text, about, bytes });

class Refused extends Error {
  readonly trouble: Omit<Trouble, 'message'>;

  constructor(trouble: Partial<Trouble> = {}) {
    super('refused');
    this.trouble = { permanent: false, retryAfterMs: undefined, unanswered: false, ...trouble };
  }
}

/** A lane to a place that answers as the test tells it, and what became of its letters. */
function setUp() {
  const clock = new ManualClock();
  const log: string[] = [];
  const open = new Map<string, PromiseWithResolvers<void>>();
  /** Answers at once when set; otherwise letters stay open until they are answered. */
  const state: { answer?: (text: string) => Error | undefined } = {};
  const lane = new Lane<Letter>({
    clock,
    send({ text }, signal) {
      log.push(`send ${text}`);
      if (state.answer !== undefined) {
        const error = state.answer(text);
        return error === undefined ? Promise.resolve() : Promise.reject(error);
      }
      const answer = Promise.withResolvers<void>();
      open.set(text, answer);
      signal.addEventListener('abort', () => answer.reject(new Refused()));
      return answer.promise;
    },
    troubleOf: (error) => ({ message: 'refused', ...(error as Refused).trouble }),
    failed: ({ text }, _trouble, attempt, final) => log.push(`${final ? 'lost' : 'failed'} ${text} ${attempt}`),
    idle: () => log.push('idle'),
  });
  const taken = async (): Promise<string[]> => {
    await setImmediate();
    return log.splice(0);
  };
  return { clock, lane, state, open, taken };
}

describe('Lane', () => {
  it('sends four at a time', async () => {
    const { lane, open, taken } = setUp();
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f']) lane.put(letter(text));
    assert.deepEqual(await taken(), ['send a', 'send b', 'send c', 'send d']);
    open.get('b')?.resolve();
    assert.deepEqual(await taken(), ['send e']);
    assert.equal(lane.count, 5);
    assert.equal(lane.bytes, 50);
    for (const text of ['a', 'c', 'd', 'e']) open.get(text)?.resolve();
    assert.deepEqual(await taken(), ['send f']);
    open.get('f')?.resolve();
    assert.deepEqual(await taken(), ['idle']);
    assert.equal(lane.bytes, 0);
  });

  it('sends what is about the same in order, one after the other', async () => {
    const { lane, open, taken } = setUp();
    for (const text of ['a1', 'a2', 'a3']) lane.put(letter(text, 'a'));
    lane.put(letter('b1', 'b'));
    assert.deepEqual(await taken(), ['send a1', 'send b1']);
    open.get('a1')?.resolve();
    assert.deepEqual(await taken(), ['send a2']);
    open.get('a2')?.resolve();
    assert.deepEqual(await taken(), ['send a3']);
  });

  it('tries again what may pass, in order, after 5 s doubled each time', async () => {
    const { clock, lane, state, taken } = setUp();
    state.answer = () => new Refused();
    lane.put(letter('a1', 'a'));
    lane.put(letter('a2', 'a'));
    assert.deepEqual(await taken(), ['send a1', 'failed a1 1']);
    clock.advance(4999);
    assert.deepEqual(await taken(), []);
    clock.advance(1);
    assert.deepEqual(await taken(), ['send a1', 'failed a1 2']);
    state.answer = () => undefined;
    clock.advance(10_000);
    assert.deepEqual(await taken(), ['send a1', 'send a2', 'idle']);
  });

  it('gives up what would fail again at once, and goes on', async () => {
    const { lane, state, taken } = setUp();
    state.answer = (text) => (text === 'a1' ? new Refused({ permanent: true }) : undefined);
    lane.put(letter('a1', 'a'));
    lane.put(letter('a2', 'a'));
    assert.deepEqual(await taken(), ['send a1', 'lost a1 1', 'send a2', 'idle']);
  });

  it('gives up after half an hour', async () => {
    const { clock, lane, state, taken } = setUp();
    state.answer = () => new Refused();
    lane.put(letter('a'));
    const log: string[] = [];
    for (let minute = 0; minute < 40; minute += 1) {
      log.push(...(await taken()));
      clock.advance(60_000);
    }
    assert.equal(log.at(-1), 'idle');
    assert.match(log.at(-2) ?? '', /^lost a \d+$/);
    assert.ok(log.length > 20, 'it was tried often');
    assert.equal(lane.count, 0);
  });

  it('sends what may have arrived three times at most', async () => {
    const { clock, lane, state, taken } = setUp();
    state.answer = () => new Refused({ unanswered: true });
    lane.put(letter('a'));
    for (const delayMs of [5000, 10_000]) {
      await taken();
      clock.advance(delayMs);
    }
    assert.deepEqual(await taken(), ['send a', 'lost a 3', 'idle']);
  });

  it('asks a place in trouble one at a time, and faster again when it answers', async () => {
    const { clock, lane, state, open, taken } = setUp();
    state.answer = () => new Refused();
    for (const text of ['a', 'b', 'c', 'd']) lane.put(letter(text));
    await taken();
    delete state.answer;
    for (const text of ['e', 'f', 'g', 'h']) lane.put(letter(text));
    assert.deepEqual(await taken(), ['send e']);
    open.get('e')?.resolve();
    assert.deepEqual(await taken(), ['send f', 'send g']);
    open.get('f')?.resolve();
    clock.advance(5000);
    assert.deepEqual((await taken()).length, 3);
  });

  it('leaves a place alone for as long as it asks for', async () => {
    const { clock, lane, state, taken } = setUp();
    state.answer = () => new Refused({ retryAfterMs: 60_000 });
    lane.put(letter('a'));
    assert.deepEqual(await taken(), ['send a', 'failed a 1']);
    state.answer = () => undefined;
    lane.put(letter('b'));
    clock.advance(59_999);
    assert.deepEqual(await taken(), []);
    clock.advance(1);
    assert.deepEqual((await taken()).toSorted(), ['idle', 'send a', 'send b']);
  });

  it('tries everything at once when the place has changed', async () => {
    const { lane, state, taken } = setUp();
    state.answer = () => new Refused({ retryAfterMs: 600_000 });
    lane.put(letter('a'));
    await taken();
    state.answer = () => undefined;
    lane.wake();
    assert.deepEqual(await taken(), ['send a', 'idle']);
  });

  it('drops the oldest that is not being sent', async () => {
    const { clock, lane, taken } = setUp();
    lane.put(letter('a1', 'a'));
    clock.advance(1);
    lane.put(letter('a2', 'a'));
    clock.advance(1);
    for (const text of ['b', 'c', 'd', 'e']) lane.put(letter(text));
    await taken();
    assert.equal(lane.dropOldest()?.text, 'a2');
    assert.equal(lane.dropOldest()?.text, 'e');
    assert.equal(lane.dropOldest(), undefined);
    assert.equal(lane.count, 4);
  });

  it('sends all that waits at the end, once more', async () => {
    const { lane, state, taken } = setUp();
    state.answer = () => new Refused({ retryAfterMs: 600_000 });
    for (const text of ['a', 'b']) lane.put(letter(text));
    await taken();
    state.answer = (text) => (text === 'a' ? new Refused() : undefined);
    lane.drain(new AbortController().signal);
    assert.deepEqual((await taken()).toSorted(), ['idle', 'lost a 2', 'send a', 'send b']);
  });

  it('gives up at the end of the end what hangs and what waits', async () => {
    const { lane, taken } = setUp();
    for (const text of ['a1', 'a2']) lane.put(letter(text, 'a'));
    await taken();
    const deadline = new AbortController();
    lane.drain(deadline.signal);
    deadline.abort();
    assert.deepEqual((await taken()).toSorted(), ['idle', 'lost a1 1', 'lost a2 1']);
    assert.equal(lane.count, 0);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import type { Parcel } from './lane.ts';
import { Lanes } from './lanes.ts';

interface Letter extends Parcel {
  readonly place: string;
}

/** Lanes where the place `hung` never answers. */
function setUp() {
  const sent: string[] = [];
  const lost: string[] = [];
  const lanes = new Lanes<Letter>({
    clock: new ManualClock(),
    send({ place, about }, signal) {
      if (place !== 'hung') {
        sent.push(about);
        return Promise.resolve();
      }
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('hung'))));
    },
    troubleOf: () => ({ message: 'hung', permanent: false, retryAfterMs: undefined, unanswered: false }),
    failed: ({ about }) => lost.push(about),
    crowdedOut: ({ about }) => lost.push(about),
  });
  const put = (place: string, about: string, bytes = 1000): void => lanes.put(place, { place, about, bytes });
  return { lanes, put, sent, lost };
}

describe('Lanes', () => {
  it('lets no place wait for one that hangs', async () => {
    const { put, sent, lanes } = setUp();
    for (let i = 0; i < 100; i += 1) {
      put('hung', `hung ${i}`);
      put('well', `well ${i}`);
    }
    for (let turn = 0; turn < 100 && sent.length < 100; turn += 1) await setImmediate();
    assert.equal(sent.length, 100);
    assert.equal(lanes.count, 100);
  });

  it('holds so many for one place, and the oldest make room', () => {
    const { put, lost, lanes } = setUp();
    for (let i = 0; i < 2010; i += 1) put('hung', `hung ${i}`);
    assert.equal(lanes.count, 2000);
    // The first four are being sent.
    assert.deepEqual([lost.length, lost[0], lost.at(-1)], [10, 'hung 4', 'hung 13']);
  });

  it('holds so many bytes for one place, and for all', () => {
    const { put, lanes } = setUp();
    const megabyte = 1 << 20;
    for (let i = 0; i < 20; i += 1) put('hung', `hung ${i}`, megabyte);
    assert.equal(lanes.bytes, 8 * megabyte);
    const other = setUp();
    for (let place = 0; place < 6; place += 1)
      for (let i = 0; i < 7; i += 1)
        other.lanes.put(`hung ${place}`, { place: 'hung', about: `${place} ${i}`, bytes: megabyte });
    assert.equal(other.lanes.bytes, 32 * megabyte);
    assert.equal(other.lost.length, 10);
  });

  it('ends when everything is sent or given up', async () => {
    const { put, lanes, lost } = setUp();
    await lanes.drain(new AbortController().signal);
    put('well', 'a');
    put('hung', 'b');
    put('hung', 'c');
    const deadline = new AbortController();
    const drained = lanes.drain(deadline.signal);
    deadline.abort();
    await drained;
    assert.deepEqual(lost.toSorted(), ['b', 'c']);
    assert.equal(lanes.count, 0);
  });
});

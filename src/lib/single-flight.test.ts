import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SingleFlight } from './single-flight.ts';

const never = new AbortController().signal;

describe('SingleFlight', () => {
  it('does the work once for all who ask at the same time, and again later', async () => {
    const flights = new SingleFlight<number>();
    let runs = 0;
    const work = () => Promise.resolve(++runs);
    assert.deepEqual(await Promise.all([1, 2, 3].map(() => flights.run('a', never, work))), [1, 1, 1]);
    assert.equal(await flights.run('a', never, work), 2);
  });

  it('gives a failure to all, and forgets it', async () => {
    const flights = new SingleFlight<number>();
    const work = () => Promise.reject(new Error('no'));
    const both = await Promise.allSettled([flights.run('a', never, work), flights.run('a', never, work)]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal(await flights.run('a', never, () => Promise.resolve(7)), 7);
  });

  it('goes on for others when one gives up, and aborts the work when all have', async () => {
    const flights = new SingleFlight<number>();
    const gate = Promise.withResolvers<number>();
    const seen: AbortSignal[] = [];
    const work = (signal: AbortSignal) => {
      seen.push(signal);
      return gate.promise;
    };
    const [first, second] = [new AbortController(), new AbortController()];
    const results = [flights.run('a', first.signal, work), flights.run('a', second.signal, work)];
    first.abort(new Error('late'));
    await assert.rejects(results[0] ?? gate.promise, /late/);
    assert.equal(seen[0]?.aborted, false);
    second.abort();
    await assert.rejects(results[1] ?? gate.promise, { name: 'AbortError' });
    assert.equal(seen[0]?.aborted, true);
    assert.equal(await flights.run('a', never, () => Promise.resolve(1)), 1);
    assert.equal(seen.length, 1);
  });

  it('does not begin for who has given up already', async () => {
    const flights = new SingleFlight<number>();
    const aborted = AbortSignal.abort();
    await assert.rejects(
      flights.run('a', aborted, () => assert.fail('must not run')),
      { name: 'AbortError' },
    );
  });
});

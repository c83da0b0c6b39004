import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { BearerToken } from './token.ts';
import { TokenCache, type TokenCacheObserver } from './token-cache.ts';

const signal = new AbortController().signal;

function setUp({ maxSize = 2, maxDurationMs }: { maxSize?: number; maxDurationMs?: number } = {}) {
  const clock = new ManualClock();
  const seen: string[] = [];
  const observer: TokenCacheObserver = {
    looked: (found) => seen.push(found ? 'hit' : 'miss'),
    evicted: () => seen.push('evicted'),
    size: () => {},
  };
  const cache = new TokenCache({ maxSize, clock, observer, ...(maxDurationMs === undefined ? {} : { maxDurationMs }) });
  let fetched = 0;
  const get = (key: string, lifeMs = 1000): Promise<BearerToken> =>
    cache.getOrFetch(key, signal, async () => ({ token: `${key}-${++fetched}`, expiresAt: clock.now() + lifeMs }));
  return { cache, clock, get, seen };
}

describe('TokenCache', () => {
  it('keeps a token until 80 % of its life have passed', async () => {
    const { clock, get } = setUp();
    assert.equal((await get('a')).token, 'a-1');
    clock.advance(799);
    assert.equal((await get('a')).token, 'a-1');
    clock.advance(1);
    assert.equal((await get('a')).token, 'a-2');
  });

  it('keeps none longer than an hour, nor longer than it is told', async () => {
    const hour = setUp({ maxDurationMs: 10 * 3_600_000 });
    await hour.get('a', Number.POSITIVE_INFINITY);
    hour.clock.advance(3_600_000);
    assert.equal((await hour.get('a')).token, 'a-2');
    const short = setUp({ maxDurationMs: 100 });
    await short.get('a');
    short.clock.advance(100);
    assert.equal((await short.get('a')).token, 'a-2');
  });

  it('drops the one that was used last the longest ago', async () => {
    const { get, seen } = setUp();
    await get('a');
    await get('b');
    await get('a');
    await get('c');
    assert.equal((await get('a')).token, 'a-1');
    assert.equal((await get('b')).token, 'b-4');
    assert.deepEqual(seen, ['miss', 'miss', 'hit', 'miss', 'evicted', 'hit', 'miss', 'evicted']);
  });

  it('asks once for those who want the same at once, and keeps no failure', async () => {
    const { cache, get } = setUp();
    const [first, second] = await Promise.all([get('a'), get('a')]);
    assert.equal(first, second);
    const failing = cache.getOrFetch('b', signal, () => Promise.reject(new Error('no')));
    await assert.rejects(failing, /no/);
    assert.equal((await get('b')).token, 'b-2');
  });

  it('keeps neither expired nor forgotten tokens, and nothing at all with a size of 0', async () => {
    const { cache, get } = setUp();
    await get('a', 0);
    assert.equal((await get('a')).token, 'a-2');
    cache.delete('a');
    assert.equal((await get('a')).token, 'a-3');
    const none = setUp({ maxSize: 0 });
    await none.get('a');
    assert.equal((await none.get('a')).token, 'a-2');
  });
});

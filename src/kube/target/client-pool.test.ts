import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeServer } from '../../../test/support/fake-client.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { ClosableClient } from '../http-client.ts';
import { ClientPool } from './client-pool.ts';

function setUp(options: { maxIdle?: number } = {}) {
  const clock = new ManualClock();
  const open = new Set<string>();
  let made = 0;
  const pool = new ClientPool({ clock, idleMs: 1000, ...options });
  const connect = (name: string) => async (): Promise<ClosableClient> => {
    made++;
    open.add(name);
    const client = new FakeServer().client();
    const impersonate = () => ({ ...client });
    return Object.assign(client, { impersonate, close: async () => void open.delete(name) });
  };
  const acquire = (name: string) => pool.acquire(name, connect(name));
  return { clock, open, pool, acquire, made: () => made };
}

describe('ClientPool', () => {
  it('makes one client for all who ask for the same, also at once', async () => {
    const { acquire, made } = setUp();
    const [a, b] = await Promise.all([acquire('x'), acquire('x')]);
    assert.equal(a.pooled.client, b.pooled.client);
    assert.equal(made(), 1);
    assert.equal(a.pooled.as('ns', 'sa'), b.pooled.as('ns', 'sa'));
    assert.notEqual(a.pooled.as('ns', 'sa'), a.pooled.as('ns', 'other'));
  });

  it('closes a client some time after its last hold, and not before', async () => {
    const { acquire, clock, open } = setUp();
    const { pooled, hold } = await acquire('x');
    const second = pooled.hold();
    hold.release();
    hold.release();
    clock.advance(5000);
    assert.deepEqual([...open], ['x']);
    second.release();
    clock.advance(999);
    assert.equal(pooled.closed.aborted, false);
    clock.advance(1);
    assert.equal(pooled.closed.aborted, true);
    assert.deepEqual([...open], []);
  });

  it('keeps what is taken up again', async () => {
    const { acquire, clock, open, made } = setUp();
    (await acquire('x')).hold.release();
    clock.advance(900);
    const again = await acquire('x');
    clock.advance(5000);
    assert.deepEqual([...open], ['x']);
    assert.equal(made(), 1);
    again.hold.release();
  });

  it('closes the one that was unused the longest when too many are', async () => {
    const { acquire, open } = setUp({ maxIdle: 2 });
    const holds = await Promise.all(['a', 'b', 'c', 'd'].map(acquire));
    for (const { hold } of holds.slice(0, 3)) hold.release();
    assert.deepEqual([...open], ['b', 'c', 'd']);
  });

  it('does not keep what could not be made', async () => {
    const { pool, acquire } = setUp();
    const failing = pool.acquire('x', async () => {
      throw new Error('no');
    });
    await assert.rejects(failing, /no/);
    assert.equal(pool.size, 0);
    await acquire('x');
    assert.equal(pool.size, 1);
  });

  it('closes all of them', async () => {
    const { pool, acquire, open, clock } = setUp();
    const { pooled } = await acquire('a');
    (await acquire('b')).hold.release();
    await pool.close();
    assert.deepEqual([...open], []);
    assert.equal(pooled.closed.aborted, true);
    clock.advance(10_000);
  });
});

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { FakeApiServer } from '../../test/support/fake-api-server.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { type ClosableClient, createClient } from '../kube/http-client.ts';
import { FatalError } from './controller.ts';
import { decideLease, LeaderElector, type LeaseSpec, leaseName, leaseType } from './lease.ts';
import { silentLogger } from './logging.ts';

it('a shard has a lease of its own', () => {
  assert.equal(leaseName('foo', ''), 'foo-leader-election');
  assert.equal(leaseName('foo', 'bar'), 'foo-leader-election-fcde2b2e');
});

describe('decideLease', () => {
  const held: LeaseSpec = { holderIdentity: 'other', leaseDurationSeconds: 35 };
  for (const { name, spec, age = 0, want } of [
    { name: 'ours', spec: { ...held, holderIdentity: 'me' }, want: 'renew' },
    { name: 'released', spec: { ...held, holderIdentity: '' }, want: 'take' },
    { name: 'nobody ever had it', spec: {}, want: 'take' },
    { name: 'another leads', spec: held, age: 34_999, want: 'wait' },
    { name: 'another was not heard of for too long', spec: held, age: 35_000, want: 'take' },
  ]) {
    it(name, () => assert.equal(decideLease(spec, 'me', 1000, 1000 + age), want));
  }
});

describe('LeaderElector', () => {
  const key = { name: 'sluice', namespace: 'flux-system' };
  let server: FakeApiServer;
  let client: ClosableClient;
  let clock: ManualClock;

  before(async () => {
    server = await FakeApiServer.start({ types: [leaseType] });
    client = createClient(server.connection());
  });
  after(async () => {
    await client.close();
    await server.close();
  });
  beforeEach(() => {
    server.requests.length = 0;
    clock = new ManualClock();
    if (server.store.find(leaseType, key) !== undefined) server.store.remove(leaseType, key);
  });

  function elector(identity: string): LeaderElector {
    return new LeaderElector({
      client,
      ...key,
      identity,
      leaseDurationMs: 35_000,
      renewDeadlineMs: 30_000,
      retryPeriodMs: 5000,
      releaseOnCancel: true,
      log: silentLogger,
      clock,
    });
  }

  /** Lets time pass; false, for use in a condition. */
  function passes(ms: number): false {
    clock.advance(ms);
    return false;
  }

  const spec = (): LeaseSpec => server.store.get(leaseType, key)['spec'] as LeaseSpec;
  const requests = (count: number) =>
    waitFor(() => server.requests.length >= count && clock.pending === 1, `${count} requests`, { intervalMs: 1 });

  it('creates the lease, renews it with one request each, and gives it back', async () => {
    const stop = new AbortController();
    const subject = elector('me');
    assert.equal(await subject.acquire(stop.signal), true);
    assert.partialDeepStrictEqual(spec(), {
      holderIdentity: 'me',
      leaseDurationSeconds: 35,
      leaseTransitions: 0,
      acquireTime: '2026-01-02T03:04:05.000000Z',
    });
    const holding = subject.hold(stop.signal);
    const before = server.requests.length;
    clock.advance(5000);
    await requests(before + 1);
    assert.partialDeepStrictEqual(spec(), {
      acquireTime: '2026-01-02T03:04:05.000000Z',
      renewTime: '2026-01-02T03:04:10.000000Z',
    });
    stop.abort();
    await holding;
    await subject.release();
    assert.partialDeepStrictEqual(spec(), { holderIdentity: '', leaseDurationSeconds: 1 });
  });

  it('waits while another leads, and takes over when that is not heard of any more', async () => {
    const stop = new AbortController();
    await elector('other').acquire(stop.signal);
    let leads = false;
    const acquiring = elector('me')
      .acquire(stop.signal)
      .then((answer) => {
        leads = answer;
      });
    for (let at = server.requests.length + 1; clock.now() < Date.UTC(2026, 0, 2, 3, 4, 5) + 33_000; at += 1) {
      await requests(at);
      assert.equal(leads, false);
      clock.advance(11_000);
    }
    await waitFor(() => leads || passes(1000), 'leadership', { intervalMs: 1 });
    await acquiring;
    assert.partialDeepStrictEqual(spec(), { holderIdentity: 'me', leaseTransitions: 1 });
  });

  it('stops waiting when told to', async () => {
    const stop = new AbortController();
    await elector('other').acquire(stop.signal);
    const acquiring = elector('me').acquire(stop.signal);
    await requests(server.requests.length);
    stop.abort();
    assert.equal(await acquiring, false);
  });

  it('ends the process when another has the lease', async () => {
    const subject = elector('me');
    await subject.acquire(AbortSignal.timeout(10_000));
    const holding = subject.hold(new AbortController().signal);
    const lease = server.store.get(leaseType, key);
    server.store.put(leaseType, { ...lease, spec: { holderIdentity: 'thief', leaseDurationSeconds: 35 } });
    const lost = assert.rejects(holding, FatalError);
    await waitFor(() => clock.pending === 0 || passes(5000), 'the loss', {
      intervalMs: 5,
      deadlineMs: 5000,
    });
    await lost;
  });

  it('ends the process when the lease cannot be renewed in time', async () => {
    const subject = elector('me');
    await subject.acquire(AbortSignal.timeout(10_000));
    server.misbehave(
      { path: /leases/ },
      ...Array.from({ length: 50 }, () => ({ status: 403, reason: 'Forbidden', message: 'no' })),
    );
    const holding = subject.hold(new AbortController().signal);
    const lost = assert.rejects(holding, FatalError);
    await waitFor(() => clock.pending === 0 || passes(5000), 'the loss', {
      intervalMs: 5,
      deadlineMs: 5000,
    });
    await lost;
  });
});

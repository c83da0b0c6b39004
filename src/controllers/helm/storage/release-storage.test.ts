import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiError, FakeServer } from '../../../../test/support/fake-client.ts';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { waitFor } from '../../../../test/support/wait-for.ts';
import type { ReleaseRecord, ReleaseStatus } from '../../../engines/helm/release/record.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { secretType } from '../../../kube/secret.ts';
import { RecordCache, ReleaseCache } from './release-cache.ts';
import type { ReleaseStorage } from './release-storage.ts';
import { StorageError } from './storage-error.ts';

const signal = new AbortController().signal;

function record(version: number, status: ReleaseStatus = 'deployed', name = 'demo'): ReleaseRecord {
  const info = { description: 'x', status, notes: '' };
  return { name, namespace: 'team', version, info, chart: {}, config: {}, manifest: '', hooks: [] };
}

function storageIn(server: FakeServer, clock = new ManualClock()): ReleaseStorage {
  const cache = new ReleaseCache({ clock });
  const target = { identity: { cluster: '' }, client: server.client(), hold: () => ({ release: () => undefined }) };
  return cache.open(target, 'team');
}

/** A storage whose watch has told what there is. */
async function watching(server: FakeServer): Promise<ReleaseStorage> {
  const storage = storageIn(server);
  await waitFor(() => server.watching > 0, 'the watch', { intervalMs: 1 });
  await storage.entries('demo', signal);
  server.taken();
  return storage;
}

const versions = async (storage: ReleaseStorage, name = 'demo'): Promise<string[]> =>
  (await storage.entries(name, signal)).map(({ version, status }) => `${version} ${status}`);

describe('release storage', () => {
  it('keeps a revision in a Secret, as Helm does', async () => {
    const server = new FakeServer();
    const storage = storageIn(server, new ManualClock(1_700_000_000_999));
    await storage.create(record(1, 'pending-install'), signal, { team: 'a' });
    const made = server.find('Secret', 'sh.helm.release.v1.demo.v1');
    assert.equal(made?.['type'], 'helm.sh/release.v1');
    const labels = { name: 'demo', owner: 'helm', status: 'pending-install', team: 'a', version: '1' };
    assert.deepEqual(made?.metadata.labels, { ...labels, createdAt: '1700000000' });
    await storage.update(record(1), signal);
    const updated = server.find('Secret', 'sh.helm.release.v1.demo.v1');
    assert.deepEqual(updated?.metadata.labels, { ...labels, status: 'deployed', modifiedAt: '1700000000' });
    assert.deepEqual(await storage.last('demo', signal), record(1));
    const [entry] = await storage.entries('demo', signal);
    assert.deepEqual(entry && (await storage.labels(entry, signal)), { team: 'a' });
  });

  it('asks for nothing that it knows', async () => {
    const server = new FakeServer();
    const storage = await watching(server);
    await storage.create(record(1, 'superseded'), signal);
    await storage.create(record(2), signal);
    server.taken();
    assert.deepEqual(await versions(storage), ['2 deployed', '1 superseded']);
    assert.deepEqual(
      (await storage.history('demo', signal)).map(({ version }) => version),
      [2, 1],
    );
    assert.equal(await storage.last('other', signal), undefined);
    assert.deepEqual(server.taken(), []);
  });

  it('reads what others write, once', async () => {
    const server = new FakeServer();
    const storage = await watching(server);
    const helm = storageIn(server);
    await helm.create(record(1), signal);
    await waitFor(async () => (await versions(storage)).length === 1, 'the watch to tell', { intervalMs: 1 });
    server.taken();
    assert.deepEqual(await storage.last('demo', signal), record(1));
    assert.deepEqual(await storage.last('demo', signal), record(1));
    assert.deepEqual(server.taken(), ['get Secret/sh.helm.release.v1.demo.v1']);
    await helm.delete('demo', 1, signal);
    await waitFor(async () => (await versions(storage)).length === 0, 'the watch to tell', { intervalMs: 1 });
  });

  it('lists where it may not watch', async () => {
    const server = new FakeServer();
    server.answer = ({ verb }) => (verb === 'watch' ? apiError(403, 'Forbidden', 'no') : undefined);
    const storage = storageIn(server);
    await storage.create(record(1), signal);
    assert.deepEqual(await versions(storage), ['1 deployed']);
    assert.deepEqual(await storage.last('demo', signal), record(1));
  });

  it('tells why it cannot', async () => {
    const server = new FakeServer();
    const storage = await watching(server);
    await storage.create(record(1), signal);
    const broken = server.find('Secret', 'sh.helm.release.v1.demo.v1') as KubeObject;
    server.edit({ ...broken, data: { release: 'bm90aGluZw==' } });
    await waitFor(
      async () => {
        await assert.rejects(storage.last('demo', signal), (error: StorageError) => error.code === 'corrupt');
        return true;
      },
      'the watch to tell',
      { intervalMs: 1 },
    );
    assert.deepEqual(await storage.history('demo', signal), []);
    server.answer = ({ verb }) =>
      verb === 'create'
        ? apiError(409, 'AlreadyExists', 'secrets "sh.helm.release.v1.demo.v1" already exists')
        : undefined;
    await assert.rejects(storage.create(record(1), signal), { code: 'exists', message: 'release: already exists' });
    server.answer = () => apiError(422, 'Invalid', 'Secret "x" is invalid: data: Too long');
    await assert.rejects(storage.create(record(2), signal), {
      message: 'create: failed to create: Secret "x" is invalid: data: Too long',
    });
    await assert.rejects(storage.update(record(1), signal), (error: unknown) => error instanceof StorageError);
    server.answer = () => undefined;
    server.remove(secretType, server.lookUp(secretType, { namespace: 'team', name: 'sh.helm.release.v1.demo.v1' }));
    await assert.rejects(storage.update(record(1), signal), { code: 'missing' });
    await storage.delete('demo', 1, signal);
    assert.deepEqual(await versions(storage), []);
  });

  it('is watched for a while after it was used', async () => {
    const server = new FakeServer();
    const clock = new ManualClock();
    const cache = new ReleaseCache({ clock });
    let held = 0;
    const hold = (): { release(): void } => {
      held++;
      return { release: () => held-- };
    };
    const target = { identity: { cluster: '' }, client: server.client(), hold };
    const use = (): void => {
      using first = cache.open(target, 'team');
      using second = cache.open(target, 'team');
      assert.equal(first.namespace, second.namespace);
    };
    use();
    await waitFor(() => server.watching === 1, 'the watch', { intervalMs: 1 });
    for (let i = 0; i < 3; i++) {
      clock.advance(14 * 60_000);
      use();
    }
    assert.deepEqual([server.watching, held, clock.pending], [1, 1, 1]);
    clock.advance(16 * 60_000);
    assert.deepEqual([server.watching, held, clock.pending], [0, 0, 0]);
    use();
    await waitFor(() => server.watching === 1, 'the watch', { intervalMs: 1 });
    cache.close();
    assert.deepEqual([server.watching, held, clock.pending], [0, 0, 0]);
  });

  it('takes Secrets of others for what they are', async () => {
    const server = new FakeServer();
    const labels = { owner: 'helm', name: 'demo', version: 'x', status: 'deployed' };
    server.edit({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mine', namespace: 'team', labels } });
    const storage = await watching(server);
    assert.deepEqual(await versions(storage), []);
  });
});

it('records that were wanted least recently go first', () => {
  const large = (name: string): ReleaseRecord => ({ ...record(1, 'deployed', name), manifest: 'x'.repeat(20_000) });
  const cache = new RecordCache(100_000);
  const at = (uid: string): { uid: string; resourceVersion: string } => ({ uid, resourceVersion: '1' });
  for (const uid of ['a', 'b', 'c', 'd']) cache.set(at(uid), large(uid));
  cache.get(at('a'));
  cache.set(at('e'), large('e'));
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e'].filter((uid) => cache.get(at(uid)) !== undefined),
    ['a', 'c', 'd', 'e'],
  );
  cache.set(at('huge'), { ...large('huge'), manifest: 'x'.repeat(50_000) });
  assert.equal(cache.get(at('huge')), undefined);
});

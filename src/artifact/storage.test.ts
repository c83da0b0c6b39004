import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, readlink, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../lib/clock.ts';
import type { ArchiveEntry } from './archive.ts';
import { advertisedAddress, artifactPath, Storage, type StorageOptions, splitHostPort } from './storage.ts';

const object = { kind: 'GitRepository', namespace: 'apps', name: 'repo' };

let base = '';
let options: StorageOptions;
let storage: Storage;

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'sluice-storage-'));
});
after(() => rm(base, { recursive: true, force: true }));
beforeEach(async () => {
  const root = await mkdtemp(join(base, 'root-'));
  const retention = { ttlMs: 60_000, records: 2 };
  options = { root, hostname: 'source.flux-system', retention, algorithm: 'sha256', clock: systemClock };
  storage = await openStorage(options);
});

async function openStorage(from: StorageOptions): Promise<Storage> {
  const opened = new Storage(from);
  await opened.prepare();
  return opened;
}

function entries(content: string): readonly ArchiveEntry[] {
  return [{ path: 'a.yaml', type: 'file', executable: false, read: () => Buffer.from(content) }];
}

function store(fileName: string, content = fileName) {
  return storage.archive({ ...object, fileName }, `main@sha1:${fileName}`, entries(content));
}

describe('Storage', () => {
  it('keeps an artifact under kind, namespace and name, and says all about it', async () => {
    const artifact = await store('1.tar.gz');
    assert.equal(artifact.path, 'gitrepository/apps/repo/1.tar.gz');
    assert.equal(artifact.url, 'http://source.flux-system/gitrepository/apps/repo/1.tar.gz');
    assert.equal(artifact.revision, 'main@sha1:1.tar.gz');
    assert.match(artifact.lastUpdateTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(artifact.size, (await readFile(join(storage.root, artifact.path))).length);
    assert.ok(await storage.exists(artifact));
    await storage.verify(artifact);
  });

  it('stores on after everything was removed under it', async () => {
    await store('1.tar.gz');
    await rm(storage.root, { recursive: true });
    const artifact = await store('2.tar.gz');
    await storage.linkLatest(artifact);
    await using unpacked = await storage.unpack(artifact);
    assert.deepEqual(await readdir(unpacked.path), ['a.yaml']);
  });

  it('finds missing and altered files, also as another process on the same root', async () => {
    const artifact = await store('1.tar.gz');
    const successor = await openStorage(options);
    assert.ok(await successor.exists(artifact));
    await successor.verify(artifact);
    await writeFile(join(storage.root, artifact.path), 'altered');
    await assert.rejects(successor.verify(artifact), { code: 'DigestMismatch' });
    await successor.remove(artifact);
    assert.equal(await successor.exists(artifact), false);
  });

  it('leaves nothing behind when packing fails or a predecessor was killed', async () => {
    const failing: ArchiveEntry = {
      path: 'b',
      type: 'file',
      executable: false,
      read: () => {
        throw new Error('gone');
      },
    };
    await assert.rejects(storage.archive({ ...object, fileName: 'x' }, 'r', [failing]), /gone/);
    assert.deepEqual(await readdir(storage.root), ['.sluice-scratch']);
    await writeFile(join(storage.root, '.sluice-scratch/left-over'), '');
    await openStorage(options);
    assert.deepEqual(await readdir(join(storage.root, '.sluice-scratch')), []);
  });

  it('links the latest file, again and again', async () => {
    for (const name of ['1.tar.gz', '2.tar.gz']) {
      await storage.linkLatest(await store(name));
      assert.equal(await readlink(join(storage.root, 'gitrepository/apps/repo/latest.tar.gz')), name);
    }
  });

  it('collects what the retention lets go, and lock files of a predecessor', async () => {
    const dir = join(storage.root, 'gitrepository/apps/repo');
    for (const name of ['1', '2', '3', '4']) await store(name);
    const current = await store('5');
    await storage.linkLatest(current);
    await writeFile(join(dir, '1.lock'), '');
    const now = Date.now() / 1000;
    for (const [name, age] of [
      ['1', 100],
      ['2', 30],
      ['3', 20],
      ['4', 10],
    ] as const)
      await utimes(join(dir, name), now - age, now - age);
    assert.deepEqual(await storage.collectGarbage(current), ['1', '2', '3']);
    assert.deepEqual((await readdir(dir)).sort(), ['4', '5', 'latest.tar.gz']);
    assert.deepEqual(await storage.collectGarbage(current), []);
  });

  it('collects nothing where nothing is', async () => {
    const artifact = await store('1');
    await storage.removeAll(object);
    assert.deepEqual(await storage.collectGarbage(artifact), []);
  });

  it('removes all of one object and nothing of others', async () => {
    await store('1');
    const other = await storage.archive({ ...object, name: 'repo2', fileName: '1' }, 'r', entries('x'));
    assert.equal(await storage.removeAll(object), true);
    assert.equal(await storage.removeAll(object), false);
    assert.ok(await storage.exists(other));
  });

  it('unpacks into a directory that goes away', async () => {
    const artifact = await store('1', 'content');
    let path = '';
    {
      await using unpacked = await storage.unpack(artifact);
      path = unpacked.path;
      assert.equal(await readFile(join(path, 'a.yaml'), 'utf8'), 'content');
    }
    await assert.rejects(readdir(path), { code: 'ENOENT' });
  });

  it('looks at no file outside its root, whatever a status says', async () => {
    const artifact = { ...(await store('1')), path: '../../../../../../../../etc/passwd' };
    assert.equal(await storage.exists(artifact), false);
  });
});

describe('artifactPath', () => {
  it('takes plain names only', () => {
    assert.equal(artifactPath({ ...object, fileName: 'f' }), 'gitrepository/apps/repo/f');
    for (const fileName of ['', '..', 'a/b', '.'])
      assert.throws(() => artifactPath({ ...object, fileName }), { code: 'Refused' });
  });
});

describe('advertisedAddress', () => {
  for (const [advAddr, addr, want] of [
    ['source:80', ':9090', 'source:80'],
    ['', ':9090', 'localhost:9090'],
    ['', '0.0.0.0:9090', 'machine:9090'],
    ['', '127.0.0.1:1', '127.0.0.1:1'],
    ['', '[::1]:1', '[::1]:1'],
  ] as const) {
    it(`of ${addr} is ${want}`, () => assert.equal(advertisedAddress({ advAddr, addr, hostname: 'machine' }), want));
  }

  it('refuses what is no address', () => {
    for (const addr of ['9090', 'a:b', ':99999', 'a:1:2']) assert.throws(() => splitHostPort(addr), RangeError);
  });
});

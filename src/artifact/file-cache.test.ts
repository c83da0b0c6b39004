import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { ArtifactError } from './artifact-error.ts';
import { FileCache } from './file-cache.ts';

const never = new AbortController().signal;

describe('FileCache', () => {
  let dir = '';
  let origin = '';
  let requests: string[] = [];
  let hangs = false;
  let cache: FileCache;
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (!hangs) response.writeHead(request.url === '/ghost' ? 404 : 200).end(contentOf(request.url ?? ''));
  });
  const contentOf = (path: string): string => path.padEnd(1000);
  const artifact = (name: string) => ({
    url: `${origin}/${name}`,
    digest: `sha256:${createHash('sha256')
      .update(contentOf(`/${name}`))
      .digest('hex')}`,
  });

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-files-'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(dir, { recursive: true, force: true });
  });
  beforeEach(() => {
    requests = [];
    hangs = false;
    cache = new FileCache({
      dir: join(dir, 'cache'),
      maxBytes: 1500,
      maxFileBytes: 5000,
      httpRetry: 0,
      retryWaitMs: 1,
    });
  });
  afterEach(() => cache.close());

  it('downloads a digest once, for all who ask for it', async () => {
    const [one, other] = await Promise.all([cache.open(artifact('a'), never), cache.open(artifact('a'), never)]);
    assert.equal(readFileSync(one.path, 'utf8'), contentOf('/a'));
    assert.equal(one.path, other.path);
    one[Symbol.dispose]();
    one[Symbol.dispose]();
    using again = await cache.open({ ...artifact('a'), url: `${origin}/elsewhere` }, never);
    assert.ok(existsSync(again.path));
    assert.deepEqual(requests, ['/a']);
  });

  it('keeps what is in use, and drops what was not used for longest', async () => {
    using kept = await cache.open(artifact('a'), never);
    (await cache.open(artifact('b'), never))[Symbol.dispose]();
    (await cache.open(artifact('c'), never))[Symbol.dispose]();
    assert.ok(existsSync(kept.path));
    using again = await cache.open(artifact('b'), never);
    assert.equal(readFileSync(again.path, 'utf8'), contentOf('/b'));
    assert.deepEqual(requests, ['/a', '/b', '/c', '/b']);
  });

  it('refuses what has another digest, and tries anew', async () => {
    const wrong = { ...artifact('a'), url: `${origin}/b` };
    await assert.rejects(
      cache.open(wrong, never),
      (error) => error instanceof ArtifactError && error.code === 'DigestMismatch',
    );
    using right = await cache.open(artifact('a'), never);
    assert.ok(existsSync(right.path));
  });

  it('tells what is not there', async () => {
    const ghost = { ...artifact('ghost'), digest: artifact('ghost').digest };
    await assert.rejects(
      cache.open(ghost, never),
      (error) => error instanceof ArtifactError && error.code === 'NotFound',
    );
  });

  it('gives up when all who ask have', async () => {
    hangs = true;
    const abort = new AbortController();
    const opening = cache.open(artifact('a'), abort.signal);
    abort.abort(new Error('enough'));
    await assert.rejects(opening, /enough/);
    hangs = false;
    using file = await cache.open(artifact('a'), never);
    assert.ok(existsSync(file.path));
  });
});

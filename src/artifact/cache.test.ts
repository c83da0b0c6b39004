import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { writeArchive } from './archive.ts';
import { ArtifactCache, type ArtifactCacheOptions } from './cache.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let base = '';
let origin = '';
let handler: Handler;
let requests: string[] = [];
let cache: ArtifactCache;
const files = new Map<string, { bytes: Buffer; digest: string }>();
const server = createServer((request, response) => {
  requests.push(request.url ?? '');
  handler(request, response);
});
const never = new AbortController().signal;

const serveFiles: Handler = (request, response) => {
  const file = files.get((request.url ?? '').slice(1));
  response.writeHead(file === undefined ? 404 : 200).end(file?.bytes);
};

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'sluice-cache-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const name of ['one', 'two', 'three']) {
    const out = join(base, `${name}.tar.gz`);
    const entry = {
      path: 'dir/file',
      type: 'file',
      executable: false,
      read: () => Buffer.from(name.padEnd(1000)),
    } as const;
    const { digest } = await writeArchive([entry], out, { algorithm: 'sha256' });
    files.set(name, { digest, bytes: await readFile(out) });
  }
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(base, { recursive: true, force: true });
});
beforeEach(() => {
  handler = serveFiles;
  requests = [];
  cache = newCache({});
});
afterEach(() => cache.close());

function newCache(options: Partial<ArtifactCacheOptions>): ArtifactCache {
  return new ArtifactCache({ dir: join(base, 'cache'), maxBytes: 1e9, httpRetry: 3, retryWaitMs: 1, ...options });
}

function artifact(name: string, path = name) {
  return { url: `${origin}/${path}`, digest: files.get(name)?.digest ?? '' };
}

function text(tree: { readFile(path: string): Uint8Array | undefined }): string {
  return Buffer.from(tree.readFile('dir/file') ?? [])
    .toString()
    .trim();
}

describe('ArtifactCache', () => {
  it('downloads and unpacks a digest once for all who ask, at once and later, from any URL', async () => {
    const opened = await Promise.all([cache.open(artifact('one'), never), cache.open(artifact('one'), never)]);
    opened.push(await cache.open(artifact('one', 'elsewhere'), never));
    assert.deepEqual(
      opened.map((open) => text(open.tree)),
      ['one', 'one', 'one'],
    );
    assert.deepEqual(requests, ['/one']);
    for (const open of opened) open.release();
    assert.equal(cache.bytes, 1512);
  });

  it('removes the least recently used beyond its bound, never one in use', async () => {
    await cache.close();
    cache = newCache({ maxBytes: 3500 });
    const one = await cache.open(artifact('one'), never);
    (await cache.open(artifact('two'), never)).release();
    (await cache.open(artifact('three'), never)).release();
    assert.equal(cache.bytes, 3024);
    assert.equal(text(one.tree), 'one');
    one.release();
    one.release();
    requests = [];
    (await cache.open(artifact('three'), never)).release();
    (await cache.open(artifact('two'), never)).release();
    assert.deepEqual(requests, ['/two']);
  });

  it('keeps no more than is in use when its bound is nothing', async () => {
    await cache.close();
    cache = newCache({ maxBytes: 0 });
    for (let round = 0; round < 5; round++) {
      const open = await cache.open(artifact('one'), never);
      assert.equal(text(open.tree), 'one');
      open.release();
      assert.equal(cache.bytes, 0);
    }
  });

  it('tries again after server errors and broken answers', async () => {
    const answers: Handler[] = [
      (_request, response) => response.writeHead(503).end(),
      (_request, response) => response.destroy(),
      (_request, response) => {
        response.writeHead(200, { 'content-length': '5000' });
        response.write('short', () => response.destroy());
      },
    ];
    handler = (request, response) => (answers.shift() ?? serveFiles)(request, response);
    const open = await cache.open(artifact('one'), never);
    assert.equal(text(open.tree), 'one');
    assert.equal(requests.length, 4);
    open.release();
  });

  it('takes a file that appears a moment later, and gives up soon when it does not', async () => {
    let times = 0;
    handler = (request, response) => (times++ === 0 ? response.writeHead(404).end() : serveFiles(request, response));
    (await cache.open(artifact('one'), never)).release();
    requests = [];
    await assert.rejects(cache.open(artifact('two', 'none'), never), { code: 'NotFound' });
    assert.equal(requests.length, 3);
  });

  it('forgets failures', async () => {
    handler = (_request, response) => response.writeHead(500).end();
    await assert.rejects(cache.open(artifact('one'), never), { code: 'Unavailable' });
    handler = serveFiles;
    (await cache.open(artifact('one'), never)).release();
  });

  it('accepts no other bytes than promised', async () => {
    await assert.rejects(cache.open(artifact('one', 'two'), never), { code: 'DigestMismatch' });
    assert.deepEqual(await readdir(join(base, 'cache')), []);
  });

  it('does not follow redirects', async () => {
    handler = (_request, response) => response.writeHead(302, { location: '/one' }).end();
    await assert.rejects(cache.open(artifact('one'), never), { code: 'Refused' });
    assert.equal(requests.length, 1);
  });

  it('stops at the size bound', async () => {
    await cache.close();
    cache = newCache({ maxDownloadBytes: 10 });
    await assert.rejects(cache.open(artifact('one'), never), { code: 'TooLarge' });
  });

  for (const url of [
    'file:///etc/passwd',
    'ftp://host/x',
    'nonsense',
    'http://user:pass@127.0.0.1/x',
    'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:169.254.169.254]/x',
    'http://[fe80::1]/x',
    'http://0xA9FEA9FE/x',
  ]) {
    it(`refuses ${url}`, async () => {
      await assert.rejects(cache.open({ ...artifact('one'), url }, never), { code: 'Refused' });
    });
  }

  it('refuses an unknown digest', async () => {
    for (const digest of ['', 'md5:00', 'sha256:xyz', 'sha256:../../x']) {
      await assert.rejects(cache.open({ ...artifact('one'), digest }, never), { code: 'Refused' });
    }
  });

  it('asks another host when told so', async () => {
    await cache.close();
    cache = newCache({ hostOverride: new URL(origin).host });
    const open = await cache.open({ ...artifact('one'), url: 'http://source-controller.flux-system.svc/one' }, never);
    assert.equal(text(open.tree), 'one');
    open.release();
  });

  it('goes on for others when one gives up, and stops when all have', async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    handler = (_request, response) => asked.resolve(response);
    const first = new AbortController();
    const opening = cache.open(artifact('one'), first.signal);
    const other = cache.open(artifact('one'), never);
    const response = await asked.promise;
    first.abort();
    await assert.rejects(opening, { name: 'AbortError' });
    response.end(files.get('one')?.bytes);
    (await other).release();

    const hanging = Promise.withResolvers<ServerResponse>();
    handler = (_request, answer) => hanging.resolve(answer);
    const last = new AbortController();
    const given = cache.open(artifact('two'), last.signal);
    const dropped = Promise.withResolvers<void>();
    (await hanging.promise).on('close', () => dropped.resolve());
    last.abort();
    await assert.rejects(given, { name: 'AbortError' });
    await dropped.promise;
  });

  it('finds hosts by name', async () => {
    const url = `${origin.replace('127.0.0.1', 'localhost')}/one`;
    (await cache.open({ ...artifact('one'), url }, never)).release();
    const unknown = cache.open({ ...artifact('two'), url: 'http://no-such-host.invalid/two' }, never);
    await assert.rejects(unknown, { code: 'Unavailable' });
  });

  it('starts anew when its files were taken away', async () => {
    const open = await cache.open(artifact('one'), never);
    open.release();
    await rm(open.dir, { recursive: true, force: true });
    const again = await cache.open(artifact('one'), never);
    assert.equal(text(again.tree), 'one');
    again.release();
  });

  it('survives many at once that come and go', async () => {
    await cache.close();
    cache = newCache({ maxBytes: 2000 });
    const names = ['one', 'two', 'three'];
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const name = names[i % 3] ?? '';
        for (let round = 0; round < 5; round++) {
          const open = await cache.open(artifact(name), never);
          await tick();
          assert.equal(text(open.tree), name);
          open.release();
        }
      }),
    );
    assert.ok(cache.bytes <= 2000);
  });

  it('never gives out a file that was changed on the disk, and unpacks such an artifact anew', async () => {
    using damaged = await cache.open(artifact('one'), never);
    const path = join(damaged.dir, 'dir/file');
    await rm(path);
    await writeFile(path, 'forged');
    assert.throws(() => text(damaged.tree), { name: 'ArtifactError', code: 'Corrupt' });
    using again = await cache.open(artifact('one'), never);
    assert.equal(text(again.tree), 'one');
    assert.equal(requests.length, 2);
  });
});

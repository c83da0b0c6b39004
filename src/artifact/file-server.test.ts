import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FileServer } from './file-server.ts';

const content = 'Hello, artifact';
const etag = `"sha256:${createHash('sha256').update(content).digest('hex')}"`;

let base = '';
let server: FileServer;
let port = 0;

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'sluice-server-'));
  await mkdir(join(base, 'root/kind/ns/name'), { recursive: true });
  await mkdir(join(base, 'root/.sluice-scratch'));
  await writeFile(join(base, 'root/kind/ns/name/a.tar.gz'), content);
  await writeFile(join(base, 'root/kind/ns/name/empty.tar.gz'), '');
  await writeFile(join(base, 'root/.sluice-scratch/partial'), 'partial');
  await writeFile(join(base, 'secret'), 'secret');
  await symlink('a.tar.gz', join(base, 'root/kind/ns/name/latest.tar.gz'));
  await symlink('../../../../secret', join(base, 'root/kind/ns/name/escape'));
  server = new FileServer({ root: join(base, 'root'), addr: '127.0.0.1:0' });
  port = (await server.listen()).port;
});
after(async () => {
  await server.close();
  await rm(base, { recursive: true, force: true });
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends the target as it is: neither normalised nor encoded. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const answer = Promise.withResolvers<Answer>();
  const sent = request({ host: '127.0.0.1', port, path, headers, method, agent: false }, (response) => {
    let body = '';
    response.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    response.on('end', () => answer.resolve({ status: response.statusCode, headers: response.headers, body }));
    response.on('error', answer.reject);
  });
  sent.on('error', answer.reject);
  sent.end();
  return answer.promise;
}

const file = '/kind/ns/name/a.tar.gz';

describe('FileServer', () => {
  it('serves a file with its digest as ETag', async () => {
    const { status, headers, body } = await get(file);
    assert.equal(status, 200);
    assert.equal(body, content);
    assert.equal(headers['etag'], etag);
    assert.equal(headers['accept-ranges'], 'bytes');
    assert.equal(headers['content-type'], 'application/gzip');
    assert.equal(headers['content-length'], String(content.length));
    assert.ok(Date.parse(String(headers['last-modified'])) > 0);
  });

  it('answers HEAD without a body, serves empty files and follows the latest link', async () => {
    const head = await get(file, {}, 'HEAD');
    assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', String(content.length)]);
    const empty = await get('/kind/ns/name/empty.tar.gz');
    assert.deepEqual([empty.status, empty.body, empty.headers['content-length']], [200, '', '0']);
    assert.equal((await get('/kind/ns/name/latest.tar.gz?x=1')).body, content);
  });

  it('answers conditional requests', async () => {
    const modified = String((await get(file)).headers['last-modified']);
    for (const headers of [
      { 'if-none-match': etag },
      { 'if-none-match': `"x", W/${etag}` },
      { 'if-none-match': '*' },
      { 'if-modified-since': modified },
    ]) {
      const { status, body } = await get(file, headers as Record<string, string>);
      assert.deepEqual([status, body], [304, ''], JSON.stringify(headers));
    }
    assert.equal((await get(file, { 'if-none-match': '"other"', 'if-modified-since': modified })).status, 200);
    assert.equal((await get(file, { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' })).status, 200);
  });

  it('answers range requests', async () => {
    const part = await get(file, { range: 'bytes=7-' });
    assert.deepEqual(
      [part.status, part.body, part.headers['content-range']],
      [206, 'artifact', `bytes 7-14/${content.length}`],
    );
    assert.equal((await get(file, { range: 'bytes=0-4', 'if-range': etag })).body, 'Hello');
    assert.equal((await get(file, { range: 'bytes=0-4', 'if-range': '"other"' })).body, content);
    const beyond = await get(file, { range: 'bytes=99-' });
    assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, `bytes */${content.length}`]);
  });

  it('knows a changed file by a new ETag', async () => {
    const path = join(base, 'root/kind/ns/name/changing');
    await writeFile(path, 'one');
    const first = await get('/kind/ns/name/changing');
    await rm(path);
    await writeFile(path, 'twoo');
    const second = await get('/kind/ns/name/changing', { 'if-none-match': String(first.headers['etag']) });
    assert.deepEqual([second.status, second.body], [200, 'twoo']);
  });

  const hidden = [
    '/',
    '/kind',
    '/kind/ns/name/',
    '/kind/ns/name/none',
    '/../secret',
    '/kind/../../secret',
    '/%2e%2e/secret',
    '/kind/ns/name/..%2f..%2f..%2f..%2fsecret',
    '/kind/ns/name/escape',
    '/.sluice-scratch/partial',
    '//etc/passwd',
    '/kind\\ns',
    '/%00',
    '/%zz',
    `/${'a'.repeat(5000)}`,
    '*',
    'http://other/kind/ns/name/a.tar.gz',
  ];
  for (const path of hidden) {
    it(`has nothing at ${path.slice(0, 50)}`, async () => {
      const { status, body } = await get(path);
      assert.deepEqual([status, body], [404, 'not found\n']);
    });
  }

  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    it(`refuses ${method}`, async () => {
      const { status, headers } = await get(file, {}, method);
      assert.deepEqual([status, headers['allow']], [405, 'GET, HEAD']);
    });
  }

  it('survives clients that go away in the middle', async () => {
    await writeFile(join(base, 'root/kind/ns/name/large'), Buffer.alloc(8_000_000));
    const closed = Promise.withResolvers<void>();
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('GET /kind/ns/name/large HTTP/1.1\r\nHost: x\r\n\r\n'),
    );
    socket.once('data', () => socket.destroy());
    socket.once('close', () => closed.resolve());
    await closed.promise;
    assert.equal((await get(file)).status, 200);
  });

  it('says that its address is taken', async () => {
    const same = new FileServer({ root: base, addr: `127.0.0.1:${port}` });
    await assert.rejects(same.listen(), { code: 'EADDRINUSE' });
  });
});

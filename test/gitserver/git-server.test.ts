import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { Authority } from '../support/certificates.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Fault } from './faults.ts';
import { GitCommandError, git } from './git.ts';
import { GitServer } from './git-server.ts';
import type { Access, Repository } from './repository.ts';

const refs = '/info/refs?service=git-upload-pack';

describe('GitServer', () => {
  let server: GitServer;
  let work: string;
  let names = 0;
  const create = (access?: Access): Promise<Repository> =>
    server.create(`group/repo-${++names}`, access === undefined ? {} : { access });
  const clone = async (url: string, ...args: string[]): Promise<string> => {
    const dir = await mkdtemp(join(work, 'clone-'));
    await git(dir, ['clone', '--quiet', ...args, url, '.']);
    return dir;
  };

  before(async () => {
    server = await GitServer.start();
    work = await mkdtemp(join(tmpdir(), 'sluice-gitserver-test-'));
  });
  after(async () => {
    await server.stop();
    await rm(work, { recursive: true });
  });

  it('tells of what a push has moved, signed', async () => {
    const repository = await create();
    const calls: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
    const told = createServer(async (request, response) => {
      calls.push({ headers: request.headers, body: await text(request) });
      // The first call of each is to be made again.
      response.writeHead(calls.length % 2 === 1 ? 503 : 200).end();
    });
    await new Promise<void>((resolve) => told.listen(0, '127.0.0.1', resolve));
    const { port } = told.address() as AddressInfo;
    const token = 'secret';
    repository.webhook = async () => ({ url: `http://127.0.0.1:${port}/hook`, token });
    const before = await repository.commit({ files: { a: '1' } });
    const dir = await clone(repository.url);
    await writeFile(join(dir, 'a'), '2');
    await git(dir, ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '-am', 'two']);
    await git(dir, ['push', '--quiet', 'origin', 'HEAD:main', 'HEAD:refs/tags/v1']);
    await waitFor(() => calls.length === 4, 'the calls');
    const after = (await git(dir, ['rev-parse', 'HEAD'])).trim();
    const last = [calls[1], calls[3]].map((call) => JSON.parse(call?.body ?? '') as { ref: string });
    const about = { after, repository: { clone_url: repository.url } };
    assert.deepEqual(
      last.sort((a, b) => (a.ref < b.ref ? -1 : 1)),
      [
        { ref: 'refs/heads/main', before, ...about },
        { ref: 'refs/tags/v1', before: '0'.repeat(40), ...about },
      ],
    );
    for (const { headers, body } of calls) {
      assert.equal(headers['x-github-event'], 'push');
      assert.equal(headers['x-hub-signature-256'], `sha256=${createHmac('sha256', token).update(body).digest('hex')}`);
    }
    told.close();
  });

  it('serves what was committed, every kind of file', async () => {
    const repository = await create();
    const first = await repository.commit({
      files: {
        'a.txt': 'one\n',
        'dir/b with "quotes".yaml': 'kind: B\n',
        'run.sh': { executable: '#!/bin/sh\n' },
        link: { symlink: 'a.txt' },
        'bytes.bin': Uint8Array.of(0, 255, 10),
      },
    });
    const second = await repository.commit({
      files: { 'a.txt': 'two\n', 'bytes.bin': null },
      message: 'Second\n\nbody',
    });
    const dir = await clone(repository.url);
    assert.equal(await git(dir, ['rev-parse', 'HEAD', 'HEAD^']), `${second}\n${first}`);
    assert.equal(await git(dir, ['log', '-1', '--format=%B']), 'Second\n\nbody');
    assert.equal(await readFile(join(dir, 'a.txt'), 'utf8'), 'two\n');
    assert.equal(await readFile(join(dir, 'dir/b with "quotes".yaml'), 'utf8'), 'kind: B\n');
    assert.equal(await readlink(join(dir, 'link')), 'a.txt');
    assert.ok((await stat(join(dir, 'run.sh'))).mode & 0o100);
    await assert.rejects(stat(join(dir, 'bytes.bin')), { code: 'ENOENT' });
    assert.equal(
      server.requests.find(({ repository: name }) => repository.url.includes(name))?.gitProtocol,
      'version=2',
    );
  });

  it('takes a push', async () => {
    const repository = await create();
    await repository.commit({ files: { a: '1' } });
    const dir = await clone(repository.url);
    await writeFile(join(dir, 'a'), '2');
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
    await git(dir, [...identity, 'commit', '--quiet', '--all', '--message=x']);
    await git(dir, ['push', '--quiet', 'origin', 'HEAD:refs/heads/other']);
    assert.equal(await repository.head('other'), await git(dir, ['rev-parse', 'HEAD']));
  });

  it('rewrites history, moves tags and deletes branches', async () => {
    const repository = await create();
    const first = await repository.commit({ files: { a: '1', b: '1' } });
    await repository.commit({ files: { a: '2' } });
    await repository.tag('v1', { message: 'annotated' });
    const forced = await repository.commit({ files: { a: '3' }, parent: first });
    assert.equal(await git(repository.dir, ['rev-list', 'main']), `${forced}\n${first}`);
    const orphan = await repository.commit({ files: { c: '1' }, parent: null });
    assert.equal(await git(repository.dir, ['rev-list', 'main']), orphan);
    assert.equal(await git(repository.dir, ['ls-tree', '--name-only', 'main']), 'c');
    await repository.tag('v1');
    assert.equal(await git(repository.dir, ['rev-parse', 'v1']), orphan);
    await repository.setRef('refs/pull/7/head', first);
    await repository.commit({ files: { d: '1' }, branch: 'side', parent: orphan });
    await repository.deleteBranch('main');
    assert.equal(await repository.head('main'), null);
    await repository.setDefaultBranch('side');
    const advertised = await git(work, ['ls-remote', repository.url]);
    assert.deepEqual(
      advertised.split('\n').map((line) => line.split('\t')[1]),
      ['HEAD', 'refs/heads/side', 'refs/pull/7/head', 'refs/tags/v1'],
    );
  });

  it('fetches partially and shallowly', async () => {
    const repository = await create();
    await repository.commit({ files: { a: '1' } });
    await repository.commit({ files: { a: '2' } });
    const dir = await clone(repository.url, '--depth=1', '--filter=blob:none', '--no-checkout');
    assert.equal(await git(dir, ['rev-list', '--count', 'HEAD']), '1');
  });

  it('asks for credentials, and says which', async () => {
    const repository = await create({ username: 'user', password: 'p@ss' });
    await repository.commit();
    assert.equal((await fetch(repository.url + refs)).headers.get('www-authenticate'), 'Basic realm="git"');
    await assert.rejects(git(work, ['ls-remote', repository.url]), GitCommandError);
    const url = repository.url.replace('://', '://user:p%40ss@');
    assert.match(await git(work, ['ls-remote', url]), /refs\/heads\/main/);
    repository.access = { bearer: 'token' };
    const answer = await fetch(repository.url + refs, { headers: { authorization: 'Bearer token' } });
    assert.equal(answer.status, 200);
  });

  it('answers 404 for what is not there', async () => {
    for (const path of ['/absent.git/info/refs', '/', '/../../etc/passwd', '/%E0%A4%A/info/refs']) {
      assert.equal((await fetch(server.url + path)).status, 404, path);
    }
  });

  it('serves HTTPS and demands client certificates', async () => {
    const authority = await Authority.create('test');
    const tls = await authority.issueServer('git');
    await using secure = await GitServer.start({ tls, clientCa: authority.certificate });
    const repository = await secure.create('repo');
    await repository.commit();
    const client = await authority.issueClient({ commonName: 'reader' });
    const files = { ca: authority.certificate, cert: client.certificate, key: client.key };
    for (const [name, text] of Object.entries(files)) await writeFile(join(work, name), text);
    const config = (key: string, name: string): string[] => ['-c', `http.${key}=${join(work, name)}`];
    const ca = config('sslCAInfo', 'ca');
    await assert.rejects(git(work, [...ca, 'ls-remote', repository.url]), GitCommandError);
    const pair = [...config('sslCert', 'cert'), ...config('sslKey', 'key')];
    assert.match(await git(work, [...ca, ...pair, 'ls-remote', repository.url]), /refs\/heads\/main/);
  });

  describe('faults', () => {
    const read = async (url: string): Promise<{ status?: number; bytes?: number; error?: string }> => {
      let status: number | undefined;
      let bytes = 0;
      try {
        const answer = await fetch(url + refs, { redirect: 'manual', signal: AbortSignal.timeout(1000) });
        status = answer.status;
        for await (const chunk of answer.body ?? []) bytes += chunk.length;
        return { status, bytes };
      } catch (error) {
        const name = error instanceof Error ? error.name : '';
        return { ...(status === undefined ? {} : { status, bytes }), error: name };
      }
    };
    const cases: readonly { name: string; fault: Fault; want: Awaited<ReturnType<typeof read>> }[] = [
      { name: 'hang gives no answer', fault: { kind: 'hang' }, want: { error: 'TimeoutError' } },
      { name: 'reset closes the connection', fault: { kind: 'reset' }, want: { error: 'TypeError' } },
      { name: 'status', fault: { kind: 'status', status: 503, body: 'no' }, want: { status: 503, bytes: 2 } },
      { name: 'redirect', fault: { kind: 'redirect', to: 'http://localhost:1' }, want: { status: 302, bytes: 0 } },
      {
        name: 'truncate breaks off',
        fault: { kind: 'truncate', afterBytes: 10 },
        want: { status: 200, bytes: 10, error: 'TypeError' },
      },
      {
        name: 'truncate may look like an end',
        fault: { kind: 'truncate', afterBytes: 10, clean: true },
        want: { status: 200, bytes: 10 },
      },
      {
        name: 'stall sends some and then nothing',
        fault: { kind: 'stall', afterBytes: 10 },
        want: { status: 200, bytes: 10, error: 'TimeoutError' },
      },
    ];
    for (const { name, fault, want } of cases) {
      it(name, async () => {
        const repository = await create();
        await repository.commit();
        repository.fault = fault;
        assert.deepEqual(await read(repository.url), want);
      });
    }

    it('a fault for other requests does nothing', async () => {
      const repository = await create();
      await repository.commit();
      repository.fault = { kind: 'hang', only: 'git-receive-pack' };
      assert.equal((await read(repository.url)).error, undefined);
    });

    it('drip is slow and whole, corrupt changes one byte', async () => {
      const repository = await create();
      await repository.commit();
      const bytes = async () => Buffer.from(await (await fetch(repository.url + refs)).arrayBuffer());
      const whole = await bytes();
      repository.fault = { kind: 'drip', bytesPerSecond: whole.length * 5 };
      const started = performance.now();
      assert.deepEqual(await bytes(), whole);
      assert.ok(performance.now() - started > 100);
      repository.fault = { kind: 'corrupt', atByte: 3 };
      const changed = await bytes();
      assert.equal(changed[3], (whole[3] ?? 0) ^ 0xff);
      assert.deepEqual(changed.subarray(4), whole.subarray(4));
    });
  });
});

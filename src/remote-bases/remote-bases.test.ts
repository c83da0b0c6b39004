import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { GitServer } from '../../test/gitserver/git-server.ts';
import type { Repository } from '../../test/gitserver/repository.ts';
import { parseRepoSpec, type RepoSpec } from '../engines/kustomize/remote/repo-spec.ts';
import { RemoteBases } from './remote-bases.ts';

const signal = AbortSignal.timeout(60_000);
let git: GitServer;
let web: Server;
let base: string;
let seen: { readonly url: string; readonly authorization: string | undefined }[] = [];

before(async () => {
  git = await GitServer.start();
  web = createServer((request, response) => {
    const { url = '' } = request;
    seen.push({ url, authorization: request.headers.authorization });
    if (url === '/file') response.end('content');
    else if (url === '/gzip') response.setHeader('content-encoding', 'gzip').end(gzipSync('content'));
    else if (url === '/bomb') response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(1 << 20)));
    else if (url === '/large') response.end(Buffer.alloc(5000));
    else if (url === '/to-file') response.writeHead(302, { location: '/file' }).end();
    else if (url === '/to-git') response.writeHead(302, { location: `${git.url}/file` }).end();
    else if (url === '/loop') response.writeHead(302, { location: '/loop' }).end();
    else if (url === '/to-metadata') response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end();
    else if (url === '/never') response.write('a');
    else response.writeHead(404).end();
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  base = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});
after(async () => {
  web.closeAllConnections();
  web.close();
  await git.stop();
});

async function withBases<T>(use: (bases: RemoteBases) => Promise<T>): Promise<T> {
  const bases = new RemoteBases();
  try {
    return await use(bases);
  } finally {
    await bases.close();
  }
}

const specOf = (address: string): RepoSpec => parseRepoSpec(address) ?? assert.fail(`no repository: ${address}`);
const readFile = (address: string, maxBytes = 1000) => withBases((bases) => bases.file(address, { maxBytes, signal }));

describe('remote files', () => {
  it('are read, through redirects and encodings', async () => {
    for (const path of ['/file', '/to-file', '/gzip']) {
      assert.deepEqual(await readFile(base + path), { bytes: Buffer.from('content') }, path);
    }
    assert.deepEqual(await readFile(`${base}/nothing`), { status: 404 });
    assert.deepEqual(await readFile(`${base}/to-git`), { status: 404 });
  });

  it('take credentials to their own origin only', async () => {
    seen = [];
    const address = base.replace('//', '//user:hunter2@');
    assert.deepEqual(await readFile(`${address}/to-file`), { bytes: Buffer.from('content') });
    const basic = `Basic ${btoa('user:hunter2')}`;
    assert.deepEqual(
      seen.map(({ authorization }) => authorization),
      [basic, basic],
    );
    git.requests.length = 0;
    await readFile(`${address}/to-git`);
    assert.equal(git.requests[0]?.authorization, undefined);
    await assert.rejects(readFile(`${address}/large`, 10), (error: Error) => !error.message.includes('hunter2'));
  });

  const refused: readonly (readonly [path: string, says: RegExp])[] = [
    ['/large', /more than 1000 bytes/],
    ['/bomb', /more than 1000 bytes/],
    ['/loop', /10 redirects/],
    ['/to-metadata', /'169\.254\.169\.254' may not be reached/],
  ];
  for (const [path, says] of refused) it(`are refused: ${path}`, () => assert.rejects(readFile(base + path), says));

  it('are not read from addresses of a machine itself', async () => {
    for (const host of [
      '169.254.169.254',
      '[fe80::1]',
      '[::ffff:169.254.1.1]',
      '0xa9.254.169.254',
      '100.100.100.200',
    ]) {
      await assert.rejects(readFile(`http://${host}/x`), /may not be reached/, host);
      await withBases((bases) =>
        assert.rejects(bases.repository(specOf(`http://${host}/a/b`), { signal }), /may not be reached/, host),
      );
    }
  });

  it('end with the signal', async () => {
    const stop = new AbortController();
    const read = withBases((bases) => bases.file(`${base}/never`, { maxBytes: 1000, signal: stop.signal }));
    stop.abort(new Error('enough'));
    await assert.rejects(read, /enough/);
  });
});

describe('remote repositories', () => {
  let repository: Repository;
  let commits: string[] = [];
  const address = (query = '') => `${repository.url}//app${query}`;
  const read = (bases: RemoteBases, query = '') => bases.repository(specOf(address(query)), { signal });

  before(async () => {
    repository = await git.create('bases/one');
    const first = await repository.commit({ files: { 'app/kustomization.yaml': 'first', link: { symlink: 'app' } } });
    await repository.tag('v1', { commit: first, message: 'annotated' });
    await repository.setRef('refs/pull/7/head', first);
    const second = await repository.commit({ files: { 'app/kustomization.yaml': 'second' } });
    await repository.commit({ branch: 'feature/x', parent: second, files: { 'app/kustomization.yaml': 'third' } });
    commits = [first, second];
  });

  it('are read at a branch, a tag, a commit or any reference', async () => {
    const cases: readonly (readonly [query: string, content: string])[] = [
      ['', 'second'],
      ['?ref=main', 'second'],
      ['?ref=v1', 'first'],
      ['?ref=refs/tags/v1', 'first'],
      ['?ref=feature/x', 'third'],
      ['?ref=pull/7/head', 'first'],
      [`?ref=${commits[0]}`, 'first'],
    ];
    await withBases(async (bases) => {
      for (const [query, content] of cases) {
        const { tree } = await read(bases, query);
        assert.equal(Buffer.from(tree.readFile('link/kustomization.yaml') ?? []).toString(), content, query);
      }
    });
  });

  it('cost one listing when the commit is known, and nothing when it is named', async () => {
    await withBases(async (bases) => {
      await Promise.all([read(bases), read(bases)]);
      git.requests.length = 0;
      assert.equal((await read(bases)).commit, commits[1]);
      assert.deepEqual(
        git.requests.map(({ method }) => method),
        ['POST'],
      );
      git.requests.length = 0;
      await read(bases, `?ref=${commits[1]}`);
      assert.deepEqual(git.requests, []);
    });
  });

  it('are not asked for a file once they are known', async () => {
    await withBases(async (bases) => {
      const asFile = () => bases.file(address(), { maxBytes: 1000, signal });
      assert.deepEqual(await asFile(), { status: 404 });
      await read(bases);
      assert.deepEqual(await asFile(), { repository: true });
    });
  });

  const refused: readonly (readonly [address: () => string, says: RegExp])[] = [
    [() => address('?ref=nope'), /couldn't find remote ref "nope"/],
    [() => address('?ref=a%20b%0a'), /couldn't find remote ref/],
    [() => address(`?ref=${'0'.repeat(40)}`), /unable to clone|not found|not our ref/],
    [() => `${git.url}/no/where.git//x`, /unable to clone|not found/],
    [() => 'git@github.com:org/repo', /over SSH, which is not supported yet/],
    [() => 'ssh://git@x.example/org/repo', /over SSH, which is not supported yet/],
    [() => 'file:///etc/repo', /repository of this machine/],
  ];
  for (const [index, [where, says]] of refused.entries()) {
    it(`are refused with a reason: ${says.source} (${index})`, () =>
      withBases((bases) => assert.rejects(bases.repository(specOf(where()), { signal }), says)));
  }
});

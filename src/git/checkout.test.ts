import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { git, gitEnvironment } from '../../test/gitserver/git.ts';
import { GitServer } from '../../test/gitserver/git-server.ts';
import type { FileChange, Repository } from '../../test/gitserver/repository.ts';
import { type Checkout, type CheckoutOptions, fetchTree } from './checkout.ts';
import type { GitLimits } from './limits.ts';
import { openRemote } from './open.ts';
import { type GitReference, resolveRef } from './resolve.ts';

let server: GitServer;
let names = 0;

before(async () => {
  server = await GitServer.start();
});
after(() => server.stop());

async function create(files: Readonly<Record<string, FileChange>> = {}): Promise<Repository> {
  const repository = await server.create(`group/repo-${++names}`);
  await repository.commit({ files, message: 'first' });
  return repository;
}

interface Asked {
  readonly ref?: GitReference;
  readonly options?: CheckoutOptions;
  readonly limits?: Partial<GitLimits>;
}

async function checkout(repository: { readonly url: string }, asked: Asked = {}): Promise<Checkout> {
  const { ref = { branch: 'main' }, options = {}, limits = {} } = asked;
  const remote = openRemote({ url: repository.url, signal: AbortSignal.timeout(20_000), limits });
  try {
    return await fetchTree(remote, await resolveRef(remote, ref), options);
  } finally {
    await remote.close();
  }
}

function contents({ files }: Checkout): Record<string, string> {
  return Object.fromEntries(files.map((file) => [file.path, Buffer.from(file.read()).toString()]));
}

/** Bytes that do not compress. */
function shake(length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update('seed').digest();
}

/** Every file of a commit as git itself knows it. */
function truth(repository: Repository, commit: string): { path: string; mode: string; content: Buffer }[] {
  const run = (input: string, ...args: string[]): Buffer =>
    execFileSync('git', args, { cwd: repository.dir, env: gitEnvironment(), input, maxBuffer: 2 ** 26 });
  const lines = run('', 'ls-tree', '-r', '-z', commit).toString().split('\0');
  const blobs = lines.flatMap((line) => {
    const [, mode = '', type, oid = '', path = ''] = /^(\d+) (\w+) (\w+)\t(.*)$/s.exec(line) ?? [];
    return type === 'blob' ? [{ path, mode, oid }] : [];
  });
  const output = run(blobs.map(({ oid }) => oid).join('\n'), 'cat-file', '--batch');
  let at = 0;
  return blobs.map(({ path, mode }) => {
    const start = output.indexOf(0x0a, at) + 1;
    const size = Number(output.toString('latin1', at, start).split(' ')[2]);
    at = start + size + 1;
    return { path, mode, content: output.subarray(start, start + size) };
  });
}

function assertSame(actual: Checkout, repository: Repository): void {
  const expected = truth(repository, actual.commit.oid);
  assert.deepEqual(
    actual.files.map(({ path, mode, size }) => ({ path, mode, size })),
    expected.map(({ path, mode, content }) => ({ path, mode, size: content.length })),
  );
  for (const [index, { path, content }] of expected.entries()) {
    assert.ok(content.equals(actual.files[index]?.read() ?? Buffer.alloc(0)), path);
  }
}

describe('fetchTree', () => {
  it('has the files that git has', async () => {
    const repository = await create({
      README: 'one\n',
      'a/deep/er/file.yaml': 'kind: A\n',
      'a.b': 'sorts before a/',
      'bin/run.sh': { executable: '#!/bin/sh\n' },
      link: { symlink: '../../etc/passwd' },
      'ä/日本 "x".txt': 'unicode',
      empty: '',
      binary: Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7919) % 251),
      module: { submodule: '1'.repeat(40) },
    });
    const result = await checkout(repository);
    assertSame(result, repository);
    assert.equal(result.commit.subject, 'first');
    assert.equal(result.commit.author.name, 'Test');
    assert.equal(result.tag, undefined);
  });

  it('has the files of a large tree, with deltas', async () => {
    const files: Record<string, string> = {};
    for (let index = 0; index < 800; index++) {
      files[`dir-${index % 20}/sub-${index % 7}/file-${index}.yaml`] =
        `apiVersion: v1\nkind: ConfigMap\n${`line ${index}\n`.repeat(index % 40)}`;
    }
    const repository = await create(files);
    for (let round = 0; round < 5; round++) {
      await repository.commit({ files: { 'dir-1/sub-1/file-1.yaml': 'x\n'.repeat(round * 1000) } });
    }
    await git(repository.dir, ['repack', '-adfq', '--depth=50']);
    assertSame(await checkout(repository), repository);
  });

  it('follows a forced push', async () => {
    const repository = await create({ a: '1' });
    const before = await checkout(repository);
    await repository.commit({ files: { b: '2' }, parent: null });
    const after = await checkout(repository);
    assert.deepEqual(contents(before), { a: '1' });
    assert.deepEqual(contents(after), { b: '2' });
  });

  it('brings the annotated tag along', async () => {
    const repository = await create({ a: '1' });
    await repository.tag('v1', { message: 'a release' });
    await git(repository.dir, ['-c', 'user.name=T', '-c', 'user.email=t@x', 'tag', '-a', '-m', 'outer', 'v2', 'v1']);
    const result = await checkout(repository, { ref: { tag: 'v1' } });
    assert.equal(result.tag?.message, 'a release\n');
    assert.equal(result.tag?.target, result.commit.oid);
    const nested = await checkout(repository, { ref: { tag: 'v2' } });
    assert.equal(nested.tag?.name, 'v2');
    assert.equal(nested.tag?.targetType, 'tag');
    assert.equal(nested.commit.oid, result.commit.oid);
  });

  it('has an empty tree', async () => {
    assert.deepEqual((await checkout(await create())).files, []);
  });

  it('refuses a tag of something that is no commit', async () => {
    const repository = await create({ a: '1' });
    await git(repository.dir, ['tag', 'blob', 'HEAD:a']);
    await assert.rejects(checkout(repository, { ref: { tag: 'blob' } }), { code: 'ObjectNotFound' });
  });

  it('works on a sha256 repository', async () => {
    const repository = await server.create('sha256');
    await rm(repository.dir, { recursive: true });
    await git('/', ['init', '--quiet', '--bare', '--initial-branch=main', '--object-format=sha256', repository.dir]);
    const commit = await repository.commit({ files: { 'a/b': '1', c: '2' } });
    const result = await checkout(repository);
    assert.equal(result.commit.oid, commit);
    assertSame(result, repository);
  });

  const unsafe: readonly { name: string; mode: string; path: string }[] = [
    { name: 'a folder ..', mode: '040000', path: '..' },
    { name: 'a folder .GIT', mode: '040000', path: '.GIT' },
    { name: 'a folder git~1', mode: '040000', path: 'git~1' },
    { name: 'a .gitmodules that is a symlink', mode: '120000', path: '.gitmodules' },
  ];
  for (const { name, mode, path } of unsafe) {
    it(`refuses ${name}`, async () => {
      const repository = await create({ a: '1' });
      const inner = await git(repository.dir, ['rev-parse', mode === '040000' ? 'HEAD^{tree}' : 'HEAD:a']);
      const entry = Buffer.concat([Buffer.from(`${mode.replace(/^0/, '')} ${path}\0`), Buffer.from(inner, 'hex')]);
      const tree = await git(repository.dir, ['hash-object', '-w', '-t', 'tree', '--stdin', '--literally'], entry);
      const identity = ['-c', 'user.name=T', '-c', 'user.email=t@x'];
      await repository.setRef(
        'refs/heads/main',
        await git(repository.dir, [...identity, 'commit-tree', '-m', 'x', tree]),
      );
      await assert.rejects(checkout(repository), { code: 'UnsafePath' });
    });
  }

  it('refuses a tree that unfolds without end', async () => {
    const repository = await create({ a: '1' });
    let entry = await git(repository.dir, ['rev-parse', 'HEAD:a']);
    let line = (index: number): string => `100644 blob ${entry}\tf${index}`;
    for (let level = 0; level < 12; level++) {
      entry = await git(repository.dir, ['mktree'], Array.from({ length: 10 }, (_, index) => line(index)).join('\n'));
      line = (index) => `040000 tree ${entry}\td${index}`;
    }
    const identity = ['-c', 'user.name=T', '-c', 'user.email=t@x'];
    await repository.setRef(
      'refs/heads/main',
      await git(repository.dir, [...identity, 'commit-tree', '-m', 'x', entry]),
    );
    await assert.rejects(checkout(repository), { code: 'TooLarge', message: /more than 500000 entries/ });
  });

  const limits: readonly { name: string; limits: Partial<GitLimits> }[] = [
    { name: 'bytes of the pack', limits: { maxPackBytes: 1000 } },
    { name: 'bytes of an object', limits: { maxObjectBytes: 1000 } },
    { name: 'objects', limits: { maxObjects: 3 } },
    { name: 'files', limits: { maxFiles: 2 } },
    { name: 'bytes of all files', limits: { maxCheckoutBytes: 5000 } },
    { name: 'levels of folders', limits: { maxTreeDepth: 2 } },
    { name: 'bytes of a listing', limits: { maxRefsBytes: 40 } },
  ];
  it('is bounded', async () => {
    const repository = await create({
      'a/b/c/d': 'x',
      e: shake(6000),
    });
    for (const { name, limits: given } of limits) {
      await assert.rejects(checkout(repository, { limits: given }), { code: 'TooLarge' }, name);
    }
  });
});

describe('fetchTree of a pinned commit', () => {
  let repository: Repository;
  let old: string;
  let side: string;
  before(async () => {
    repository = await create({ a: '1' });
    old = (await repository.head()) ?? '';
    for (let round = 0; round < 5; round++) {
      await repository.commit({ files: { a: `round ${round}` } });
    }
    side = await repository.commit({ files: { a: 'side' }, branch: 'side', parent: old });
  });

  it('takes a commit of any branch', async () => {
    assert.deepEqual(contents(await checkout(repository, { ref: { commit: old } })), { a: '1' });
    assert.deepEqual(contents(await checkout(repository, { ref: { commit: side } })), { a: 'side' });
  });

  it('takes a commit of the branch', async () => {
    assert.deepEqual(contents(await checkout(repository, { ref: { commit: old, branch: 'main' } })), { a: '1' });
    assert.deepEqual(contents(await checkout(repository, { ref: { commit: old, branch: 'side' } })), { a: '1' });
  });

  it('takes a commit that is younger than what follows it', async () => {
    const odd = await server.create(`group/repo-${++names}`);
    const late = await odd.commit({ files: { a: 'late' }, date: new Date('2030-01-01') });
    await odd.commit({ files: { a: 'early' }, date: new Date('2020-01-01') });
    assert.deepEqual(contents(await checkout(odd, { ref: { commit: late, branch: 'main' } })), { a: 'late' });
  });

  it('refuses a commit of another branch', async () => {
    const message = `unable to resolve commit object for '${side}': object not found`;
    await assert.rejects(checkout(repository, { ref: { commit: side, branch: 'main' } }), {
      code: 'ObjectNotFound',
      message,
    });
  });

  it('refuses a commit in no branch, such as one of a fork', async () => {
    const fork = await repository.commit({ files: { a: 'evil' }, branch: 'gone', parent: old });
    await repository.deleteBranch('gone');
    await repository.setRef('refs/pull/1/head', fork);
    await assert.rejects(checkout(repository, { ref: { commit: fork } }), { code: 'ObjectNotFound' });
    const pull = await checkout(repository, { ref: { name: 'refs/pull/1/head' } });
    assert.deepEqual(contents(pull), { a: 'evil' });
  });

  it('refuses a commit that is nowhere', async () => {
    const nowhere = '0123456789012345678901234567890123456789';
    const message = `unable to resolve commit object for '${nowhere}': object not found`;
    await assert.rejects(checkout(repository, { ref: { commit: nowhere } }), { code: 'ObjectNotFound', message });
    await assert.rejects(checkout(repository, { ref: { commit: nowhere, branch: 'main' } }), { message });
  });

  it('works where nothing can be filtered', async () => {
    await git(repository.dir, ['config', 'uploadpack.allowFilter', 'false']);
    assert.deepEqual(contents(await checkout(repository, { ref: { commit: old, branch: 'main' } })), { a: '1' });
    await assert.rejects(checkout(repository, { ref: { commit: side, branch: 'main' } }), { code: 'ObjectNotFound' });
    await git(repository.dir, ['config', 'uploadpack.allowFilter', 'true']);
  });
});

describe('fetchTree of directories', () => {
  let repository: Repository;
  before(async () => {
    repository = await create({
      'app/cm.yaml': '1',
      'app2/cm.yaml': '2',
      'b/c/cm.yaml': '3',
      'b/d': '4',
      README: 'r'.repeat(200_000),
    });
  });

  const cases: readonly { sparse: readonly string[]; want: readonly string[] }[] = [
    { sparse: ['app/'], want: ['app/cm.yaml'] },
    { sparse: ['./app'], want: ['app/cm.yaml', 'app2/cm.yaml'] },
    { sparse: ['b/c', 'app2'], want: ['app2/cm.yaml', 'b/c/cm.yaml'] },
    { sparse: [], want: ['README', 'app/cm.yaml', 'app2/cm.yaml', 'b/c/cm.yaml', 'b/d'] },
  ];
  for (const allowFilter of ['true', 'false']) {
    for (const { sparse, want } of cases) {
      it(`${JSON.stringify(sparse)} where filters are allowed: ${allowFilter}`, async () => {
        await git(repository.dir, ['config', 'uploadpack.allowFilter', allowFilter]);
        const result = await checkout(repository, { options: { sparse } });
        assert.deepEqual(
          result.files.map(({ path }) => path),
          want,
        );
        assert.ok(result.files.every((file) => file.read().length === file.size));
      });
    }
  }

  it('fetches only what is wanted', async () => {
    await git(repository.dir, ['config', 'uploadpack.allowFilter', 'true']);
    const limits = { maxObjectBytes: 100_000 };
    assert.deepEqual(contents(await checkout(repository, { options: { sparse: ['b'] }, limits })), {
      'b/c/cm.yaml': '3',
      'b/d': '4',
    });
    await assert.rejects(checkout(repository, { limits }), { code: 'TooLarge' });
  });

  it('says which directory is not there', async () => {
    await assert.rejects(checkout(repository, { options: { sparse: ['app', 'nowhere'] } }), {
      code: 'SparseDirectoryNotFound',
      message: "sparse checkout dir 'nowhere' does not exist in repository",
    });
  });
});

describe('fetchTree with submodules', () => {
  const gitmodules = (modules: Readonly<Record<string, string>>): string =>
    Object.entries(modules)
      .map(([path, url]) => `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n`)
      .join('');
  const head = async (repository: Repository): Promise<string> => (await repository.head()) ?? '';
  const base = (repository: Repository): string => repository.url.split('/').at(-1) ?? '';

  it('mounts them where they belong, relative ones and nested ones', async () => {
    const inner = await create({ 'in.txt': 'inner' });
    const library = await create({
      'lib.txt': 'library',
      '.gitmodules': gitmodules({ nested: `../${base(inner)}` }),
      nested: { submodule: await head(inner) },
    });
    const fleet = await create({
      'sub.txt': 'after sub/',
      '.gitmodules': gitmodules({ sub: library.url, absent: library.url }),
      sub: { submodule: await head(library) },
      undescribed: { submodule: await head(library) },
    });
    const plain = await checkout(fleet);
    assert.deepEqual(
      plain.files.map(({ path }) => path),
      ['.gitmodules', 'sub.txt'],
    );
    const result = await checkout(fleet, { options: { submodules: true } });
    assert.deepEqual(
      result.files.map(({ path }) => path),
      ['.gitmodules', 'sub.txt', 'sub/.gitmodules', 'sub/lib.txt', 'sub/nested/in.txt'],
    );
    assert.equal(contents(result)['sub/nested/in.txt'], 'inner');
    assert.deepEqual(result.emptyFolders, ['undescribed']);
    assert.deepEqual(plain.emptyFolders, ['sub', 'undescribed']);
    const sparse = await checkout(fleet, { options: { submodules: true, sparse: ['sub/nested'] } });
    assert.deepEqual(contents(sparse), { 'sub/nested/in.txt': 'inner' });
  });

  it('takes a commit that is in no branch any more', async () => {
    const library = await create({ a: '1' });
    const link = await head(library);
    await library.commit({ files: { a: '2' }, parent: null });
    const fleet = await create({ '.gitmodules': gitmodules({ sub: library.url }), sub: { submodule: link } });
    assert.equal(contents(await checkout(fleet, { options: { submodules: true } }))['sub/a'], '1');
  });

  it('sends credentials to the same host only', async () => {
    await using other = await GitServer.start();
    const foreign = await other.create('foreign');
    const own = await server.create(`group/repo-${++names}`, { access: { username: 'u', password: 'top-secret' } });
    await foreign.commit({ files: { f: '1' } });
    await own.commit({ files: { o: '1' } });
    const fleet = await server.create(`group/repo-${++names}`, { access: { username: 'u', password: 'top-secret' } });
    await fleet.commit({
      files: {
        '.gitmodules': gitmodules({ own: `../${base(own)}`, foreign: foreign.url }),
        own: { submodule: await head(own) },
        foreign: { submodule: await head(foreign) },
      },
    });
    const remote = openRemote({
      url: fleet.url,
      auth: { username: 'u', password: 'top-secret' },
      signal: AbortSignal.timeout(20_000),
    });
    try {
      const resolved = await resolveRef(remote, { branch: 'main' });
      const result = await fetchTree(remote, resolved, { submodules: true });
      assert.deepEqual(
        result.files.map(({ path }) => path),
        ['.gitmodules', 'foreign/f', 'own/o'],
      );
      assert.ok(other.requests.length > 0);
      assert.deepEqual(
        other.requests.filter(({ authorization }) => authorization !== undefined),
        [],
      );
    } finally {
      await remote.close();
    }
  });

  it('names the submodule that fails', async () => {
    const link = '1'.repeat(40);
    const cases: readonly (readonly [string, string])[] = [
      ['/etc', 'InvalidSubmodule'],
      ['file:///etc', 'InvalidSubmodule'],
      ['git@github.com:a/b', 'InvalidSubmodule'],
      ['../absent.git', 'RepositoryNotFound'],
      ['http://user:hidden@127.0.0.1:1/x', 'InvalidSubmodule'],
    ];
    for (const [url, code] of cases) {
      const fleet = await create({ '.gitmodules': gitmodules({ 'path/sub': url }), 'path/sub': { submodule: link } });
      await assert.rejects(checkout(fleet, { options: { submodules: true } }), (error: Error & { code?: string }) => {
        assert.equal(error.code, code);
        assert.match(error.message, /^unable to clone '.*': submodule 'path\/sub': /);
        assert.doesNotMatch(error.message, /hidden/);
        return true;
      });
    }
  });

  it('ends where submodules contain each other', async () => {
    const one = await server.create(`group/repo-${++names}`);
    await one.commit({ files: { a: '1' } });
    // A repository that contains itself: the commit that a branch names is not known before it is made.
    const link = await head(one);
    await one.commit({
      files: {
        '.gitmodules': gitmodules({ a1: `../${base(one)}`, a2: `../${base(one)}` }),
        a1: { submodule: link },
        a2: { submodule: link },
      },
    });
    const limits = { maxSubmodules: 1 };
    await assert.rejects(checkout(one, { options: { submodules: true }, limits }), { code: 'TooLarge' });
    await assert.rejects(checkout(one, { options: { submodules: true }, limits: { maxSubmoduleDepth: 0 } }), {
      code: 'TooLarge',
    });
  });
});

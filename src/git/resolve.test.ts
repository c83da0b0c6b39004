import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GitServer } from '../../test/gitserver/git-server.ts';
import type { Repository } from '../../test/gitserver/repository.ts';
import { openRemote } from './open.ts';
import type { Remote } from './remote.ts';
import { type GitReference, resolveRef } from './resolve.ts';
import { revisionOf } from './revision.ts';
import { GitSessions } from './sessions.ts';

const nowhere = '0123456789012345678901234567890123456789';

describe('resolveRef', () => {
  let server: GitServer;
  let repository: Repository;
  let empty: Repository;
  let unborn: Repository;
  let first: string;
  let second: string;
  let third: string;
  const remotes: Remote[] = [];

  function open(url: string, sessions?: GitSessions): Remote {
    const shared = sessions === undefined ? {} : { sessions };
    const remote = openRemote({ url, signal: AbortSignal.timeout(20_000), ...shared });
    remotes.push(remote);
    return remote;
  }

  before(async () => {
    server = await GitServer.start();
    repository = await server.create('fleet/apps');
    empty = await server.create('empty');
    unborn = await server.create('unborn');
    const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 0, minute));
    first = await repository.commit({ files: { README: 'one' }, date: at(1) });
    await repository.tag('v1.0.0');
    await repository.tag('v3.0.0+a', { message: 'older, annotated' });
    second = await repository.commit({ files: { README: 'two' }, date: at(2) });
    await repository.tag('1.2.0', { message: 'annotated' });
    await repository.tag('nested');
    third = await repository.commit({ files: { README: 'three' }, date: at(3) });
    await repository.tag('v2.0.0-rc.1');
    await repository.tag('v3.0.0+b');
    await repository.tag('not-a-version');
    await repository.setRef('refs/pull/1/head', first);
    await repository.commit({ files: { x: 'y' }, branch: 'feature/x', parent: first });
    await repository.commit({ files: { x: 'z' }, branch: 'main-2', parent: first });
    await unborn.commit({ branch: 'other' });
  });

  after(async () => {
    await Promise.all(remotes.map((remote) => remote.close()));
    await server.stop();
  });

  const found: readonly { name: string; ref: GitReference; revision: () => string }[] = [
    { name: 'a branch', ref: { branch: 'main' }, revision: () => `main@sha1:${third}` },
    { name: 'a tag', ref: { tag: 'v1.0.0' }, revision: () => `v1.0.0@sha1:${first}` },
    { name: 'an annotated tag: its commit', ref: { tag: '1.2.0' }, revision: () => `1.2.0@sha1:${second}` },
    { name: 'the highest version in a range', ref: { semver: '>=1.0.0 <2' }, revision: () => `1.2.0@sha1:${second}` },
    {
      name: 'a prerelease when the range has one',
      ref: { semver: '>=1.0.0-0 <3' },
      revision: () => `v2.0.0-rc.1@sha1:${third}`,
    },
    { name: 'of equal versions the younger commit', ref: { semver: '3.x' }, revision: () => `v3.0.0+b@sha1:${third}` },
    { name: 'a name', ref: { name: 'refs/pull/1/head' }, revision: () => `refs/pull/1/head@sha1:${first}` },
    { name: 'HEAD', ref: { name: 'HEAD' }, revision: () => `HEAD@sha1:${third}` },
    { name: 'the name of a tag', ref: { name: 'refs/tags/1.2.0' }, revision: () => `refs/tags/1.2.0@sha1:${second}` },
    {
      name: 'the name of a peeled tag',
      ref: { name: 'refs/tags/1.2.0^{}' },
      revision: () => `refs/tags/1.2.0^{}@sha1:${second}`,
    },
    { name: 'a commit', ref: { commit: nowhere }, revision: () => `sha1:${nowhere}` },
    {
      name: 'a commit of a branch',
      ref: { commit: nowhere.toUpperCase(), branch: 'main' },
      revision: () => `main@sha1:${nowhere}`,
    },
    {
      name: 'a commit before all else',
      ref: { commit: nowhere, name: 'refs/x/y', semver: '*', tag: 'a' },
      revision: () => `refs/x/y@sha1:${nowhere}`,
    },
    {
      name: 'a name before a range',
      ref: { name: 'refs/heads/main', semver: '9', tag: 'z', branch: 'z' },
      revision: () => `refs/heads/main@sha1:${third}`,
    },
    {
      name: 'a range before a tag',
      ref: { semver: '1.0.0', tag: 'z', branch: 'z' },
      revision: () => `v1.0.0@sha1:${first}`,
    },
    { name: 'a tag before a branch', ref: { tag: 'v1.0.0', branch: 'z' }, revision: () => `v1.0.0@sha1:${first}` },
  ];
  for (const { name, ref, revision } of found) {
    it(`finds ${name}`, async () => {
      assert.equal(revisionOf(await resolveRef(open(repository.url), ref), ref), revision());
    });
  }

  it('tells the tag object of an annotated tag', async () => {
    const { tagObject, commit } = await resolveRef(open(repository.url), { tag: '1.2.0' });
    assert.equal(commit, second);
    assert.ok(tagObject !== undefined && tagObject !== second);
    assert.equal((await resolveRef(open(repository.url), { tag: 'v1.0.0' })).tagObject, undefined);
  });

  const failing: readonly {
    name: string;
    ref: GitReference | undefined;
    code: string;
    message: (url: string) => string;
  }[] = [
    {
      name: 'no reference: branch master',
      ref: undefined,
      code: 'ReferenceNotFound',
      message: (url) => `unable to clone '${url}': couldn't find remote ref "refs/heads/master"`,
    },
    {
      name: 'an empty reference: branch master',
      ref: { branch: '' },
      code: 'ReferenceNotFound',
      message: (url) => `unable to clone '${url}': couldn't find remote ref "refs/heads/master"`,
    },
    {
      name: 'a branch whose name only begins that way',
      ref: { branch: 'feature' },
      code: 'ReferenceNotFound',
      message: (url) => `unable to clone '${url}': couldn't find remote ref "refs/heads/feature"`,
    },
    {
      name: 'a branch that cannot be',
      ref: { branch: 'a b\nc' },
      code: 'ReferenceNotFound',
      message: (url) => `unable to clone '${url}': couldn't find remote ref "refs/heads/a b\\nc"`,
    },
    {
      name: 'a tag',
      ref: { tag: 'v9' },
      code: 'ReferenceNotFound',
      message: (url) => `unable to clone '${url}': couldn't find remote ref "refs/tags/v9"`,
    },
    {
      name: 'a range without match',
      ref: { semver: '>=5' },
      code: 'ReferenceNotFound',
      message: () => 'no match found for semver: >=5',
    },
    {
      name: 'a range that is none',
      ref: { semver: 'not a range' },
      code: 'InvalidReference',
      message: () => 'semver parse error: improper constraint: "not a range"',
    },
    {
      name: 'a name',
      ref: { name: 'refs/pull/9/head' },
      code: 'ReferenceNotFound',
      message: () => "unable to resolve ref 'refs/pull/9/head' to a specific commit",
    },
    {
      name: 'the peeled name of a tag that has none',
      ref: { name: 'refs/tags/v1.0.0^{}' },
      code: 'ReferenceNotFound',
      message: () => "unable to resolve ref 'refs/tags/v1.0.0^{}' to a specific commit",
    },
    {
      name: 'a name that ends in a slash',
      ref: { name: 'refs/heads/' },
      code: 'InvalidReference',
      message: () => "ref refs/heads/ is invalid; Git refs cannot begin or end with a slash '/'",
    },
    {
      name: 'a commit that is no name',
      ref: { commit: 'abc' },
      code: 'ObjectNotFound',
      message: () => "unable to resolve commit object for 'abc': object not found",
    },
    {
      name: 'a commit of a missing branch',
      ref: { commit: nowhere, branch: 'nope' },
      code: 'ReferenceNotFound',
      message: (url) => `unable to clone '${url}': couldn't find remote ref "refs/heads/nope"`,
    },
  ];
  for (const { name, ref, code, message } of failing) {
    it(`does not find ${name}`, async () => {
      await assert.rejects(resolveRef(open(repository.url), ref), {
        name: 'GitError',
        code,
        message: message(repository.url),
      });
    });
  }

  const emptyCases: readonly { name: string; ref: GitReference; message: (url: string) => string }[] = [
    { name: 'a branch', ref: { branch: 'main' }, message: () => 'git repository is empty' },
    {
      name: 'a tag',
      ref: { tag: 'v1' },
      message: (url) => `unable to clone: remote repository is empty: git repository: '${url}'`,
    },
    {
      name: 'a range',
      ref: { semver: '*' },
      message: (url) => `unable to clone: remote repository is empty: git repository: '${url}'`,
    },
    {
      name: 'a name',
      ref: { name: 'refs/heads/main' },
      message: (url) => `unable to list remote for '${url}': remote repository is empty`,
    },
  ];
  for (const { name, ref, message } of emptyCases) {
    it(`knows an empty repository: ${name}`, async () => {
      await assert.rejects(resolveRef(open(empty.url), ref), { code: 'EmptyRepository', message: message(empty.url) });
    });
  }

  it('does not take a repository without HEAD for empty', async () => {
    await assert.rejects(resolveRef(open(unborn.url), { branch: 'main' }), { code: 'ReferenceNotFound' });
  });

  it('names what it did when the repository is not there', async () => {
    const url = `${server.url}/absent.git`;
    const reason = 'repository not found: repository not found';
    await assert.rejects(resolveRef(open(url), { branch: 'main' }), {
      code: 'RepositoryNotFound',
      message: `unable to clone '${url}': ${reason}`,
    });
    await assert.rejects(resolveRef(open(url), { branch: 'main' }, { observed: true }), {
      message: `unable to list remote for '${url}': ${reason}`,
    });
    await assert.rejects(resolveRef(open(url), { name: 'HEAD' }), {
      message: `unable to list remote for '${url}': ${reason}`,
    });
  });

  describe('with shared sessions', () => {
    it('asks a known server once for each look', async () => {
      const sessions = new GitSessions();
      const look = async (ref: GitReference): Promise<string[]> => {
        const before = server.requests.length;
        await resolveRef(open(repository.url, sessions), ref);
        return server.requests.slice(before).map(({ service }) => service);
      };
      assert.deepEqual(await look({ branch: 'main' }), ['info/refs', 'git-upload-pack']);
      for (const ref of [
        { branch: 'main' },
        { tag: '1.2.0' },
        { semver: '1.x' },
        { name: 'HEAD' },
        { commit: nowhere },
      ]) {
        assert.deepEqual(await look(ref), ['git-upload-pack'], JSON.stringify(ref));
      }
      await sessions.close();
    });

    it('asks again what the server is after an hour', async () => {
      let now = 0;
      const sessions = new GitSessions({ now: () => now });
      const look = async (): Promise<number> => {
        const before = server.requests.length;
        await resolveRef(open(repository.url, sessions), { branch: 'main' });
        return server.requests.length - before;
      };
      assert.deepEqual([await look(), await look()], [2, 1]);
      now = 3_600_001;
      assert.deepEqual([await look(), await look()], [2, 1]);
      await sessions.close();
    });

    it('finds out when a server is not what it was', async () => {
      const sessions = new GitSessions();
      const moved = await server.create('moved');
      await moved.commit();
      await resolveRef(open(moved.url, sessions), { branch: 'main' });
      moved.fault = { kind: 'status', status: 404, only: 'git-upload-pack' };
      await assert.rejects(resolveRef(open(moved.url, sessions), { branch: 'main' }), { code: 'RepositoryNotFound' });
      moved.fault = undefined;
      const before = server.requests.length;
      await resolveRef(open(moved.url, sessions), { branch: 'main' });
      assert.ok(server.requests.length - before <= 2);
      await sessions.close();
    });
  });
});

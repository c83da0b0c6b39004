import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRemoteFile, parseRepoSpec, shownRepo } from './repo-spec.ts';

/** What kustomize v5.8.2 makes of each (api/internal/git/repospec_test.go). */
const repositories: readonly (readonly [text: string, cloneUrl: string, directory: string, ref?: string])[] = [
  ['https://github.com/org/repo', 'https://github.com/org/repo', ''],
  ['https://github.com/org/repo/some/dir?ref=v1', 'https://github.com/org/repo', 'some/dir', 'v1'],
  ['http://github.com/org/repo.git/dir', 'https://github.com/org/repo.git', 'dir'],
  ['hTTps://gitHub.com/org/repo', 'https://github.com/org/repo', ''],
  ['github.com/org/repo//dir/?ref=a/b', 'https://github.com/org/repo', 'dir/', 'a/b'],
  ['github.com:org/repo/dir', 'https://github.com/org/repo', 'dir'],
  ['git@github.com:org/repo.git/dir', 'git@github.com:org/repo.git', 'dir'],
  ['git@github.com/org/repo/dir', 'git@github.com:org/repo', 'dir'],
  ['org-12345@github.com:org/repo', 'org-12345@github.com:org/repo', ''],
  ['ssh://git@github.com/org/repo', 'git@github.com:org/repo', ''],
  ['git::git@github.com:org/repo', 'git@github.com:org/repo', ''],
  ['git::https://gitlab.com/org/repo', 'https://gitlab.com/org/repo', ''],
  [
    'https://gitlab.com/group/subgroup/repo.git//deep/dir?ref=main',
    'https://gitlab.com/group/subgroup/repo.git',
    'deep/dir',
    'main',
  ],
  ['https://gitlab.com/group/subgroup/repo//dir', 'https://gitlab.com/group/subgroup/repo', 'dir'],
  ['git@gitlab.example:a/b/c.git?ref=v0.1.0', 'git@gitlab.example:a/b/c.git', '', 'v0.1.0'],
  ['git@bitbucket.org/company/project.git//path', 'git@bitbucket.org/company/project.git', 'path'],
  ['ssh://git.example.com:7999/org/repo.git//path', 'ssh://git.example.com:7999/org/repo.git', 'path'],
  ['ssh://git@bitbucket.org/a/b.git//path?ref=x', 'ssh://git@bitbucket.org/a/b.git', 'path', 'x'],
  [
    'https://dev.example/collection/project/_git/repo/dir?version=v1.0.0',
    'https://dev.example/collection/project/_git/repo',
    'dir',
    'v1.0.0',
  ],
  ['https://me@dev.example/org/project/_git/repo', 'https://me@dev.example/org/project/_git/repo', ''],
  ['file://a/b/c/repo.git/dir?ref=x', 'file://a/b/c/repo.git', 'dir', 'x'],
  ['file:///a/b/c/repo?ref=x', 'file:///a/b/c/repo', '', 'x'],
  ['https://x.example/a/b?ref=one&version=two', 'https://x.example/a/b', '', 'one'],
  ['https://x.example/a/b?ref=one;two', 'https://x.example/a/b', ''],
  ['https://x.example/a/b?ref=%zz', 'https://x.example/a/b', ''],
];

const others = [
  '/tmp',
  '../../tmp',
  'base',
  './a/b',
  'a.yaml',
  'src/github.com/org/repo/path',
  'htxxxtp://github.com/',
  'ssh://git.example.com',
  'git::___',
  'https://host?ref=group/version/minor_version',
  'https://github.com/org/repo.git//path/../../exits/repo',
  'github.com!org/repo.git//path',
  'gh:org/repo',
  'https://github.com/thisisa404.yaml',
  'file:////tmp//path/to/whatever',
  'git@scp://github.com/org/repo.git//path',
  'git@ssh://github.com/org/repo.git//path',
];

describe('addresses of repositories', () => {
  for (const [text, cloneUrl, directory, ref = ''] of repositories) {
    it(`are read: ${text}`, () => {
      const spec = parseRepoSpec(text);
      assert.deepEqual([spec?.cloneUrl, spec?.directory, spec?.ref], [cloneUrl, directory, ref]);
    });
  }

  for (const text of others) it(`are told from others: ${text}`, () => assert.equal(parseRepoSpec(text), undefined));

  it('say how long fetching may take, and whether submodules come along', () => {
    const read = (query: string) => {
      const { timeoutMs, submodules } = parseRepoSpec(`https://x.example/a/b?${query}`) ?? {};
      return [timeoutMs, submodules];
    };
    assert.deepEqual(read(''), [27_000, true]);
    assert.deepEqual(read('timeout=61&submodules=false'), [61_000, false]);
    assert.deepEqual(read('timeout=1m1s&submodules=0'), [61_000, false]);
    for (const bad of ['0', '-1', '-5s', 'soon', ''])
      assert.deepEqual(read(`timeout=${bad}&submodules=${bad}x`), [27_000, true]);
  });

  it('are shown without credentials', () => {
    const spec = parseRepoSpec('https://user:secret@x.example/a/b.git//dir?ref=v1');
    assert.ok(spec !== undefined);
    assert.equal(shownRepo(spec, 'dir'), 'https://*****@x.example/a/b.git//dir?ref=v1');
  });
});

describe('addresses of files', () => {
  it('are those of HTTP', () => {
    for (const address of ['https://x.example/a.yaml', 'HTTP://x.example/a.yaml']) assert.ok(isRemoteFile(address));
    for (const path of ['https', 'a/https://b', 'ssh://x.example/a.yaml']) assert.ok(!isRemoteFile(path));
  });
});

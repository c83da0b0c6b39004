import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { GitRepository } from '../../../../crds/source/git-repository.ts';
import type { OCIRepository } from '../../../../crds/source/oci-repository.ts';
import { isAffected, isImageAffected } from './affected.ts';
import { imageName, repositoryName } from './names.ts';
import { pushedOf } from './pushed.ts';

const https = 'https://git.example.com/team/fleet';

function repository(ref: GitRepository['spec']['ref'], url = `${https}.git`): GitRepository {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'fleet', namespace: 'apps' },
    spec: { interval: '1h', timeout: '60s', url, ...(ref === undefined ? {} : { ref }) },
  };
}

function image(url: string, ref: OCIRepository['spec']['ref']): OCIRepository {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name: 'app', namespace: 'apps' },
    spec: { interval: '1h', timeout: '60s', provider: 'generic', url, ...(ref === undefined ? {} : { ref }) },
  };
}

describe('repositoryName', () => {
  for (const url of [
    https,
    `${https}.git`,
    `${https}/`,
    'https://user:token@GIT.example.com/team/Fleet.git',
    'http://git.example.com:3000/team/fleet',
    'ssh://git@git.example.com:22/team/fleet.git',
    'git@git.example.com:team/fleet.git',
    'git.example.com:team/fleet',
    'git://git.example.com/team/fleet.git/',
  ]) {
    it(`is one for ${url}`, () => assert.equal(repositoryName(url), 'git.example.com/team/fleet'));
  }
  for (const url of ['', 'x', 'https://git.example.com', 'https://git.example.com/', '/team/fleet', 'x'.repeat(5000)]) {
    it(`is none for ${url.slice(0, 30) || 'nothing'}`, () => assert.equal(repositoryName(url), undefined));
  }
});

describe('imageName', () => {
  for (const [text, want] of [
    ['oci://ghcr.io/Team/app', 'ghcr.io/team/app'],
    ['docker.io/nginx', 'docker.io/library/nginx'],
    ['oci://index.docker.io/team/app', 'docker.io/team/app'],
    ['localhost:5000/app', 'localhost:5000/app'],
    ['app', undefined],
    ['oci://ghcr.io//app', undefined],
  ] as const) {
    it(`of ${text}`, () => assert.equal(imageName(text), want));
  }
});

/** As each maker writes a push of main. */
const pushes = {
  GitHub: { ref: 'refs/heads/main', repository: { clone_url: `${https}.git`, html_url: https } },
  GitLab: { ref: 'refs/heads/main', project: { git_http_url: `${https}.git`, web_url: https } },
  Gitea: { ref: 'refs/heads/main', repository: { ssh_url: 'git@git.example.com:team/fleet.git' } },
  'Bitbucket Server': {
    changes: [{ refId: 'refs/heads/main', ref: { id: 'refs/heads/main', displayId: 'main' } }],
    repository: { links: { clone: [{ href: 'ssh://git@git.example.com:7999/team/fleet.git' }] } },
  },
  'Bitbucket Cloud': {
    push: { changes: [{ new: { type: 'branch', name: 'main' } }] },
    repository: { links: { html: { href: https } } },
  },
  'Azure DevOps': { resource: { refUpdates: [{ name: 'refs/heads/main' }], repository: { remoteUrl: https } } },
};

describe('a push', () => {
  for (const [maker, body] of Object.entries(pushes)) {
    it(`told by ${maker} wakes those who follow its branch`, () => {
      const pushed = pushedOf(body);
      assert.equal(isAffected(repository({ branch: 'main' }), pushed), true);
      assert.equal(isAffected(repository({ branch: 'main' }, 'ssh://git@git.example.com/team/fleet'), pushed), true);
      assert.equal(isAffected(repository({ branch: 'release' }), pushed), false);
      assert.equal(isAffected(repository({ branch: 'main' }, 'https://git.example.com/team/other'), pushed), false);
      assert.equal(isAffected(repository({ branch: 'main' }, 'https://other.example.com/team/fleet'), pushed), false);
    });
  }

  const cases: readonly (readonly [string, GitRepository['spec']['ref'], string | undefined, boolean])[] = [
    ['of the branch that is followed by default', undefined, 'refs/heads/master', true],
    ['of another than that', undefined, 'refs/heads/main', false],
    ['of who knows what', { branch: 'main' }, undefined, true],
    ['of a tag that is followed', { tag: 'v1' }, 'refs/tags/v1', true],
    ['of another tag', { tag: 'v1' }, 'refs/tags/v2', false],
    ['of any tag, where the newest is followed', { semver: '>=1' }, 'refs/tags/v2', true],
    ['of a branch, where the newest tag is followed', { semver: '>=1', branch: 'main' }, 'refs/heads/main', false],
    ['of a reference that is followed', { name: 'refs/pull/1/head' }, 'refs/pull/1/head', true],
    ['of something else, where one commit is all', { commit: 'abc', branch: 'main' }, 'refs/heads/main', false],
    ['of a branch with a short name', { branch: 'main' }, 'main', true],
    ['of a tag with a short name', { tag: 'v1' }, 'v1', true],
  ];
  for (const [name, ref, pushed, want] of cases) {
    it(`${name} ${want ? 'wakes' : 'does not wake'}`, () => {
      const body = { repository: { clone_url: https }, ...(pushed === undefined ? {} : { ref: pushed }) };
      assert.equal(isAffected(repository(ref), pushedOf(body)), want);
    });
  }
});

describe('a pushed image', () => {
  const calls: readonly (readonly [string, unknown, string])[] = [
    ['Docker Hub', { push_data: { tag: '1.0' }, repository: { repo_name: 'team/app' } }, 'oci://docker.io/team/app'],
    ['Quay', { docker_url: 'quay.io/team/app', updated_tags: ['0.9', '1.0'] }, 'oci://quay.io/team/app'],
    [
      'Azure',
      { request: { host: 'x.azurecr.io' }, target: { repository: 'team/app', tag: '1.0' } },
      'oci://x.azurecr.io/team/app',
    ],
    [
      'Harbor',
      { event_data: { resources: [{ resource_url: 'harbor.example/team/app:1.0' }] } },
      'oci://harbor.example/team/app',
    ],
    [
      'Google',
      { action: 'INSERT', digest: 'eu.gcr.io/p/app@sha256:00', tag: 'eu.gcr.io/p/app:1.0' },
      'oci://eu.gcr.io/p/app',
    ],
  ];
  for (const [maker, body, url] of calls) {
    it(`told by ${maker} wakes those who follow its tag`, () => {
      const pushed = pushedOf(body);
      assert.equal(isImageAffected(image(url, { tag: '1.0' }), pushed), true);
      assert.equal(isImageAffected(image(url, { semver: '>=1' }), pushed), true);
      assert.equal(isImageAffected(image(url, { digest: 'sha256:00' }), pushed), false);
      assert.equal(isImageAffected(image(`${url}-other`, { tag: '1.0' }), pushed), false);
    });
  }

  it('wakes nobody who follows another tag', () => {
    const pushed = pushedOf({ docker_url: 'quay.io/team/app', updated_tags: ['0.9'] });
    assert.equal(isImageAffected(image('oci://quay.io/team/app', undefined), pushed), false);
    assert.equal(isImageAffected(image('oci://quay.io/team/app', { tag: '1.0' }), pushed), false);
  });
});

describe('pushedOf', () => {
  it('takes whatever comes, and little of much', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const { repositories, refs, images } = pushedOf(JSON.parse(text));
        assert.ok(repositories.size <= 2000 && refs.size <= 2000 && images.length <= 100);
      }),
    );
    const many = Array.from({ length: 100_000 }, (_, n) => ({ refId: `refs/heads/${n}` }));
    assert.equal(pushedOf({ changes: many }).refs.size, 100);
  });
});

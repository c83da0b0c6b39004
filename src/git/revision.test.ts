import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { revisionOf } from './revision.ts';

const sha1 = 'a'.repeat(40);
const sha256 = 'b'.repeat(64);

describe('revisionOf', () => {
  const cases: readonly (readonly [string | undefined, string | undefined, string])[] = [
    ['refs/heads/main', undefined, `main@sha1:${sha1}`],
    ['refs/heads/feature/x', undefined, `feature/x@sha1:${sha1}`],
    ['refs/tags/v1.0.0', undefined, `v1.0.0@sha1:${sha1}`],
    ['refs/tags/a/v1', '', `a/v1@sha1:${sha1}`],
    ['HEAD', undefined, `sha1:${sha1}`],
    [undefined, undefined, `sha1:${sha1}`],
    ['refs/pull/1/head', 'refs/pull/1/head', `refs/pull/1/head@sha1:${sha1}`],
    ['refs/heads/main', 'refs/heads/main', `refs/heads/main@sha1:${sha1}`],
    ['HEAD', 'HEAD', `HEAD@sha1:${sha1}`],
  ];
  for (const [refName, name, want] of cases) {
    it(`${refName} asked by ${name ?? 'other means'}`, () => {
      const resolved = refName === undefined ? { commit: sha1 } : { commit: sha1, refName };
      assert.equal(revisionOf(resolved, name === undefined ? {} : { name }), want);
    });
  }

  it('names the format of the repository', () => {
    assert.equal(revisionOf({ commit: sha256, refName: 'refs/heads/main' }), `main@sha256:${sha256}`);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OciError } from './oci-error.ts';
import { checkDigest, checkTag, parseReference, parseRepository, type Reference } from './reference.ts';

const hex = 'a'.repeat(64);

describe('parseReference', () => {
  const good: readonly [text: string, want: Reference][] = [
    ['oci://ghcr.io/org/app', { registry: 'ghcr.io', path: 'org/app' }],
    ['oci://ghcr.io/org/app:v1', { registry: 'ghcr.io', path: 'org/app', tag: 'v1' }],
    ['ghcr.io/org/app:v1', { registry: 'ghcr.io', path: 'org/app', tag: 'v1' }],
    ['oci://localhost:5000/app', { registry: 'localhost:5000', path: 'app' }],
    ['oci://127.0.0.1:5000/a/b/c', { registry: '127.0.0.1:5000', path: 'a/b/c' }],
    ['oci://[::1]:5000/org/app', { registry: '[::1]:5000', path: 'org/app' }],
    [`oci://ghcr.io/org/app@sha256:${hex}`, { registry: 'ghcr.io', path: 'org/app', digest: `sha256:${hex}` }],
    [
      `oci://ghcr.io:443/org/app:v1@sha256:${hex}`,
      { registry: 'ghcr.io:443', path: 'org/app', tag: 'v1', digest: `sha256:${hex}` },
    ],
    ['oci://docker.io/nginx', { registry: 'index.docker.io', path: 'library/nginx' }],
    ['oci://nginx', { registry: 'index.docker.io', path: 'library/nginx' }],
    ['oci://localhost/app', { registry: 'index.docker.io', path: 'localhost/app' }],
  ];
  for (const [text, want] of good) {
    it(`reads ${text}`, () => assert.deepEqual(parseReference(text), want));
  }

  const bad: readonly [text: string, says: RegExp][] = [
    ['', /a repository name must be specified/],
    ['oci://ghcr.io/', /between 2 and 255 characters/],
    ['oci://x', /between 2 and 255 characters/],
    ['oci://ghcr.io/Org/App', /can only contain the characters/],
    ['oci://ghcr.io/org/app:v1:v2', /can only contain the characters/],
    ['oci://ghcr.io/org/../app', /empty part, or one that is only dots/],
    ['oci://ghcr.io/org//app', /empty part/],
    ['oci://ghcr.io//org', /empty part/],
    ['oci://ghcr.io/org/app/', /empty part/],
    ['oci://user:password@ghcr.io/org/app', /cannot parse hash|at most one '@'|unsupported hash|non-hex/],
    ['oci://ghcr.io:port/org/app', /RFC 3986/],
    ['oci://gh cr.io/org/app', /RFC 3986/],
    ['oci://ghcr.io#x/org/app', /RFC 3986/],
    ['oci://ghcr.io?x/org/app', /RFC 3986/],
    ['oci://ghcr.io/org/app:', /tag must be between 1 and 128/],
    ['oci://ghcr.io/org/app@sha256:1@sha256:2', /at most one '@'/],
    ['oci://ghcr.io/org/app@sha512:12', /unsupported hash: "sha512"/],
  ];
  for (const [text, says] of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseReference(text),
        (error: unknown) => error instanceof OciError && error.code === 'InvalidReference' && says.test(error.message),
      );
    });
  }

  it('says of a digest what is wrong with it', () => {
    for (const [digest, says] of [
      ['sha256', /^cannot parse hash: "sha256"$/],
      ['sha256:a:b', /^cannot parse hash/],
      ['sha256:xyz', /^found non-hex character in hash: x$/],
      ['md5:aa', /^unsupported hash: "md5"$/],
      ['sha256:aa', /^wrong number of hex digits for sha256: aa$/],
    ] as const) {
      assert.throws(() => checkDigest(digest), { message: says });
    }
  });

  it('takes tags as registries do', () => {
    for (const tag of ['v1.0.0', 'latest', '_x', 'A'.repeat(128), '1.2.3_build']) assert.equal(checkTag(tag), tag);
    for (const tag of ['', '.x', '-x', 'a/b', 'a+b', 'a'.repeat(129), 'ä'])
      assert.throws(() => checkTag(tag), OciError);
  });

  it('does not take a tag for part of a repository', () => {
    assert.throws(() => parseRepository('ghcr.io/org/app:v1'), {
      message: 'repository can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-./`: org/app:v1',
    });
  });
});

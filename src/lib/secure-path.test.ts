import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isInside, secureJoin } from './secure-path.ts';

const joins: readonly (readonly [string, string, string])[] = [
  ['/root', 'a/b', '/root/a/b'],
  ['/root/', './a//b/', '/root/a/b'],
  ['/root', '../../etc/passwd', '/root/etc/passwd'],
  ['/root', '/etc/passwd', '/root/etc/passwd'],
  ['/root', 'a/../../b', '/root/b'],
  ['/root', '', '/root'],
  ['/root', '..', '/root'],
  ['/', '../a', '/a'],
  ['/', '.', '/'],
  ['', '../a', 'a'],
  ['', '', '.'],
  ['/root', '...', '/root/...'],
];

test('secureJoin never leaves the root', () => {
  for (const [root, path, want] of joins) assert.equal(secureJoin(root, path), want, `${root} + ${path}`);
  fc.assert(
    fc.property(fc.stringMatching(/^[./a-c]*$/), (path) => isInside('/root', secureJoin('/root', path))),
    { seed: 1 },
  );
});

const insides: readonly (readonly [string, string, boolean])[] = [
  ['/root', '/root', true],
  ['/root', '/root/a', true],
  ['/root/', '/root/a/../b', true],
  ['/root', '/rootkit', false],
  ['/root', '/root/../etc', false],
  ['/', '/a', true],
  ['/', '/..', true],
  ['.', 'a', true],
  ['.', '..', false],
  ['.', '../a', false],
  ['.', '/a', false],
  ['a', 'a/b', true],
  ['a', 'b', false],
  ['..', '../a', true],
];

test('isInside', () => {
  for (const [root, path, want] of insides) assert.equal(isInside(root, path), want, `${path} in ${root}`);
});

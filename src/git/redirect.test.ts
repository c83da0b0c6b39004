import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { followRedirect } from './redirect.ts';

describe('followRedirect', () => {
  const good: readonly (readonly [from: string, location: string, base: string, keeps: boolean])[] = [
    ['https://a.example/x', '/y/info/refs?service=git-upload-pack', 'https://a.example/y', true],
    ['https://a.example/x', 'https://A.example:443/y.git/info/refs', 'https://a.example/y.git', true],
    ['http://a.example/x', 'https://a.example/x/info/refs', 'https://a.example/x', true],
    ['http://a.example:8080/x', 'https://a.example:8080/x/info/refs', 'https://a.example:8080/x', false],
    ['http://a.example/x', 'https://b.example/x/info/refs', 'https://b.example/x', false],
    ['https://a.example/x', 'https://a.example:8443/x/info/refs', 'https://a.example:8443/x', false],
    ['https://a.example/x', 'https://a.example.evil.example/x/info/refs', 'https://a.example.evil.example/x', false],
    ['https://a.example/x', '//b.example/x/info/refs', 'https://b.example/x', false],
    ['https://a.example/x', 'https://u:p@a.example/x/info/refs#f', 'https://a.example/x', true],
    ['http://a.example/x', '/info/refs', 'http://a.example/', true],
  ];
  for (const [from, location, base, keeps] of good) {
    it(`${from} -> ${location}`, () => {
      const { base: got, keepsCredentials } = followRedirect(new URL(`${from}/info/refs`), location);
      assert.equal(got.href, base);
      assert.equal(keepsCredentials, keeps);
    });
  }

  const bad: readonly (readonly [from: string, location: string])[] = [
    ['https://a.example/x', 'http://a.example/x/info/refs'],
    ['https://a.example/x', 'file:///x/info/refs'],
    ['http://a.example/x', 'ftp://a.example/x/info/refs'],
    ['https://a.example/x', '/login'],
    ['https://a.example/x', '/login?to=/info/refs'],
    ['https://a.example/x', '/x/info/refs/'],
    ['https://a.example/x', 'https://['],
  ];
  for (const [from, location] of bad) {
    it(`${from} -> ${location} is refused`, () => {
      assert.throws(() => followRedirect(new URL(`${from}/info/refs`), location), { code: 'RedirectRefused' });
    });
  }
});

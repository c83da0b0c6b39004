import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSameOrigin, resolveSubmoduleUrl } from './submodule-url.ts';

describe('resolveSubmoduleUrl', () => {
  const parent = 'https://git.example.com:8443/org/fleet.git';
  const good: readonly (readonly [string, string])[] = [
    ['../lib.git', 'https://git.example.com:8443/org/lib.git'],
    ['../../other/lib', 'https://git.example.com:8443/other/lib'],
    ['./sub', 'https://git.example.com:8443/org/fleet.git/sub'],
    ['sub', 'https://git.example.com:8443/org/fleet.git/sub'],
    ['../../../../../x', 'https://git.example.com:8443/x'],
    ['../a b?c#d', 'https://git.example.com:8443/org/a%20b%3Fc%23d'],
    ['https://other.example.com/lib.git', 'https://other.example.com/lib.git'],
    ['http://git.example.com:8443/lib.git', 'http://git.example.com:8443/lib.git'],
  ];
  for (const [url, want] of good) {
    it(`${url} -> ${want}`, () => assert.equal(resolveSubmoduleUrl(parent, url), want));
  }

  const bad: readonly (readonly [string, string])[] = [
    ['/etc/passwd', 'InvalidURL'],
    ['\\\\server\\share', 'InvalidURL'],
    ['', 'InvalidURL'],
    ['file:///etc/passwd', 'UnsupportedTransport'],
    ['git@github.com:org/lib.git', 'UnsupportedTransport'],
    ['ssh://git@github.com/org/lib.git', 'UnsupportedTransport'],
    ['ext::sh -c id', 'UnsupportedTransport'],
    ['https://', 'InvalidURL'],
  ];
  for (const [url, code] of bad) {
    it(`refuses ${url}`, () => assert.throws(() => resolveSubmoduleUrl(parent, url), { name: 'GitError', code }));
  }
});

describe('isSameOrigin', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['https://a.example/x', 'https://A.example:443/y', true],
    ['https://a.example/x', 'http://a.example/x', false],
    ['https://a.example/x', 'https://a.example:8443/x', false],
    ['https://a.example/x', 'https://a.example.org/x', false],
    ['https://a.example/x', 'https://b.a.example/x', false],
  ];
  for (const [a, b, want] of cases) {
    it(`${a} ${b}: ${want}`, () => assert.equal(isSameOrigin(a, b), want));
  }
});

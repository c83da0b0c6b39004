import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KnownIndexes } from './known-indexes.ts';

const key = { namespace: 'apps', name: 'charts' };
const access = { url: 'https://example.com/', passCredentials: false };
const noon = 'Sun, 22 Nov 2026 12:00:00 GMT';
const later = 'Sun, 22 Nov 2026 12:00:05 GMT';

describe('KnownIndexes', () => {
  const cases: readonly { name: string; headers: Record<string, string>; want: Record<string, string> }[] = [
    { name: 'an ETag', headers: { etag: '"x"', 'last-modified': noon }, want: { 'if-none-match': '"x"' } },
    { name: 'a time of change', headers: { 'last-modified': noon, date: later }, want: { 'if-modified-since': noon } },
    {
      name: 'no time within whose second there may be another change',
      headers: { 'last-modified': noon, date: noon },
      want: {},
    },
    { name: 'no time by a clock that nobody knows', headers: { 'last-modified': noon }, want: {} },
  ];
  for (const { name, headers, want } of cases) {
    it(`asks with ${name}`, () => {
      const known = new KnownIndexes();
      known.remember(key, access, 'sha256:1', headers);
      assert.deepEqual(known.conditions(key, access, 'sha256:1'), want);
    });
  }

  it('asks without conditions for another index, at another address, or as somebody else', () => {
    const known = new KnownIndexes();
    known.remember(key, access, 'sha256:1', { etag: '"x"' });
    assert.deepEqual(known.conditions(key, access, 'sha256:2'), {});
    assert.deepEqual(known.conditions(key, access, undefined), {});
    assert.deepEqual(known.conditions(key, { ...access, url: 'https://example.com/b/' }, 'sha256:1'), {});
    assert.deepEqual(known.conditions(key, { ...access, username: 'me', password: 'x' }, 'sha256:1'), {});
    assert.deepEqual(known.conditions({ ...key, name: 'other' }, access, 'sha256:1'), {});
    known.forget(key);
    assert.deepEqual(known.conditions(key, access, 'sha256:1'), {});
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redact } from './redact.ts';

const cases: readonly { readonly given: string; readonly secrets?: readonly string[]; readonly want: string }[] = [
  { given: 'get https://user:pass@host/x failed', want: 'get https://*****@host/x failed' },
  { given: 'https://ghp_token@host/x', want: 'https://*****@host/x' },
  { given: 'https://a:b@c@host/x', want: 'https://*****@host/x' },
  { given: 'ssh://git@host:22/x.git', want: 'ssh://git@host:22/x.git' },
  { given: 'ssh://git:pass@host/x.git', want: 'ssh://git:*****@host/x.git' },
  { given: 'https://host/x@y and a@b.c', want: 'https://host/x@y and a@b.c' },
  { given: 'Authorization: Basic dXNlcjpwYXNz', want: 'Authorization: Basic *****' },
  { given: '{"authorization":"Bearer abc.def"}', want: '{"authorization":"Bearer *****"}' },
  { given: 'authorization: secret-token', want: 'authorization: *****' },
  { given: 'sent Bearer eyJhbGciOiJSUzI1NiJ9.e30.abc', want: 'sent Bearer *****' },
  { given: 'basic authentication required', want: 'basic authentication required' },
  { given: 'https://h/x?a=1&access_token=abc&b=2', want: 'https://h/x?a=1&access_token=*****&b=2' },
  { given: 'the password is hunter2', secrets: ['hunter2'], want: 'the password is *****' },
  { given: 'YS9iK2M= a%2Fb%2Bc a/b+c', secrets: ['a/b+c'], want: '***** ***** *****' },
  { given: 'said "two\\nlines"', secrets: ['two\nlines\n'], want: 'said "*****"' },
  { given: 'longer first', secrets: ['', 'long', 'longer'], want: '***** first' },
];

test('no credential stays', () => {
  for (const { given, secrets, want } of cases) assert.equal(redact(given, secrets), want);
});

test('takes time linear in the text', () => {
  const start = process.cpuUsage();
  for (const part of ['a', '://', 'authorization ', 'bearer ', '?token=', '@', 'a:']) redact(part.repeat(200_000));
  const { user } = process.cpuUsage(start);
  assert.ok(user < 5_000_000, `${user} µs`);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiError, TransportError } from './errors.ts';
import { retryAfterSeconds, retryDelay } from './retry.ts';

const get = { method: 'GET', idempotent: true };
const apply = { method: 'PATCH', idempotent: true };
const create = { method: 'POST', idempotent: false };

function status(code: number, retryAfter?: number): ApiError {
  return new ApiError({
    status: code,
    reason: '',
    message: 'x',
    ...(retryAfter === undefined ? {} : { details: { retryAfterSeconds: retryAfter } }),
  });
}
const refused = new TransportError('x', { code: 'ECONNREFUSED', unsent: true });
const reset = new TransportError('x', { code: 'ECONNRESET' });

const cases: readonly {
  name: string;
  error: unknown;
  traits: typeof get;
  attempt?: number;
  want: number | undefined;
}[] = [
  { name: '429 that says when, even of a create', error: status(429, 2), traits: create, want: 2_000 },
  { name: '503 that says when, even of a create', error: status(503, 1), traits: create, want: 1_000 },
  { name: '429 that asks for longer than anybody waits', error: status(429, 31), traits: get, want: undefined },
  {
    name: '429 that says when, for the eleventh time',
    error: status(429, 1),
    traits: get,
    attempt: 11,
    want: undefined,
  },
  { name: '429 without a word', error: status(429), traits: create, want: 50 },
  { name: '500 of a read', error: status(500), traits: get, want: 50 },
  { name: '500 of an apply (a webhook that fails)', error: status(500), traits: apply, want: undefined },
  { name: '502 of an apply', error: status(502), traits: apply, attempt: 2, want: 100 },
  { name: '503 of a create', error: status(503), traits: create, want: undefined },
  { name: '504 of a read', error: status(504), traits: get, want: 50 },
  { name: '504 of an apply (a webhook that is slow)', error: status(504), traits: apply, want: undefined },
  { name: '503 for the fifth time', error: status(503), traits: get, attempt: 5, want: undefined },
  { name: '404', error: status(404), traits: get, want: undefined },
  { name: '409', error: status(409, 1), traits: get, want: undefined },
  { name: '422', error: status(422), traits: apply, want: undefined },
  { name: 'a refused connection, even of a create', error: refused, traits: create, want: 50 },
  { name: 'a refused connection for the fifth time', error: refused, traits: get, attempt: 5, want: undefined },
  { name: 'a reset of a read', error: reset, traits: get, want: 50 },
  { name: 'a reset of an apply', error: reset, traits: apply, want: 50 },
  { name: 'a reset of a create', error: reset, traits: create, want: undefined },
  {
    name: 'a certificate that does not verify',
    error: new TransportError('x', { code: 'SELF_SIGNED_CERT_IN_CHAIN', unsent: true }),
    traits: get,
    want: undefined,
  },
  {
    name: 'an answer that is too large',
    error: new TransportError('x', { code: 'TooLarge' }),
    traits: get,
    want: undefined,
  },
  {
    name: 'an answer that is no JSON',
    error: new TransportError('x', { code: 'BadAnswer' }),
    traits: get,
    want: undefined,
  },
  { name: 'an aborted call', error: new DOMException('x', 'AbortError'), traits: get, want: undefined },
];

describe('retryDelay', () => {
  for (const { name, error, traits, attempt = 1, want } of cases) {
    test(name, () =>
      assert.equal(
        retryDelay(error, traits, attempt, () => 0),
        want,
      ),
    );
  }

  test('never exceeds its bound by jitter', () => {
    for (let attempt = 1; attempt <= 4; attempt++) {
      const delay = retryDelay(status(429), get, attempt, () => 0.999);
      assert.ok(delay !== undefined && delay <= 3_000);
    }
  });
});

describe('retryAfterSeconds', () => {
  for (const [header, want] of [
    ['1', 1],
    [['2', '3'], 2],
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-1', undefined],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  ] as const) {
    test(JSON.stringify(header) ?? 'absent', () => assert.equal(retryAfterSeconds(header as string), want));
  }
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiError, isConflict, isForbidden, isNoMatch, isNotFound, NoMatchError } from './errors.ts';

function error(status: number, reason = '', message = 'x'): ApiError {
  return new ApiError({ status, reason, message });
}

describe('ApiError', () => {
  // k8s.io/apimachinery pkg/api/errors: by reason, by code only where the reason is unknown.
  const cases: readonly {
    name: string;
    given: ApiError;
    is: readonly (keyof ApiError)[];
    not?: readonly (keyof ApiError)[];
  }[] = [
    { name: 'by reason', given: error(404, 'NotFound'), is: ['isNotFound'] },
    { name: 'by code without a reason', given: error(404), is: ['isNotFound'] },
    { name: 'by code with a reason of its own', given: error(404, 'Elsewhere'), is: ['isNotFound'] },
    { name: 'not by code against a known reason', given: error(404, 'Gone'), is: ['isExpired'], not: ['isNotFound'] },
    {
      name: 'AlreadyExists is no conflict',
      given: error(409, 'AlreadyExists'),
      is: ['isAlreadyExists'],
      not: ['isConflict'],
    },
    { name: '409 is a conflict', given: error(409), is: ['isConflict', 'isImmutable'], not: ['isAlreadyExists'] },
    { name: '410 is expired', given: error(410, 'Expired'), is: ['isExpired'] },
    { name: '422 is invalid, so perhaps immutable', given: error(422, 'Invalid'), is: ['isInvalid', 'isImmutable'] },
    {
      name: 'a webhook may call a field immutable',
      given: error(403, 'Forbidden', 'spec.x: field is immutable'),
      is: ['isForbidden', 'isImmutable'],
    },
    { name: '429 by code alone', given: error(429, 'NotFound'), is: ['isTooManyRequests', 'isNotFound'] },
    { name: 'a timeout', given: error(504, 'Timeout'), is: ['isTimeout'] },
    { name: 'another timeout', given: error(500, 'ServerTimeout'), is: ['isTimeout'], not: ['isInternalError'] },
  ];
  for (const { name, given, is, not = [] } of cases) {
    test(name, () => {
      for (const predicate of is) assert.equal(given[predicate], true, predicate);
      for (const predicate of not) assert.equal(given[predicate], false, predicate);
    });
  }

  test('is told from others by functions', () => {
    assert.ok(isNotFound(error(404)));
    assert.ok(isConflict(error(409)));
    assert.ok(isForbidden(error(403)));
    assert.ok(isNoMatch(new NoMatchError({ group: '', version: 'v1', kind: 'X' })));
    for (const other of [undefined, null, 'x', new Error('x'), { status: 404 }]) {
      assert.ok(!isNotFound(other) && !isConflict(other) && !isForbidden(other) && !isNoMatch(other));
    }
  });
});

describe('NoMatchError', () => {
  // k8s.io/apimachinery meta.NoKindMatchError.
  test('has the text of the original', () => {
    const gvk = { group: 'example.com', version: 'v1', kind: 'Widget' };
    assert.equal(new NoMatchError(gvk).message, 'no matches for kind "Widget" in version "example.com/v1"');
    assert.equal(new NoMatchError({ ...gvk, group: '' }).message, 'no matches for kind "Widget" in version "v1"');
  });
});

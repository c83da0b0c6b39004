import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { apiErrorOf, genericApiError } from './api-status.ts';

describe('apiErrorOf', () => {
  test('keeps the message word for word, and every detail', () => {
    const got = apiErrorOf(
      {
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        message: 'Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas',
        reason: 'Conflict',
        code: 409,
        details: {
          name: 'a',
          group: 'apps',
          kind: 'deployments',
          uid: 'u',
          causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "kubectl"', field: '.spec.replicas' }],
          retryAfterSeconds: 2,
        },
      },
      409,
    );
    assert.equal(got?.message, 'Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas');
    assert.equal(got.isFieldManagerConflict, true);
    assert.equal(got.retryAfterMs, 2_000);
    assert.deepEqual(got.details?.causes, [
      { type: 'FieldManagerConflict', message: 'conflict with "kubectl"', field: '.spec.replicas' },
    ]);
  });

  test('takes code and Retry-After from the answer where the Status has none', () => {
    const got = apiErrorOf({ kind: 'Status', status: 'Failure' }, 503, 4);
    assert.equal(got?.status, 503);
    assert.equal(got.retryAfterMs, 4_000);
    assert.equal(got.message, 'the server responded with the status code 503 but did not return more information');
  });

  for (const value of [undefined, null, [], 'x', {}, { kind: 'Pod' }, { kind: 'Status', status: 'Success' }]) {
    test(`${JSON.stringify(value)} is none`, () => assert.equal(apiErrorOf(value, 400), undefined));
  }
});

describe('genericApiError', () => {
  const about = { resource: 'widgets.example.com', name: 'a' };
  // Texts of k8s.io/apimachinery v0.36, NewGenericServerResponse.
  const cases: readonly { given: Parameters<typeof genericApiError>[0]; reason: string; message: string }[] = [
    {
      given: { status: 404, method: 'GET', text: '404 page not found\n', ...about },
      reason: 'NotFound',
      message: 'the server could not find the requested resource (get widgets.example.com a)',
    },
    {
      given: { status: 404, method: 'GET', text: '404 page not found' },
      reason: 'NotFound',
      message: 'the server could not find the requested resource',
    },
    { given: { status: 403, method: 'GET', text: 'go away' }, reason: 'Forbidden', message: 'go away' },
    {
      given: { status: 409, method: 'POST', text: 'x' },
      reason: 'AlreadyExists',
      message: 'the server reported a conflict',
    },
    {
      given: { status: 409, method: 'PATCH', text: 'x' },
      reason: 'Conflict',
      message: 'the server reported a conflict',
    },
    {
      given: { status: 502, method: 'GET', text: '<h1>Bad "Gateway"</h1>', resource: 'pods' },
      reason: 'InternalError',
      message:
        'an error on the server ("<h1>Bad \\"Gateway\\"</h1>") has prevented the request from succeeding (get pods)',
    },
    {
      given: { status: 500, method: 'GET', text: undefined },
      reason: 'InternalError',
      message: 'an error on the server ("unknown") has prevented the request from succeeding',
    },
    {
      given: { status: 418, method: 'GET', text: 'tea' },
      reason: '',
      message: 'the server responded with the status code 418 but did not return more information',
    },
  ];
  for (const { given, reason, message } of cases) {
    test(message, () => {
      const got = genericApiError(given);
      assert.deepEqual([got.reason, got.message, got.status], [reason, message, given.status]);
      assert.ok(got.hasCause('UnexpectedServerResponse'));
    });
  }

  test('quotes no more than 2 KiB of a page', () => {
    assert.ok(genericApiError({ status: 500, method: 'GET', text: 'x'.repeat(1e6) }).message.length < 2_200);
  });
});

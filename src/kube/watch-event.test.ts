import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isRawJson } from '../lib/json.ts';
import { ApiError, TransportError } from './errors.ts';
import { parseWatchEvent } from './watch-event.ts';

describe('parseWatchEvent', () => {
  test('reads the three changes', () => {
    for (const type of ['ADDED', 'MODIFIED', 'DELETED'] as const) {
      const object = {
        apiVersion: 'v1',
        kind: 'X',
        metadata: { name: 'a', resourceVersion: '3' },
        unknown: { kept: 1 },
      };
      assert.deepEqual(parseWatchEvent(JSON.stringify({ type, object })), { type, object });
    }
  });

  test('keeps integers beyond 2^53', () => {
    const event = parseWatchEvent('{"type":"ADDED","object":{"metadata":{"name":"a"},"n":12345678901234567890}}');
    assert.ok(event?.type === 'ADDED');
    assert.ok(isRawJson((event.object as unknown as { n: unknown }).n));
    assert.match(JSON.stringify(event.object), /12345678901234567890/);
  });

  const bookmarks: readonly { name: string; metadata: object; version: string; end: boolean }[] = [
    { name: 'a bookmark', metadata: { resourceVersion: '7' }, version: '7', end: false },
    {
      name: 'the end of the first list',
      metadata: { resourceVersion: '8', annotations: { 'k8s.io/initial-events-end': 'true' } },
      version: '8',
      end: true,
    },
    { name: 'a bookmark without a version', metadata: {}, version: '', end: false },
  ];
  for (const { name, metadata, version, end } of bookmarks) {
    test(`reads ${name}`, () => {
      const line = JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Pod', metadata } });
      assert.deepEqual(parseWatchEvent(line), { type: 'BOOKMARK', resourceVersion: version, initialEnd: end });
    });
  }

  test('reads an error', () => {
    const object = { kind: 'Status', status: 'Failure', code: 410, reason: 'Expired', message: 'too old' };
    const event = parseWatchEvent(JSON.stringify({ type: 'ERROR', object }));
    assert.ok(event?.type === 'ERROR');
    assert.ok(event.error instanceof ApiError);
    assert.ok(event.error.isExpired);
    assert.equal(event.error.message, 'too old');
  });

  test('passes over event types of later servers', () => {
    assert.equal(parseWatchEvent('{"type":"PROGRESS","object":{}}'), undefined);
  });

  for (const line of [
    '',
    'null',
    '[]',
    '3',
    '{}',
    '{"type":"ADDED"}',
    '{"type":"ADDED","object":{}}',
    '{"type":"ADDED"',
    '<html>',
    '{"type":"ERROR","object":{"metadata":{}}}',
    '{"type":5,"object":{"metadata":{}}}',
    '{"type":"BOOKMARK","object":[]}',
  ]) {
    test(`refuses ${JSON.stringify(line)}`, () => {
      assert.throws(() => parseWatchEvent(line), TransportError);
    });
  }

  test('throws nothing but TransportError, whatever comes', () => {
    const any = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ type: fc.constantFrom('ADDED', 'BOOKMARK', 'ERROR', 'x'), object: fc.jsonValue() })
        .map((v) => JSON.stringify(v)),
    );
    fc.assert(
      fc.property(any, (line) => {
        try {
          parseWatchEvent(line);
        } catch (error) {
          assert.ok(error instanceof TransportError);
        }
      }),
      { seed: 3, numRuns: 1_000 },
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { eventBody } from '../event.ts';
import { BadEvent, decodeEvent } from './decode-event.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const decoded = (value: unknown) => decodeEvent(bytes(JSON.stringify(value)));

/** As fluxcd/pkg runtime/events posts it from kustomize-controller 1.9. */
const posted = {
  involvedObject: {
    kind: 'Kustomization',
    namespace: 'apps',
    name: 'app',
    uid: '6f3b6a5e-1',
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    resourceVersion: '321',
  },
  severity: 'info',
  timestamp: '2026-01-02T03:04:05Z',
  message: 'ConfigMap/apps/one created',
  reason: 'Progressing',
  metadata: {
    'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:0123',
    'kustomize.toolkit.fluxcd.io/checksum': 'c0ffee',
    'kustomize.toolkit.fluxcd.io/Digest': 'sha256:c0ffee',
    'event.toolkit.fluxcd.io/team': 'blue',
    'other.example.com/key': 'x',
    bare: 'y',
  },
  reportingController: 'kustomize-controller',
  reportingInstance: 'kustomize-controller-5d9f',
};

describe('decodeEvent', () => {
  it('takes what the controllers of Flux post, and leaves metadata that is for nobody', () => {
    const metadata = {
      'event.toolkit.fluxcd.io/team': 'blue',
      'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:0123',
    };
    assert.deepEqual(decoded(posted), { ...posted, metadata });
    assert.deepEqual(eventBody(decoded(posted)), { ...posted, metadata });
  });

  const lenient = [
    { name: 'an empty object', given: {}, want: { message: '', severity: '', timestamp: '', metadata: {} } },
    { name: 'null', given: null, want: { message: '', reason: '' } },
    {
      name: 'nulls for fields',
      given: { message: null, metadata: null, involvedObject: null, timestamp: null },
      want: { message: '', timestamp: '' },
    },
    { name: 'unknown fields', given: { message: 'm', extra: { a: [1] } }, want: { message: 'm' } },
    { name: 'a severity of another world', given: { severity: 'critical' }, want: { severity: 'critical' } },
    {
      name: 'a time with an offset and a fraction',
      given: { timestamp: '2026-01-02T03:04:05.999999+02:00' },
      want: { timestamp: '2026-01-02T01:04:05Z' },
    },
    {
      name: 'a null in metadata',
      given: { metadata: { 'event.toolkit.fluxcd.io/a': null } },
      want: { metadata: { 'event.toolkit.fluxcd.io/a': '' } },
    },
    { name: 'half a character', given: { message: 'a\ud800b' }, want: { message: 'a\ufffdb' } },
    {
      name: 'templates and markup, as text',
      given: { message: '{{ .Secret }} $(token) <script>' },
      want: { message: '{{ .Secret }} $(token) <script>' },
    },
  ] as const;
  for (const { name, given, want } of lenient) {
    it(`takes ${name}`, () => {
      const event = decoded(given);
      assert.deepEqual({ ...event, ...want }, event);
    });
  }

  const refused = [
    { name: 'nothing', body: '' },
    { name: 'half of an event', body: '{"message":"a' },
    { name: 'something after the event', body: '{} {}' },
    { name: 'a list', body: '[]' },
    { name: 'a text', body: '"event"' },
    { name: 'a message that is a number', body: '{"message":1}' },
    { name: 'metadata that is a list', body: '{"metadata":[]}' },
    { name: 'metadata that is nested', body: '{"metadata":{"event.toolkit.fluxcd.io/a":{"b":"c"}}}' },
    { name: 'an object that is a text', body: '{"involvedObject":"app"}' },
    { name: 'an empty time', body: '{"timestamp":""}' },
    { name: 'a day that there is not', body: '{"timestamp":"2026-13-41T00:00:00Z"}' },
    { name: 'a time that is a number', body: '{"timestamp":1767323045}' },
    { name: 'depth', body: '['.repeat(500_000) },
  ];
  for (const { name, body } of refused) {
    it(`refuses ${name}, and does not repeat it`, () => {
      assert.throws(
        () => decodeEvent(bytes(body)),
        (error) => {
          assert.ok(error instanceof BadEvent);
          assert.ok(error.message.length < 60);
          return true;
        },
      );
    });
  }

  it('lets no key reach the prototype of anything', () => {
    const event = decodeEvent(
      bytes('{"__proto__":{"message":"x"},"metadata":{"__proto__":"y","event.toolkit.fluxcd.io/__proto__":"z"}}'),
    );
    assert.equal(event.message, '');
    assert.deepEqual(Object.keys(event.metadata), ['event.toolkit.fluxcd.io/__proto__']);
  });

  it('gives an event or refuses, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map(bytes),
          fc.object().map((value) => bytes(JSON.stringify({ ...posted, ...value }))),
        ),
        (body) => {
          try {
            const event = decodeEvent(body);
            assert.equal(typeof event.message, 'string');
            assert.ok(Object.values(event.metadata).every((value) => typeof value === 'string'));
          } catch (error) {
            assert.ok(error instanceof BadEvent, String(error));
          }
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });
});

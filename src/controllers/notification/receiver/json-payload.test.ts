import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { jsonPayload } from './json-payload.ts';
import { CallRefused } from './webhook-call.ts';

const shape = { name: 'string', tags: 'strings', inner: { tag: 'string' } } as const;
const read = (text: string) => jsonPayload(Buffer.from(text), shape, 'X');

describe('jsonPayload', () => {
  const accepted: readonly (readonly [string, string, unknown])[] = [
    ['all', '{"name":"a","tags":["b"],"inner":{"tag":"c"}}', { name: 'a', tags: ['b'], inner: { tag: 'c' } }],
    ['nothing', '{}', { name: '', tags: [], inner: { tag: '' } }],
    ['null', 'null', { name: '', tags: [], inner: { tag: '' } }],
    ['nulls', '{"name":null,"tags":null,"inner":null}', { name: '', tags: [], inner: { tag: '' } }],
    ['more', '{"more":1,"__proto__":{"name":"x"}}', { name: '', tags: [], inner: { tag: '' } }],
  ];
  for (const [name, text, want] of accepted) it(`takes ${name}`, () => assert.deepEqual(read(text), want));

  for (const text of [
    '',
    '[]',
    '1',
    '"x"',
    '{',
    '{"name":1}',
    '{"tags":"x"}',
    '{"tags":[1]}',
    '{"inner":[]}',
    '{"inner":{"tag":{}}}',
  ]) {
    it(`refuses ${text === '' ? 'nothing at all' : text}`, () => assert.throws(() => read(text), CallRefused));
  }

  it('gives what was asked for, or refuses, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          const { name, tags, inner } = read(text);
          assert.ok(typeof name === 'string' && Array.isArray(tags) && typeof inner.tag === 'string');
        } catch (error) {
          assert.ok(error instanceof CallRefused);
        }
      }),
    );
  });
});

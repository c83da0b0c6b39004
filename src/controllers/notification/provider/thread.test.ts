import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { beginThread } from './thread.ts';

const cases: readonly {
  name: string;
  answer: string;
  path?: readonly string[];
  root?: string;
  want: readonly string[];
}[] = [
  { name: 'an id', answer: '{"ts":"1.2"}', want: ['1.2'] },
  { name: 'a number', answer: '{"result":{"message_id":7}}', path: ['result', 'message_id'], want: ['7'] },
  { name: 'nothing when it has begun', answer: '{"ts":"1.3"}', root: '1.2', want: [] },
  { name: 'no id', answer: '{"ok":true}', want: [] },
  { name: 'an empty id', answer: '{"ts":""}', want: [] },
  { name: 'an id that is a list', answer: '{"ts":["1"]}', want: [] },
  { name: 'an endless id', answer: JSON.stringify({ ts: 'x'.repeat(301) }), want: [] },
  { name: 'no JSON', answer: 'ok', want: [] },
  { name: 'a member of every object', answer: '{}', path: ['constructor', 'name'], want: [] },
];

describe('beginThread', () => {
  for (const { name, answer, path = ['ts'], root, want } of cases) {
    it(`remembers: ${name}`, () => {
      const begun: string[] = [];
      beginThread({ key: 'k', root, begin: (id) => begun.push(id) }, answer, path);
      assert.deepEqual(begun, want);
    });
  }

  it('needs a thread', () => {
    assert.doesNotThrow(() => beginThread(undefined, '{"ts":"1"}', ['ts']));
  });
});

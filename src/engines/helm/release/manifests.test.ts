import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { splitManifests } from './manifests.ts';

/** What Helm uses, which takes long where spaces are many. */
function byExpression(content: string): readonly string[] {
  return content
    .replace(/^[\s\u0085]+/, '')
    .split(/(?:^|[ \t\n\f\r]*\n)---[ \t\n\f\r]*/)
    .filter((document) => document.replace(/^[\s\u0085]+/, '') !== '')
    .map((document) => document.replace(/^[\s\u0085]+/, ''));
}

describe('splitManifests', () => {
  const cases: readonly (readonly [name: string, content: string, documents: readonly string[]])[] = [
    ['nothing', '', []],
    ['spaces', ' \n\t\n', []],
    ['one document', 'a: 1\n', ['a: 1\n']],
    ['dashes first', '---\na: 1\n---\nb: 2\n', ['a: 1', 'b: 2\n']],
    ['spaces around the dashes', 'a: 1  \n\n---  \n\n b: 2', ['a: 1', 'b: 2']],
    ['text after the dashes', 'a: 1\n---b: 2', ['a: 1', 'b: 2']],
    ['dashes within a line', 'a: 1 ---\nb: 2', ['a: 1 ---\nb: 2']],
    ['dashes twice: the second is content', '---\n---\na: 1', ['---\na: 1']],
    ['empty documents', 'a: 1\n---\n \n---\nb: 2', ['a: 1', '---\nb: 2']],
    ['an unusual space', '\u0085a: 1\n---\n\u00a0b: 2', ['a: 1', 'b: 2']],
  ];
  for (const [name, content, documents] of cases)
    it(name, () => {
      assert.deepEqual(splitManifests(content), documents);
      assert.deepEqual(byExpression(content), documents);
    });

  it('is the same as with an expression for any text', () => {
    const parts = fc.array(fc.constantFrom('---', '\n', ' ', '\t', 'a: 1', '\u0085', '\u00a0', '-', '\r\n', '\v'));
    const check = (text: readonly string[]): void =>
      assert.deepEqual(splitManifests(text.join('')), byExpression(text.join('')));
    fc.assert(fc.property(parts, check), { seed: 6, numRuns: 2000 });
  });

  it('takes time in proportion to the spaces', () => {
    assert.equal(splitManifests(`a: 1${' '.repeat(1 << 20)}b`).length, 1);
  });
});

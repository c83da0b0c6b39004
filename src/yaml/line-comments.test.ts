import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fieldNames, keyIndex } from './fields.ts';
import { parseNodes } from './parse-nodes.ts';

/** The comments of the keys at the top of a document. */
function comments(text: string): Record<string, string> {
  const [node] = parseNodes(text);
  assert.ok(node !== undefined);
  return Object.fromEntries(
    fieldNames(node).map((name) => [name, node.content[keyIndex(node, name)]?.comment ?? 'no key']),
  );
}

describe('comments that are JSON', () => {
  it('belong to the key of their line', () => {
    assert.deepEqual(comments('a: # {"x": 1}\n- b\nc: [d] #{"y": 2} more\ne:\n- f\n'), {
      a: '{"x": 1}',
      c: '{"y": 2}',
      e: '',
    });
  });

  it('are not those of scalars, anchors and texts', () => {
    const text = 'a: b # {"x": 1}\nc: &d # {"x": 1}\n- e\nf: |\n  g: # {"x": 1}\n';
    assert.deepEqual(comments(text), { a: '', c: '', f: '' });
  });

  it('are found in every document, with lines counted from the first', () => {
    const [, second] = parseNodes('a: 1\n---\nb: # {"x": 1}\n- c\n', { firstLine: 10 });
    assert.equal(second?.content[0]?.comment, '{"x": 1}');
  });
});

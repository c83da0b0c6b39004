import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emitNode } from './emit-node.ts';
import { parseNodes } from './parse-nodes.ts';

/** Each text is what kyaml v0.21.2 makes of itself (yaml.Parse and RNode.String). */
const unchanged: readonly string[] = [
  'a: 1\nb:\n- x\n- y: 2\n  z: []\nc: {}\n',
  'a: \'single\'\nb: "double"\nc: |\n  lit\n  eral\nd: >-\n  folded text\ne: |+\n  x\n\nf: end\n',
  'a: {b: c, d: [1, two, "3"], e: {}}\n',
  '- - 1\n  - 2\n- a: b\n',
  'a: !!str 5\nb: !custom x\n',
  'key: value\n"yes": on\n"1": x\n',
];

const changed: readonly (readonly [given: string, want: string])[] = [
  ['a:\n  - 1\n  - 2 # comment\n', 'a:\n- 1\n- 2\n'],
  ['{a: 1,b: [x,y]}', '{a: 1, b: [x, y]}\n'],
  ["a: 'it''s'\n", "a: 'it''s'\n"],
  ['a: "x\\ty"\n', 'a: "x\\ty"\n'],
];

test('a tree is written with its styles', () => {
  for (const text of unchanged)
    assert.equal(
      parseNodes(text)
        .map((node) => emitNode(node))
        .join('---\n'),
      text,
    );
  for (const [given, want] of changed)
    assert.equal(
      parseNodes(given)
        .map((node) => emitNode(node))
        .join('---\n'),
      want,
    );
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { memoryTree } from '../lib/memory-tree.ts';
import { CommitTrees } from './commit-trees.ts';

it('kept trees stay below their bound, and the one that was used last stays longest', () => {
  const trees = new CommitTrees(10);
  const tree = memoryTree({});
  trees.add('a', { tree, bytes: 4 });
  trees.add('b', { tree, bytes: 4 });
  assert.equal(trees.get('a'), tree);
  trees.add('c', { tree, bytes: 4 });
  trees.add('huge', { tree, bytes: 11 });
  assert.deepEqual(
    ['a', 'b', 'c', 'huge'].map((key) => trees.get(key) !== undefined),
    [true, false, true, false],
  );
});

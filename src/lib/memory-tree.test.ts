import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryTree } from './memory-tree.ts';

const tree = memoryTree({ 'b/c.txt': 'see', './a.txt': new Uint8Array([1]), 'B.txt': '', '__proto__/x': 'y' }, [
  'empty/deep',
]);

test('tells files, folders and what is not there', () => {
  const paths = [
    '',
    '.',
    'a.txt',
    'b',
    'b/',
    'b/../a.txt',
    'empty/deep',
    'x',
    'a.txt/x',
    '..',
    '../a.txt',
    '/a.txt',
    '__proto__',
    'constructor',
  ];
  assert.deepEqual(
    paths.map((path) => tree.stat(path)),
    [
      'dir',
      'dir',
      'file',
      'dir',
      'dir',
      'file',
      'dir',
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      'dir',
      undefined,
    ],
  );
});

test('reads files only', () => {
  assert.deepEqual(tree.readFile('b/c.txt'), new TextEncoder().encode('see'));
  assert.deepEqual(tree.readFile('a.txt'), new Uint8Array([1]));
  assert.equal(tree.readFile('b'), undefined);
  assert.equal(tree.readFile('nope'), undefined);
});

test('lists sorted by code unit', () => {
  assert.deepEqual(
    tree.list('.')?.map((entry) => entry.name),
    ['B.txt', '__proto__', 'a.txt', 'b', 'empty'],
  );
  assert.deepEqual(tree.list('empty'), [{ name: 'deep', type: 'dir' }]);
  assert.deepEqual(tree.list('empty/deep'), []);
  assert.equal(tree.list('a.txt'), undefined);
});

test('refuses files outside itself or below a file', () => {
  assert.throws(() => memoryTree({ '../x': '' }), RangeError);
  assert.throws(() => memoryTree({ '/x': '' }), RangeError);
  assert.throws(() => memoryTree({ x: '', 'x/y': '' }), RangeError);
});

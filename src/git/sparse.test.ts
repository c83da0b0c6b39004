import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkSparseDirectories, sparseSelection } from './sparse.ts';

describe('sparseSelection', () => {
  const cases: readonly { name: string; given: readonly string[] | undefined; yes: string[]; no: string[] }[] = [
    { name: 'nothing selects everything', given: undefined, yes: ['a', 'b/c'], no: [] },
    { name: 'an empty list selects everything', given: [], yes: ['a', 'b/c'], no: [] },
    { name: 'a folder', given: ['a/b'], yes: ['a/b/c', 'a/b/d/e'], no: ['a', 'a/c', 'x/a/b/c'] },
    {
      name: 'a text that the path begins with, as go-git has it',
      given: ['a'],
      yes: ['a/x', 'ab/x', 'a.txt'],
      no: ['b/a'],
    },
    { name: 'a leading dot', given: ['./a'], yes: ['a/x'], no: ['b'] },
    { name: 'a trailing slash', given: ['a/'], yes: ['a/x'], no: ['ab/x', 'a.txt'] },
    { name: 'only a dot and a slash', given: ['./'], yes: ['a', 'b/c'], no: [] },
  ];
  for (const { name, given, yes, no } of cases) {
    it(name, () => {
      const selection = sparseSelection(given);
      for (const path of yes) {
        assert.ok(selection.includes(path), path);
        for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
          assert.ok(selection.mayContain(path.slice(0, at)), path.slice(0, at));
        }
      }
      for (const path of no) {
        assert.ok(!selection.includes(path), path);
      }
    });
  }
});

describe('checkSparseDirectories', () => {
  const files = [{ path: 'a/b/c' }, { path: 'd.txt' }];
  for (const given of [['a'], ['./a/b/'], ['a/../a/b/c'], ['d.txt'], ['.', ''], []]) {
    it(`takes ${JSON.stringify(given)}`, () => assert.doesNotThrow(() => checkSparseDirectories(given, files)));
  }
  for (const given of [['nowhere'], ['a', 'x'], ['a/b/c/d'], ['d']]) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      assert.throws(() => checkSparseDirectories(given, files), { code: 'SparseDirectoryNotFound' });
    });
  }
  it('takes the root of an empty repository', () => assert.doesNotThrow(() => checkSparseDirectories(['.'], [])));
});

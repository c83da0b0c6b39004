import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sha256Hex } from './hash.ts';
import { memoryTree } from './memory-tree.ts';
import { answersTo, type DigestedTree, TracedTree } from './traced-tree.ts';

type Files = Readonly<Record<string, string>>;

function digested(files: Files, emptyDirs: readonly string[] = []): DigestedTree {
  const tree = memoryTree(files, emptyDirs);
  return {
    ...tree,
    digestOf(path) {
      const bytes = tree.readFile(path);
      return bytes === undefined ? undefined : sha256Hex(bytes);
    },
  };
}

/** Whether somebody who looked at `before` as `look` does would see the same in `after`. */
function same(look: (tree: TracedTree) => void, before: Files, after: Files): boolean {
  const traced = new TracedTree(digested(before));
  look(traced);
  return answersTo(traced.looks, digested(before)) === answersTo(traced.looks, digested(after));
}

describe('TracedTree', () => {
  const before = { 'app/a.yaml': 'a', 'other/b.yaml': 'b' };
  const cases: { name: string; look: (tree: TracedTree) => void; after: Files; same: boolean }[] = [
    { name: 'nothing looked at', look: () => {}, after: {}, same: true },
    {
      name: 'a file read, another changed',
      look: (t) => t.readFile('app/a.yaml'),
      after: { ...before, 'other/b.yaml': 'c' },
      same: true,
    },
    {
      name: 'a file read and changed',
      look: (t) => t.readFile('app/a.yaml'),
      after: { ...before, 'app/a.yaml': 'c' },
      same: false,
    },
    {
      name: 'a file stated and changed',
      look: (t) => t.stat('app/a.yaml'),
      after: { ...before, 'app/a.yaml': 'c' },
      same: true,
    },
    {
      name: 'a file stated and made a directory',
      look: (t) => t.stat('other'),
      after: { 'app/a.yaml': 'a', other: 'b' },
      same: false,
    },
    {
      name: 'a file that was absent',
      look: (t) => t.stat('app/kustomization.yaml'),
      after: { ...before, 'app/kustomization.yaml': '' },
      same: false,
    },
    { name: 'a file that could not be read', look: (t) => t.readFile('x'), after: { ...before, x: '' }, same: false },
    {
      name: 'a file added to a listed directory',
      look: (t) => t.list('app'),
      after: { ...before, 'app/c.yaml': '' },
      same: false,
    },
    {
      name: 'a file below a directory of a listed one',
      look: (t) => t.list(''),
      after: { ...before, 'app/c.yaml': '' },
      same: true,
    },
    {
      name: 'a file gone from a listed directory',
      look: (t) => t.list('app'),
      after: { 'other/b.yaml': 'b' },
      same: false,
    },
    {
      name: 'a directory that was absent',
      look: (t) => t.list('new'),
      after: { ...before, 'new/c.yaml': '' },
      same: false,
    },
  ];
  for (const one of cases) {
    it(`tells ${one.same ? 'no difference' : 'a difference'}: ${one.name}`, () => {
      assert.equal(same(one.look, before, one.after), one.same);
    });
  }

  it('keeps each look once', () => {
    const traced = new TracedTree(digested(before));
    for (const _ of [1, 2]) {
      traced.readFile('app/a.yaml');
      traced.stat('app/a.yaml');
    }
    assert.deepEqual(traced.looks, ['rapp/a.yaml', 'sapp/a.yaml']);
  });

  it('gives equal answers exactly when everything that was read is equal', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'a/a', 'a/b', 'b/c', 'a/b/c');
    const files = fc.dictionary(fc.constantFrom('a/a', 'a/b', 'b/c', 'c', 'a/d/e'), fc.constantFrom('', '1', '2'));
    const looks = fc.array(fc.tuple(fc.constantFrom('stat', 'readFile', 'list'), name), { maxLength: 6 });
    fc.assert(
      fc.property(files, files, looks, (one, other, asked) => {
        const seen = (tree: { stat(p: string): unknown; readFile(p: string): unknown; list(p: string): unknown }) =>
          asked.map(([how, path]) => {
            const found = tree[how as 'stat' | 'readFile' | 'list'](path);
            return found instanceof Uint8Array ? new TextDecoder().decode(found) : found;
          });
        const look = (tree: TracedTree) => void seen(tree);
        let equal = true;
        try {
          assert.deepEqual(seen(memoryTree(one)), seen(memoryTree(other)));
        } catch {
          equal = false;
        }
        assert.equal(same(look, one, other), equal);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

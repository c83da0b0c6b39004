import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GitError } from './errors.ts';
import { parseTree } from './tree.ts';

const oid = '0123456789abcdef0123456789abcdef01234567';

function tree(...entries: readonly (readonly [mode: string, name: string | Uint8Array])[]): Buffer {
  const parts = entries.flatMap(([mode, name]) => [
    Buffer.from(`${mode} `),
    Buffer.from(name),
    Buffer.of(0),
    Buffer.from(oid, 'hex'),
  ]);
  return Buffer.concat(parts);
}

describe('parseTree', () => {
  it('knows every kind of entry', () => {
    const content = tree(
      ['100644', 'a'],
      ['100755', 'b'],
      ['160000', 'c'],
      ['40000', 'd'],
      ['120000', 'e'],
      ['100664', 'f'],
    );
    assert.deepEqual(
      parseTree(content, 'sha1', '').map(({ name, kind }) => `${name} ${kind}`),
      ['a file', 'b executable', 'c commit', 'd tree', 'e link', 'f file'],
    );
    assert.equal(parseTree(content, 'sha1', '')[0]?.oid, oid);
  });

  it('takes the order of bytes, where a folder ends in a slash', () => {
    const content = tree(['100644', 'ä'], ['40000', 'a'], ['100644', 'a.b'], ['100644', 'a0']);
    assert.deepEqual(
      parseTree(content, 'sha1', '').map(({ name }) => name),
      ['a.b', 'a', 'a0', 'ä'],
    );
  });

  it('takes an empty tree', () => assert.deepEqual(parseTree(Buffer.alloc(0), 'sha1', ''), []));

  const bad: readonly { name: string; given: Buffer; code: string }[] = [
    { name: 'a name twice', given: tree(['100644', 'a'], ['100644', 'a']), code: 'UnsafePath' },
    {
      name: 'a file and a folder of one name',
      given: tree(['100644', 'a'], ['100644', 'a.b'], ['40000', 'a']),
      code: 'UnsafePath',
    },
    { name: 'a name that leads out', given: tree(['40000', '..']), code: 'UnsafePath' },
    { name: 'a path as name', given: tree(['100644', 'a/b']), code: 'UnsafePath' },
    { name: 'a .git folder', given: tree(['40000', '.GIT']), code: 'UnsafePath' },
    { name: 'a .gitmodules that is a symlink', given: tree(['120000', '.gitmodules']), code: 'UnsafePath' },
    { name: 'a name that is not UTF-8', given: tree(['100644', Uint8Array.of(0x61, 0xff)]), code: 'UnsafePath' },
    { name: 'an empty name', given: tree(['100644', '']), code: 'UnsafePath' },
    { name: 'an unknown mode', given: tree(['060000', 'a']), code: 'CorruptData' },
    { name: 'a mode that is no number', given: tree(['0x1a4', 'a']), code: 'CorruptData' },
    { name: 'a cut name', given: tree(['100644', 'a']).subarray(0, 8), code: 'CorruptData' },
    { name: 'a cut object name', given: tree(['100644', 'a']).subarray(0, -1), code: 'CorruptData' },
  ];
  for (const { name, given, code } of bad) {
    it(`refuses ${name}`, () => {
      assert.throws(() => parseTree(given, 'sha1', 'dir'), { name: 'GitError', code });
    });
  }

  it('answers any bytes with entries or a GitError', () => {
    const piece = fc.oneof(fc.constantFrom('100644 ', '40000 ', 'a', '\0', '..', '/'), fc.string({ maxLength: 25 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          parseTree(Buffer.from(pieces.join('')), 'sha1', '');
        } catch (error) {
          assert.ok(error instanceof GitError);
        }
      }),
      { seed: 1, numRuns: 3000 },
    );
  });
});

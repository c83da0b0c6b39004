import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseCommit, shortMessage } from './commit.ts';
import { GitError } from './errors.ts';

const oid = 'a'.repeat(40);
const tree = `tree ${'1'.repeat(40)}\n`;
const parent = `parent ${'2'.repeat(40)}\n`;
const people =
  'author Ada L <ada@example.com> 1700000000 +0200\ncommitter Grace <grace@example.com> 1700000060 -0730\n';
const signature = 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n';

function parse(text: string) {
  return parseCommit(oid, Buffer.from(text), 'sha1');
}

describe('parseCommit', () => {
  it('reads people, parents and message', () => {
    const commit = parse(`${tree}${parent}${parent}${people}encoding UTF-8\n\nSubject line\n\nBody\n`);
    assert.equal(commit.tree, '1'.repeat(40));
    assert.deepEqual(commit.parents, ['2'.repeat(40), '2'.repeat(40)]);
    assert.deepEqual(commit.author, {
      name: 'Ada L',
      email: 'ada@example.com',
      seconds: 1_700_000_000,
      timezone: '+0200',
    });
    assert.deepEqual(commit.committer, {
      name: 'Grace',
      email: 'grace@example.com',
      seconds: 1_700_000_060,
      timezone: '-0730',
    });
    assert.equal(commit.message, 'Subject line\n\nBody\n');
    assert.equal(commit.subject, 'Subject line');
    assert.equal(commit.signature, undefined);
  });

  it('keeps the signature, and the bytes that it signs', () => {
    const commit = parse(`${tree}${people}${signature}gpgsig-sha256 x\n y\n\nmessage gpgsig\n`);
    assert.equal(commit.signature, '-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n');
    assert.equal(commit.payload.toString(), `${tree}${people}\nmessage gpgsig\n`);
  });

  it('takes a second tree or parent for what Git takes it: nothing', () => {
    const other = `tree ${'9'.repeat(40)}\n`;
    const commit = parse(`${tree}${people}${other}parent ${'9'.repeat(40)}\n${signature}\n`);
    assert.equal(commit.tree, '1'.repeat(40));
    assert.deepEqual(commit.parents, []);
    assert.ok(commit.payload.includes(other));
  });

  it('takes odd people as they are', () => {
    const commit = parse(`${tree}author nobody\ncommitter <> 99 +0000\n\n`);
    assert.deepEqual(commit.author, { name: 'nobody', email: '', seconds: 0, timezone: '+0000' });
    assert.deepEqual(commit.committer, { name: '', email: '', seconds: 99, timezone: '+0000' });
  });

  const bad: readonly { name: string; given: string }[] = [
    { name: 'nothing', given: '' },
    { name: 'no tree', given: `${people}\nx` },
    { name: 'a tree that is not first', given: `${parent}${tree}${people}\n` },
    { name: 'a tree of another length', given: `tree ${'1'.repeat(64)}\n${people}\n` },
    { name: 'an invalid parent', given: `${tree}parent zz\n${people}\n` },
    { name: 'no author', given: `${tree}\n` },
    { name: 'a line that is no header', given: `${tree}xyz\n${people}\n` },
  ];
  for (const { name, given } of bad) {
    it(`refuses ${name}`, () => assert.throws(() => parse(given), { name: 'GitError', code: 'CorruptData' }));
  }

  it('answers any text with a commit or a GitError', () => {
    const piece = fc.oneof(fc.constantFrom(tree, parent, people, signature, '\n', ' ', 'author '), fc.string());
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        try {
          parse(pieces.join(''));
        } catch (error) {
          assert.ok(error instanceof GitError);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

describe('shortMessage', () => {
  it('cuts after 50 characters, not bytes', () => {
    assert.equal(shortMessage({ subject: 'ü'.repeat(50) }), 'ü'.repeat(50));
    assert.equal(shortMessage({ subject: '😀'.repeat(51) }), `${'😀'.repeat(50)}...`);
  });
});

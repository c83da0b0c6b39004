import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { GitFile } from '../../git/checkout.ts';
import { PathConflict, SourceFiles } from './source-files.ts';

function gitFile(path: string, content = '', mode: GitFile['mode'] = '100644'): GitFile {
  return { path, mode, oid: '', size: content.length, read: () => Buffer.from(content) };
}

function listing(files: SourceFiles): readonly string[] {
  const lines = [...files.entries()].map((entry) =>
    entry.type === 'dir'
      ? `${entry.path}/`
      : `${entry.path}${entry.executable ? '*' : ''}=${Buffer.from(entry.read())}`,
  );
  return lines.sort();
}

describe('SourceFiles', () => {
  let dir = '';
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-files-'));
    await mkdir(join(dir, 'sub/empty'), { recursive: true });
    await writeFile(join(dir, 'sub/file'), 'disk');
    await symlink('/etc/passwd', join(dir, 'sub/link'));
  });
  after(() => rm(dir, { recursive: true, force: true }));

  it('has the files of a commit with their directories, and no symlinks', () => {
    const files = SourceFiles.of([
      gitFile('a/b/c', '1'),
      gitFile('run', '2', '100755'),
      gitFile('l/link', '/etc', '120000'),
    ]);
    assert.deepEqual(listing(files), ['a/', 'a/b/', 'a/b/c=1', 'l/', 'run*=2']);
    assert.deepEqual(
      [files.typeOf('a/b'), files.typeOf('run'), files.typeOf(''), files.typeOf('l/link')],
      ['dir', 'file', 'dir', undefined],
    );
  });

  it('takes directories and files from disk', () => {
    const files = SourceFiles.of([gitFile('taken', 'git')]);
    files.addTree(join(dir, 'sub'), 'to/here');
    files.addFile(join(dir, 'sub/file'), 'taken');
    assert.deepEqual(listing(files), ['taken=disk', 'to/', 'to/here/', 'to/here/empty/', 'to/here/file=disk']);
  });

  for (const [what, add] of [
    ['a directory onto a directory', (files: SourceFiles) => files.addTree(dir, 'a')],
    ['a directory onto a file', (files: SourceFiles) => files.addTree(dir, 'a/file')],
    ['a directory onto the root', (files: SourceFiles) => files.addTree(dir, '')],
    ['a directory below a file', (files: SourceFiles) => files.addTree(dir, 'a/file/below')],
    ['a file onto a directory', (files: SourceFiles) => files.addFile(join(dir, 'sub/file'), 'a')],
  ] as const) {
    it(`refuses ${what}`, () => {
      const files = SourceFiles.of([gitFile('a/file')]);
      assert.throws(() => add(files), PathConflict);
    });
  }

  it('finds rules files, outermost first', () => {
    const files = SourceFiles.of([
      gitFile('b/.sourceignore', '2'),
      gitFile('.sourceignore', '1'),
      gitFile('a/x.sourceignore', ''),
    ]);
    assert.deepEqual(files.ignoreFiles(), [
      { dir: '', text: '1' },
      { dir: 'b', text: '2' },
    ]);
    const huge = SourceFiles.of([gitFile('.sourceignore', 'x'.repeat(1024 * 1024 + 1))]);
    assert.throws(() => huge.ignoreFiles(), RangeError);
  });
});

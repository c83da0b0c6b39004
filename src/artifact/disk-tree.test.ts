import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { diskTree } from './disk-tree.ts';

const server = createServer();
let root = '';

before(async () => {
  const base = await mkdtemp(join(tmpdir(), 'sluice-tree-'));
  root = join(base, 'root');
  await mkdir(join(root, 'dir/sub'), { recursive: true });
  await mkdir(join(base, 'root-sibling'));
  await writeFile(join(base, 'root-sibling/secret'), 'secret');
  await writeFile(join(root, 'dir/b.yaml'), 'b');
  await writeFile(join(root, 'dir/Z'), '');
  await writeFile(join(root, 'large'), Buffer.alloc(101));
  await symlink('dir', join(root, 'link'));
  await symlink('../root-sibling/secret', join(root, 'escape'));
  await symlink('/etc', join(root, 'absolute'));
  await symlink('loop', join(root, 'loop'));
  await symlink('nowhere', join(root, 'dangling'));
  await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve));
});
after(async () => {
  server.close();
  await rm(join(root, '..'), { recursive: true, force: true });
});

describe('diskTree', () => {
  it('reads files and lists directories sorted by name', () => {
    const tree = diskTree(root);
    assert.equal(tree.stat(''), 'dir');
    assert.equal(tree.stat('.'), 'dir');
    assert.equal(tree.stat('dir/b.yaml'), 'file');
    assert.equal(tree.stat('nope'), undefined);
    assert.equal(tree.stat('dir/b.yaml/x'), undefined);
    assert.equal(Buffer.from(tree.readFile('./dir//b.yaml') ?? []).toString(), 'b');
    assert.deepEqual(tree.readFile('dir/Z'), Buffer.alloc(0));
    assert.equal(tree.readFile('dir'), undefined);
    assert.deepEqual(tree.list('dir'), [
      { name: 'Z', type: 'file' },
      { name: 'b.yaml', type: 'file' },
      { name: 'sub', type: 'dir' },
    ]);
    assert.equal(tree.list('dir/b.yaml'), undefined);
  });

  it('follows symlinks inside only, and leaves out what is no file or directory', () => {
    const tree = diskTree(root);
    assert.equal(Buffer.from(tree.readFile('link/b.yaml') ?? []).toString(), 'b');
    for (const path of ['escape', 'absolute', 'absolute/passwd', 'loop', 'dangling', 'socket']) {
      assert.equal(tree.stat(path), undefined, path);
      assert.equal(tree.readFile(path), undefined, path);
      assert.equal(tree.list(path), undefined, path);
    }
    assert.deepEqual(
      tree.list('')?.map((entry) => entry.name),
      ['dir', 'large', 'link'],
    );
  });

  for (const path of [
    '..',
    '../root-sibling/secret',
    'dir/../../root-sibling',
    '/etc/passwd',
    'a\u0000b',
    'link/../../root-sibling/secret',
  ]) {
    it(`answers ${JSON.stringify(path)} as absent`, () => {
      const tree = diskTree(root);
      assert.equal(tree.stat(path), undefined);
      assert.equal(tree.readFile(path), undefined);
    });
  }

  it('takes .. that stays inside', () => assert.equal(diskTree(root).stat('dir/sub/../b.yaml'), 'file'));

  it('refuses a file beyond the limit', () => {
    assert.throws(() => diskTree(root, { maxFileBytes: 100 }).readFile('large'), { code: 'TooLarge' });
  });
});

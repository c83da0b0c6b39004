import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GitFile } from './checkout.ts';
import { checkoutTree } from './checkout-tree.ts';

let reads = 0;

function file(path: string, content: string, mode: GitFile['mode'] = '100644'): GitFile {
  const bytes = Buffer.from(content);
  const read = () => {
    reads += 1;
    return bytes;
  };
  return { path, mode, size: bytes.length, oid: `${path} ${content}`, read };
}
const link = (path: string, target: string) => file(path, target, '120000');

const tree = checkoutTree({
  files: [
    file('a/b/c.yaml', 'c'),
    file('a/d.yaml', 'd'),
    file('run.sh', '#!', '100755'),
    link('to-file', 'a/d.yaml'),
    link('to-dir', './a/b/'),
    link('a/up', '../run.sh'),
    link('a/b/through', '../../to-dir/c.yaml'),
    link('out', '../../etc/passwd'),
    link('a/out', '../../etc'),
    link('absolute', '/etc/passwd'),
    link('loop', 'loop'),
    link('pong', 'ping'),
    link('ping', 'pong'),
    link('long', 'x'.repeat(5000)),
    link('broken', 'nothing'),
    link('root', '.'),
  ],
  emptyFolders: ['sub/module'],
});
const read = (path: string) => {
  const bytes = tree.readFile(path);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
};

describe('a tree over a checkout', () => {
  it('has files and folders', () => {
    assert.equal(tree.stat(''), 'dir');
    assert.equal(tree.stat('a/b'), 'dir');
    assert.equal(tree.stat('sub/module'), 'dir');
    assert.equal(tree.stat('a/b/c.yaml'), 'file');
    assert.equal(read('./a//b/../d.yaml'), 'd');
    assert.equal(read('a'), undefined);
    assert.equal(tree.list('run.sh'), undefined);
    assert.deepEqual(tree.list('a'), [
      { name: 'b', type: 'dir' },
      { name: 'd.yaml', type: 'file' },
      { name: 'up', type: 'file' },
    ]);
    assert.deepEqual(
      tree.list('')?.map(({ name }) => name),
      ['a', 'root', 'run.sh', 'sub', 'to-dir', 'to-file'],
    );
  });

  it('follows links inside', () => {
    assert.equal(read('to-file'), 'd');
    assert.equal(read('to-dir/c.yaml'), 'c');
    assert.equal(read('a/up'), '#!');
    assert.equal(read('a/b/through'), 'c');
    assert.equal(read('root/root/root/to-dir/through'), 'c');
    assert.deepEqual(
      tree.list('to-dir')?.map(({ name }) => name),
      ['c.yaml', 'through'],
    );
  });

  it('has nothing where a path or a link leaves it, or does not end', () => {
    for (const path of ['out', 'a/out', 'a/out/passwd', 'absolute', 'loop', 'ping', 'long', 'broken'])
      assert.equal(tree.stat(path), undefined, path);
    for (const path of ['/', '/a', '..', 'a/../..', '../x', 'a/\0', 'a\\b', '%2e%2e/x', 'run.sh/x', 'run.sh/..'])
      assert.equal(tree.stat(path), undefined, path);
  });

  it('inflates a file once', () => {
    const fresh = checkoutTree({ files: [file('x', 'y')], emptyFolders: [] });
    reads = 0;
    fresh.readFile('x');
    fresh.readFile('x');
    assert.equal(reads, 1);
  });
});

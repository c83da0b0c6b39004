import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Header, pack as tarPack } from 'tar-stream';
import { writeArchive } from './archive.ts';
import { defaultExtractLimits, extractArchive } from './extract.ts';

type Member = Partial<Header> & { readonly name: string; readonly content?: string };

let dir = '';
let count = 0;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-extract-'));
});
after(() => rm(dir, { recursive: true, force: true }));

async function archiveOf(entries: readonly Member[]): Promise<string> {
  const pack = tarPack();
  for (const { content, ...header } of entries) pack.entry(header, content ?? '');
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return fileOf(gzipSync(Buffer.concat(chunks)));
}

async function fileOf(bytes: Uint8Array): Promise<string> {
  const file = join(dir, `${count++}.tar.gz`);
  await writeFile(file, bytes);
  return file;
}

async function target(): Promise<string> {
  const path = join(dir, `${count++}`, 'inner');
  await mkdir(path, { recursive: true });
  return path;
}

describe('extractArchive', () => {
  it('unpacks what writeArchive wrote, read-only, with empty directories', async () => {
    const file = join(dir, 'whole.tar.gz');
    await writeArchive(
      [
        { path: 'a/b.yaml', type: 'file', executable: false, read: () => Buffer.from('b') },
        { path: 'run.sh', type: 'file', executable: true, read: () => Buffer.from('#!') },
        { path: 'empty', type: 'dir' },
      ],
      file,
      { algorithm: 'sha256' },
    );
    const out = await target();
    const { bytes, files, manifest } = await extractArchive(file, out);
    assert.deepEqual({ bytes, files }, { bytes: 3, files: 2 });
    assert.deepEqual(manifest.list(''), [
      { name: 'a', type: 'dir' },
      { name: 'empty', type: 'dir' },
      { name: 'run.sh', type: 'file' },
    ]);
    assert.equal(manifest.digestOf('a/b.yaml'), createHash('sha256').update('b').digest('base64'));
    assert.deepEqual((await readdir(out, { recursive: true })).sort(), ['a', 'a/b.yaml', 'empty', 'run.sh']);
    assert.equal(await readFile(join(out, 'a/b.yaml'), 'utf8'), 'b');
    assert.equal((await stat(join(out, 'a/b.yaml'))).mode & 0o777, 0o444);
    assert.equal((await stat(join(out, 'run.sh'))).mode & 0o777, 0o555);
  });

  it('leaves out symlinks, and so nothing is written through them', async () => {
    const file = await archiveOf([
      { name: 'out', type: 'symlink', linkname: '..' },
      { name: 'out/evil', content: 'x' },
    ]);
    const out = await target();
    await extractArchive(file, out);
    assert.deepEqual(await readdir(out, { recursive: true }), ['out', 'out/evil']);
    assert.deepEqual(await readdir(join(out, '..')), ['inner']);
  });

  const refused: readonly [string, Member][] = [
    ['a path that climbs out', { name: '../evil', content: 'x' }],
    ['a path that climbs out further in', { name: 'a/../../evil', content: 'x' }],
    ['an absolute path', { name: '/evil', content: 'x' }],
    ['a backslash', { name: 'a\\b', content: 'x' }],
    ['a hard link', { name: 'a', type: 'link', linkname: '/etc/passwd' }],
    ['a device', { name: 'a', type: 'character-device', devmajor: 1, devminor: 3 }],
    ['a pipe', { name: 'a', type: 'fifo' }],
    ['an over-long name', { name: 'n'.repeat(300), content: 'x' }],
  ];
  for (const [what, entry] of refused) {
    it(`refuses ${what}`, async () => {
      const out = await target();
      await assert.rejects(extractArchive(await archiveOf([entry]), out), { name: 'ArtifactError', code: 'Refused' });
      assert.deepEqual(await readdir(join(out, '..'), { recursive: true }), ['inner']);
    });
  }

  it('refuses a name that occurs twice, or is a file and a directory', async () => {
    for (const second of ['a', 'a/b']) {
      const file = await archiveOf([
        { name: 'a', content: '1' },
        { name: second, content: '2' },
      ]);
      await assert.rejects(extractArchive(file, await target()), { code: 'Refused' });
    }
  });

  it('stops at each of its limits', async () => {
    const bomb = await archiveOf([{ name: 'zeros', content: '0'.repeat(3_000_000) }]);
    const cases = [{ maxBytes: 1_000_000 }, { maxRatio: 100, ratioFreeBytes: 1_000_000 }];
    for (const limits of cases) {
      const unpacking = extractArchive(bomb, await target(), { limits: { ...defaultExtractLimits, ...limits } });
      await assert.rejects(unpacking, { code: 'TooLarge' });
    }
    const many = await archiveOf(Array.from({ length: 20 }, (_, i) => ({ name: `f${i}`, content: '' })));
    const unpacking = extractArchive(many, await target(), { limits: { ...defaultExtractLimits, maxEntries: 10 } });
    await assert.rejects(unpacking, { code: 'TooLarge' });
  });

  it('tells a damaged archive from others', async () => {
    const good = await readFile(await archiveOf([{ name: 'a', content: 'x'.repeat(10_000) }]));
    const damaged = [
      Buffer.from('not gzip at all'),
      good.subarray(0, good.length - 9),
      gzipSync(Buffer.alloc(600, 'x')),
      Buffer.alloc(0),
    ];
    for (const [i, bytes] of damaged.entries()) {
      await assert.rejects(extractArchive(await fileOf(bytes), await target()), { code: 'Corrupt' }, `damage ${i}`);
    }
  });
});

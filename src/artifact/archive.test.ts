import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { describe, it } from 'node:test';
import { createGunzip } from 'node:zlib';
import { extract as tarExtract } from 'tar-stream';
import { type ArchiveEntry, writeArchive } from './archive.ts';
import { ArtifactError } from './artifact-error.ts';
import { digestFile } from './digest.ts';

function file(path: string, content: string, executable = false): ArchiveEntry {
  return { path, type: 'file', executable, read: () => Buffer.from(content) };
}

async function inTemp<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-archive-'));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Reads with another library than the one under test. */
async function members(path: string): Promise<string[]> {
  const found: string[] = [];
  const extract = tarExtract();
  extract.on('entry', (header, stream, next) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: unknown) => chunks.push(chunk as Buffer));
    stream.on('end', () => {
      const { name, type, mode, uid, gid, mtime, uname, gname } = header;
      const odd =
        uid !== 0 || gid !== 0 || mtime?.getTime() !== 0 || (uname ?? '') !== '' || (gname ?? '') !== '' ? ' !' : '';
      found.push(`${type} ${mode?.toString(8)} ${name} ${Buffer.concat(chunks).toString()}${odd}`);
      next();
    });
  });
  await pipeline(createReadStream(path), createGunzip(), extract);
  return found;
}

describe('writeArchive', () => {
  it('writes entries in the order of a directory walk with levelled modes, owners and times', async () => {
    await inTemp(async (dir) => {
      const out = join(dir, 'a.tar.gz');
      await writeArchive(
        [
          file('a.b', '2'),
          file('a/x', '1', true),
          { path: 'a', type: 'dir' },
          file('Z', ''),
          { path: 'empty', type: 'dir' },
        ],
        out,
        { algorithm: 'sha256' },
      );
      assert.deepEqual(await members(out), [
        'directory 750 . ',
        'file 600 Z ',
        'directory 750 a ',
        'file 700 a/x 1',
        'file 600 a.b 2',
        'directory 750 empty ',
      ]);
    });
  });

  it('gives equal bytes for equal entries in any order, and tells their digest and size', async () => {
    await inTemp(async (dir) => {
      const entries = Array.from({ length: 300 }, (_, i) => file(`d${i % 7}/f${i}`, 'x'.repeat(i * 31)));
      const first = await writeArchive(entries, join(dir, '1'), { algorithm: 'sha256' });
      const second = await writeArchive([...entries].reverse(), join(dir, '2'), { algorithm: 'sha256' });
      assert.deepEqual(second, first);
      assert.deepEqual(await readFile(join(dir, '1')), await readFile(join(dir, '2')));
      assert.equal(first.digest, await digestFile(join(dir, '1'), 'sha256'));
      assert.equal(first.size, (await readFile(join(dir, '1'))).length);
      const sha512 = await writeArchive(entries, join(dir, '3'), { algorithm: 'sha512' });
      assert.match(sha512.digest, /^sha512:[0-9a-f]{128}$/);
      const blake3 = await writeArchive(entries, join(dir, '3'), { algorithm: 'blake3' });
      assert.equal(blake3.digest, await digestFile(join(dir, '3'), 'blake3'));
    });
  });

  it('keeps long and non-ASCII names', async () => {
    await inTemp(async (dir) => {
      const names = [
        'a'.repeat(100),
        'b'.repeat(101),
        `${'c'.repeat(150)}/${'d'.repeat(90)}`,
        'grüße',
        `e/${'ü'.repeat(120)}`,
      ];
      await writeArchive(
        names.map((name) => file(name, name)),
        join(dir, 'x'),
        { algorithm: 'sha256' },
      );
      const found = (await members(join(dir, 'x'))).slice(1);
      assert.deepEqual(found.sort(), names.map((name) => `file 600 ${name} ${name}`).sort());
    });
  });

  for (const path of ['', '/etc/passwd', '../x', 'a/../b', 'a//b', './a', 'a\u0000b', 'a/']) {
    it(`refuses the path ${JSON.stringify(path)}`, async () => {
      await inTemp(async (dir) => {
        const writing = writeArchive([file(path, 'x')], join(dir, 'x'), { algorithm: 'sha256' });
        await assert.rejects(writing, (error) => error instanceof ArtifactError && error.code === 'Refused');
      });
    });
  }

  it('refuses a path that occurs twice, too many entries and too many bytes', async () => {
    await inTemp(async (dir) => {
      const out = join(dir, 'x');
      const twice = writeArchive([file('a', '1'), file('a', '2')], out, { algorithm: 'sha256' });
      await assert.rejects(twice, { code: 'Refused' });
      const limits = { maxBytes: 2000, maxEntries: 2 };
      const many = writeArchive([file('a', ''), file('b', ''), file('c', '')], out, { algorithm: 'sha256', limits });
      await assert.rejects(many, { code: 'TooLarge' });
      const large = writeArchive([file('a', 'x'.repeat(2000))], out, { algorithm: 'sha256', limits });
      await assert.rejects(large, { code: 'TooLarge' });
    });
  });
});

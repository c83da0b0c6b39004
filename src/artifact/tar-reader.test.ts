import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { pack as tarPack } from 'tar-stream';
import { ArtifactError } from './artifact-error.ts';
import { encodeTarHeader, padding } from './tar-header.ts';
import { TarReader } from './tar-reader.ts';

interface Read {
  readonly name: string;
  readonly type: string;
  content: string;
  ended: boolean;
}

function read(bytes: Buffer, pieces: number): Read[] {
  const found: Read[] = [];
  const reader = new TarReader({
    member: ({ name, type }) => found.push({ name, type, content: '', ended: false }),
    content: (piece) => {
      const last = found.at(-1);
      if (last !== undefined) last.content += Buffer.from(piece).toString();
    },
    memberEnd: () => {
      const last = found.at(-1);
      if (last !== undefined) last.ended = true;
    },
  });
  for (let at = 0; at < bytes.length; at += pieces) reader.push(bytes.subarray(at, at + pieces));
  reader.end();
  return found;
}

async function packed(build: (pack: ReturnType<typeof tarPack>) => void): Promise<Buffer> {
  const pack = tarPack();
  build(pack);
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('TarReader', () => {
  for (const pieces of [1, 7, 512, 1000, 1 << 20]) {
    it(`reads what another library wrote, ${pieces} bytes at a time`, async () => {
      const long = `${'x/'.repeat(120)}file`;
      const bytes = await packed((pack) => {
        pack.entry({ name: 'dir', type: 'directory' });
        pack.entry({ name: 'dir/a' }, 'A'.repeat(700));
        pack.entry({ name: long }, 'long');
        pack.entry({ name: 'grüße' }, '');
        pack.entry({ name: 'link', type: 'symlink', linkname: '/etc/passwd' });
        pack.entry({ name: 'hard', type: 'link', linkname: 'dir/a' });
        pack.entry({ name: 'fifo', type: 'fifo' });
      });
      assert.deepEqual(
        read(bytes, pieces).map(({ name, type, content, ended }) => [name, type, content, ended]),
        [
          ['dir', 'dir', '', true],
          ['dir/a', 'file', 'A'.repeat(700), true],
          [long, 'file', 'long', true],
          ['grüße', 'file', '', true],
          ['link', 'symlink', '', true],
          ['hard', 'hardlink', '', true],
          ['fifo', 'other', '', true],
        ],
      );
    });
  }

  it('reads back any names and contents that were written', () => {
    const name = fc.stringMatching(/^[a-zäß ]{1,60}(\/[a-z]{1,90}){0,3}$/);
    fc.assert(
      fc.property(
        fc.array(fc.record({ name, content: fc.string({ maxLength: 1200 }) }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 2000 }),
        (files, pieces) => {
          const blocks = files.flatMap((file) => {
            const content = Buffer.from(file.content.toWellFormed());
            return [
              encodeTarHeader({ name: file.name, type: 'file', mode: 0o600, size: content.length }),
              content,
              padding(content.length),
            ];
          });
          const found = read(Buffer.concat([...blocks, Buffer.alloc(1024)]), pieces);
          assert.deepEqual(
            found.map((member) => [member.name, member.content]),
            files.map((file) => [file.name, file.content.toWellFormed()]),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('says that an archive is cut short, wherever it is cut within a member', () => {
    const content = Buffer.alloc(600, 'x');
    const whole = Buffer.concat([
      encodeTarHeader({ name: 'a', type: 'file', mode: 0o600, size: 600 }),
      content,
      padding(600),
    ]);
    for (const length of [1, 511, 512, 700, 1111, 1300, whole.length - 1]) {
      assert.throws(() => read(whole.subarray(0, length), 97), { code: 'Corrupt' }, `cut at ${length}`);
    }
    assert.equal(read(whole, 97).length, 1);
  });

  it('refuses an extended header of more than 1 MiB without holding it', () => {
    const header = encodeTarHeader({ name: 'x', type: 'file', mode: 0o600, size: 1 << 30 });
    header.write('x', 156, 'latin1');
    fixChecksum(header);
    assert.throws(() => read(header, 512), { code: 'TooLarge' });
  });

  it('never does anything but read or throw an ArtifactError on damaged archives', () => {
    const good = Buffer.concat([
      encodeTarHeader({ name: 'ü'.repeat(80), type: 'file', mode: 0o600, size: 10 }),
      Buffer.alloc(512, 'y'),
      encodeTarHeader({ name: 'b', type: 'dir', mode: 0o700, size: 0 }),
    ]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.boolean(),
        (damage, repair) => {
          const bytes = Buffer.from(good);
          for (const [at, value] of damage) bytes[at] = value;
          if (repair) for (let at = 0; at + 512 <= bytes.length; at += 512) fixChecksum(bytes.subarray(at, at + 512));
          try {
            read(bytes, 100);
          } catch (error) {
            assert.ok(error instanceof ArtifactError, String(error));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

function fixChecksum(header: Buffer): void {
  header.write('        ', 148, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
}

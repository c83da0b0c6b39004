import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { git, gitEnvironment } from '../../test/gitserver/git.ts';
import { Repository } from '../../test/gitserver/repository.ts';
import { GitError } from './errors.ts';
import { defaultLimits } from './limits.ts';
import { hashObject } from './oid.ts';
import { Pack } from './pack.ts';

const blobType = 3;
const ofsDeltaType = 6;
const refDeltaType = 7;

/** The head of an entry below 16 bytes, or with one more byte of size. */
function head(type: number, size: number): Buffer {
  return size < 16 ? Buffer.of((type << 4) | size) : Buffer.of(0x80 | (type << 4) | (size & 15), size >> 4);
}

function blob(content: string): Buffer {
  return Buffer.concat([head(blobType, content.length), deflateSync(content)]);
}

function refDelta(baseOid: string, delta: readonly number[]): Buffer {
  return Buffer.concat([
    head(refDeltaType, delta.length),
    Buffer.from(baseOid, 'hex'),
    deflateSync(Buffer.from(delta)),
  ]);
}

function pack(entries: readonly Buffer[], count = entries.length): Buffer {
  const start = Buffer.alloc(12);
  start.write('PACK');
  start.writeUInt32BE(2, 4);
  start.writeUInt32BE(count, 8);
  return sealed(Buffer.concat([start, ...entries]));
}

function sealed(content: Buffer): Buffer {
  return Buffer.concat([content, createHash('sha1').update(content).digest()]);
}

function open(bytes: Buffer, limits: Partial<typeof defaultLimits> = {}): Promise<Pack> {
  return Pack.open(bytes, 'sha1', { ...defaultLimits, ...limits });
}

function gitBytes(cwd: string, args: readonly string[], input = ''): Buffer {
  return execFileSync('git', args, { cwd, env: gitEnvironment(), input, maxBuffer: 2 ** 26 });
}

const one = 'one blob';
const oneOid = hashObject('sha1', 'blob', Buffer.from(one));
/** Makes `one` of `one blob`. */
const shorten = [one.length, 3, 0x90, 3];
const shortOid = hashObject('sha1', 'blob', Buffer.from('one'));
const shorterOid = hashObject('sha1', 'blob', Buffer.from('on'));
const shorter = [3, 2, 0x90, 2];

describe('Pack', () => {
  it('finds what is in it', async () => {
    const store = await open(pack([blob(one), blob('two')]));
    assert.equal(store.size, 2);
    assert.equal(store.typeOf(oneOid), 'blob');
    assert.equal(store.sizeOf(oneOid), one.length);
    assert.equal(store.get(oneOid)?.toString(), one);
    assert.equal(store.get('0'.repeat(40)), undefined);
    assert.equal(store.typeOf('0'.repeat(40)), undefined);
  });

  it('resolves deltas that come before their base, and chains of them', async () => {
    const store = await open(pack([refDelta(shortOid, shorter), refDelta(oneOid, shorten), blob(one)]));
    assert.equal(store.get(shortOid)?.toString(), 'one');
    assert.equal(store.get(shorterOid)?.toString(), 'on');
    assert.equal(store.typeOf(shorterOid), 'blob');
  });

  it('resolves a delta by offset of an entry that itself waits', async () => {
    const waiting = refDelta(oneOid, shorten);
    const byOffset = Buffer.concat([
      head(ofsDeltaType, shorter.length),
      Buffer.of(waiting.length),
      deflateSync(Buffer.from(shorter)),
    ]);
    const store = await open(pack([waiting, byOffset, blob(one)]));
    assert.equal(store.get(shorterOid)?.toString(), 'on');
  });

  it('reads again what no cache holds', async () => {
    const store = await open(pack([blob(one), refDelta(oneOid, shorten), refDelta(shortOid, shorter)]), {
      cacheBytes: 0,
    });
    assert.equal(store.get(shorterOid)?.toString(), 'on');
    assert.equal(store.get(shortOid)?.toString(), 'one');
  });

  const whole = pack([blob(one), blob('two'), refDelta(oneOid, shorten)]);
  const bad: readonly { name: string; given: Buffer; code: string; limits?: Partial<typeof defaultLimits> }[] = [
    { name: 'no bytes', given: Buffer.alloc(0), code: 'ProtocolError' },
    { name: 'something else', given: Buffer.from('<html>'.repeat(10)), code: 'ProtocolError' },
    { name: 'a pack that is cut short', given: whole.subarray(0, -1), code: 'ProtocolError' },
    { name: 'a pack that is cut in half', given: whole.subarray(0, whole.length / 2), code: 'ProtocolError' },
    { name: 'version 4', given: sealed(Buffer.from(whole.subarray(0, -20)).fill(4, 7, 8)), code: 'ProtocolError' },
    { name: 'a count that is too high', given: pack([blob(one), blob('two two two two')], 3), code: 'CorruptData' },
    { name: 'a count that cannot be', given: pack([blob(one)], 1_000_000), code: 'ProtocolError' },
    { name: 'a count that is too low', given: pack([blob(one), blob('two')], 1), code: 'CorruptData' },
    { name: 'a delta without its base', given: pack([refDelta(oneOid, shorten)]), code: 'CorruptData' },
    {
      name: 'two deltas of each other',
      given: pack([refDelta(shorterOid, shorten), refDelta(shortOid, shorter)]),
      code: 'CorruptData',
    },
    {
      name: 'a delta of something before the pack',
      given: pack([Buffer.concat([head(ofsDeltaType, 1), Buffer.of(0x7f), deflateSync('x')])]),
      code: 'CorruptData',
    },
    {
      name: 'a delta of itself',
      given: pack([Buffer.concat([head(ofsDeltaType, 4), Buffer.of(0), deflateSync(Buffer.from(shorter))])]),
      code: 'CorruptData',
    },
    { name: 'an unknown type', given: pack([Buffer.concat([head(5, 3), deflateSync('abc')])]), code: 'CorruptData' },
    {
      name: 'data that is longer than it says',
      given: pack([Buffer.concat([head(blobType, 3), deflateSync('abcd')])]),
      code: 'CorruptData',
    },
    {
      name: 'data that is shorter than it says',
      given: pack([Buffer.concat([head(blobType, 5), deflateSync('abcd')])]),
      code: 'CorruptData',
    },
    {
      name: 'data that does not inflate',
      given: pack([Buffer.concat([head(blobType, 3), Buffer.alloc(20, 7)])]),
      code: 'CorruptData',
    },
    { name: 'too many objects', given: whole, code: 'TooLarge', limits: { maxObjects: 2 } },
    { name: 'an object that is too large', given: whole, code: 'TooLarge', limits: { maxObjectBytes: 7 } },
    { name: 'more work than allowed', given: whole, code: 'TooLarge', limits: { maxInflatedBytes: 12 } },
    {
      name: 'a chain that is too long',
      given: pack([blob(one), refDelta(oneOid, shorten), refDelta(shortOid, shorter)]),
      code: 'TooLarge',
      limits: { maxDeltaDepth: 1 },
    },
    {
      name: 'a bomb',
      given: pack([Buffer.concat([head(blobType, 15), deflateSync(Buffer.alloc(1_000_000))])]),
      code: 'CorruptData',
    },
    {
      name: 'a delta that makes too much',
      given: pack([blob(one), refDelta(oneOid, [8, 0xff, 0xff, 0xff, 0xff, 1])]),
      code: 'TooLarge',
    },
  ];
  for (const { name, given, code, limits } of bad) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(open(given, limits), { name: 'GitError', code });
    });
  }

  it('lets others have their turn, and stops when it is not wanted any more', async () => {
    const same = blob('one');
    const many = pack(Array.from({ length: 40_000 }, () => same));
    let turns = 0;
    const count = setInterval(() => {
      turns += 1;
    });
    await open(many);
    clearInterval(count);
    assert.ok(turns > 0);
    const stopped = Pack.open(many, 'sha1', defaultLimits, () => {
      throw new GitError('Canceled', 'enough');
    });
    await assert.rejects(stopped, { code: 'Canceled' });
  });

  it('answers any change of a pack with a GitError or objects that bear their names', async () => {
    const content = whole.subarray(0, -20);
    const change = fc.record({
      at: fc.integer({ min: 0, max: content.length - 1 }),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const changed = Buffer.from(content);
        for (const { at, byte } of changes) {
          changed[at] = byte;
        }
        try {
          const store = await open(sealed(changed));
          for (const oid of store.oids()) {
            assert.equal(hashObject('sha1', store.typeOf(oid) ?? 'blob', store.get(oid) ?? Buffer.alloc(0)), oid);
          }
        } catch (error) {
          assert.ok(error instanceof GitError, String(error));
        }
      }),
      { seed: 1, numRuns: 3000 },
    );
  });
});

describe("Pack, of git's own packs", () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-pack-'));
  });
  after(() => rm(dir, { recursive: true }));

  for (const format of ['sha1', 'sha256'] as const) {
    for (const options of [[], ['--delta-base-offset']]) {
      it(`holds the same objects: ${format} ${options.join(' ')}`, async () => {
        const path = join(dir, `${format}${options.length}`);
        const repository = new Repository(path, '', undefined);
        await repository.init();
        await rm(path, { recursive: true });
        await git(dir, ['init', '--quiet', '--bare', '--initial-branch=main', `--object-format=${format}`, path]);
        const lines = Array.from({ length: 400 }, (_, index) => `line ${index}\n`);
        for (let round = 0; round < 8; round++) {
          lines[round * 30] = `changed in ${round}\n`;
          await repository.commit({ files: { 'a/long.txt': lines.join(''), [`b/${round}`]: `${round}` } });
        }
        await repository.tag('v1', { message: 'a tag' });
        const list = await git(path, ['rev-list', '--objects', '--all', '--no-object-names']);
        const bytes = gitBytes(path, ['pack-objects', '--stdout', '--window=20', ...options], list);
        const store = await Pack.open(bytes, format, { ...defaultLimits, cacheBytes: 5000 });
        const oids = list.split('\n').sort();
        assert.deepEqual([...store.oids()].sort(), oids);
        const batch = gitBytes(path, ['cat-file', '--batch'], oids.join('\n'));
        const printed = oids.flatMap((oid) => [
          `${oid} ${store.typeOf(oid)} ${store.sizeOf(oid)}\n`,
          store.get(oid) ?? '',
          '\n',
        ]);
        assert.ok(Buffer.concat(printed.map((part) => Buffer.from(part))).equals(batch));
      });
    }
  }
});

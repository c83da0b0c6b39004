import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GitError } from './errors.ts';
import { encodePacket, maxPacketBytes, PacketReader, packetText } from './pkt-line.ts';

async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}

async function readAll(bytes: Uint8Array, size = 7, maxBytes = 1e6): Promise<string[]> {
  const reader = new PacketReader(chunked(bytes, size), maxBytes);
  const packets: string[] = [];
  for (let packet = await reader.next(); packet !== undefined; packet = await reader.next()) {
    packets.push(packet.type === 'data' ? packetText(packet) : packet.type);
  }
  return packets;
}

describe('PacketReader', () => {
  const good: readonly { name: string; given: string; want: readonly string[] }[] = [
    { name: 'data with and without LF', given: '0006a\n0005b', want: ['a', 'b'] },
    { name: 'an empty packet', given: '0004', want: [''] },
    { name: 'the marks', given: '000000010002', want: ['flush', 'delimiter', 'response-end'] },
    { name: 'upper-case digits', given: `000A${'x'.repeat(6)}`, want: ['xxxxxx'] },
    { name: 'nothing at all', given: '', want: [] },
  ];
  for (const { name, given, want } of good) {
    it(name, async () => assert.deepEqual(await readAll(Buffer.from(given)), want));
  }

  const bad: readonly { name: string; given: string; code: string }[] = [
    { name: 'ends inside the length', given: '00', code: 'ProtocolError' },
    { name: 'ends inside the payload', given: '0009abc', code: 'ProtocolError' },
    { name: 'is not hexadecimal', given: '<htm', code: 'ProtocolError' },
    { name: 'has a sign', given: '+005a', code: 'ProtocolError' },
    { name: 'length 3', given: '0003', code: 'ProtocolError' },
    { name: 'is longer than a packet can be', given: 'ffff', code: 'ProtocolError' },
    { name: 'an error', given: encodePacket('ERR no good'), code: 'ProtocolError' },
    {
      name: 'an error about an object',
      given: encodePacket('ERR upload-pack: not our ref 12'),
      code: 'ObjectNotFound',
    },
    {
      name: 'an error about the repository',
      given: encodePacket('ERR Repository not found'),
      code: 'RepositoryNotFound',
    },
  ];
  for (const { name, given, code } of bad) {
    it(`refuses what ${name}`, async () => {
      await assert.rejects(readAll(Buffer.from(given)), { name: 'GitError', code });
    });
  }

  it('stops at its limit', async () => {
    await assert.rejects(readAll(Buffer.alloc(5000, '0006a\n'), 100, 4000), { code: 'TooLarge' });
  });

  it('gives the stream back when it is closed', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.from('00000000');
      } finally {
        closed = true;
      }
    }
    const reader = new PacketReader(source(), 100);
    assert.equal((await reader.expect()).type, 'flush');
    await reader.close();
    assert.ok(closed);
  });

  it('gives the same packets however the bytes are cut', async () => {
    const lines = fc.array(
      fc.string({ maxLength: 300 }).filter((line) => !/\n$|^ERR /.test(line)),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(lines, fc.integer({ min: 1, max: 70 }), async (given, size) => {
        assert.deepEqual(await readAll(Buffer.from(given.map(encodePacket).join('')), size), given);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('answers any bytes with packets or a GitError', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef\n') }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (given) => {
        await readAll(Buffer.from(given)).catch((error: unknown) => assert.ok(error instanceof GitError));
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});

describe('encodePacket', () => {
  it('counts bytes, not characters', () => assert.equal(encodePacket('ü'), '0007ü\n'));

  it('refuses what no packet holds', () => {
    assert.throws(() => encodePacket('x'.repeat(maxPacketBytes - 4)), RangeError);
    assert.equal(encodePacket('x'.repeat(maxPacketBytes - 5)).length, maxPacketBytes);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Advertisement, readAdvertisement } from './advertisement.ts';
import { GitError } from './errors.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { encodePacket, PacketReader } from './pkt-line.ts';
import { readSideBand } from './side-band.ts';
import { fetchRequest, lsRefsRequest, readRefs, readToPack } from './upload-pack.ts';

const oid = '1'.repeat(40);
const other = '2'.repeat(40);

function reader(text: string): PacketReader {
  return new PacketReader(ReadableStream.from([Buffer.from(text, 'latin1')]), 1e6);
}

function packets(...lines: readonly string[]): string {
  return `${lines.map((line) => (/^000[01]$/.test(line) ? line : encodePacket(line))).join('')}0000`;
}

function version2(...capabilities: readonly string[]): Advertisement {
  const pairs = capabilities.map((text): [string, string] => {
    const [name = '', value = ''] = text.split('=');
    return [name, value];
  });
  return { version: 2, capabilities: new Map(pairs), format: 'sha1' };
}

describe('readAdvertisement', () => {
  it('reads version 2, with and without a service line', async () => {
    const body = packets('version 2', 'agent=git/2', 'ls-refs=unborn', 'fetch=shallow filter', 'object-format=sha256');
    for (const text of [body, packets('# service=git-upload-pack') + body]) {
      const { version, capabilities, format } = await readAdvertisement(reader(text));
      assert.equal(version, 2);
      assert.equal(format, 'sha256');
      assert.equal(capabilities.get('fetch'), 'shallow filter');
    }
  });

  it('reads version 0 with symbolic references and peeled tags', async () => {
    const text =
      packets('# service=git-upload-pack') +
      packets(
        `${oid} HEAD\0side-band-64k symref=HEAD:refs/heads/main`,
        `${oid} refs/heads/main`,
        `${oid} refs/tags/v1`,
        `${other} refs/tags/v1^{}`,
      );
    const { version, refs } = await readAdvertisement(reader(text));
    assert.equal(version, 0);
    assert.deepEqual(refs, [
      { name: 'HEAD', oid, symrefTarget: 'refs/heads/main' },
      { name: 'refs/heads/main', oid },
      { name: 'refs/tags/v1', oid, peeled: other },
    ]);
  });

  it('reads an empty repository of version 0', async () => {
    for (const text of ['0000', packets(`${'0'.repeat(40)} capabilities^{}\0agent=git/2`)]) {
      assert.deepEqual((await readAdvertisement(reader(packets('# service=git-upload-pack') + text))).refs, []);
    }
  });

  const bad: readonly { name: string; given: string }[] = [
    { name: 'nothing', given: '' },
    { name: 'no flush after the service', given: encodePacket('# service=git-upload-pack') + packets('version 2') },
    { name: 'version 2 without fetch', given: packets('version 2', 'ls-refs') },
    { name: 'an unknown object format', given: packets('version 2', 'ls-refs', 'fetch', 'object-format=md5') },
    { name: 'something else', given: packets('hello') },
    { name: 'an end that is missing', given: packets('version 2', 'ls-refs', 'fetch').slice(0, -4) },
  ];
  for (const { name, given } of bad) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(readAdvertisement(reader(given)), { name: 'GitError', code: 'ProtocolError' });
    });
  }
});

describe('ls-refs', () => {
  it('is asked for by prefix', () => {
    const request = lsRefsRequest(version2('ls-refs=unborn', 'object-format=sha1'), ['refs/heads/main']);
    assert.equal(
      request,
      `${packets('command=ls-refs', 'agent=sluice', 'object-format=sha1', '0001', 'peel', 'symrefs', 'unborn', 'ref-prefix refs/heads/main')}`,
    );
  });

  it('is read with its attributes', async () => {
    const text = packets(
      'unborn HEAD symref-target:refs/heads/x',
      `${oid} refs/tags/v1 peeled:${other}`,
      `${oid} HEAD symref-target:refs/heads/main`,
    );
    assert.deepEqual(await readRefs(reader(text)), [
      { name: 'refs/tags/v1', oid, peeled: other },
      { name: 'HEAD', oid, symrefTarget: 'refs/heads/main' },
    ]);
  });

  for (const line of ['nonsense', `${oid}`, `${oid.slice(1)} refs/heads/main`]) {
    it(`refuses ${line.slice(0, 12)}`, async () => {
      await assert.rejects(readRefs(reader(packets(line))), { code: 'ProtocolError' });
    });
  }
});

describe('fetch', () => {
  it('asks for what the server can', () => {
    const want = { want: [oid, other], depth: 1, filter: 'blob:none' } as const;
    assert.equal(
      fetchRequest(version2('fetch=shallow filter'), want),
      packets(
        'command=fetch',
        'agent=sluice',
        '0001',
        'ofs-delta',
        'no-progress',
        `want ${oid}`,
        `want ${other}`,
        'deepen 1',
        'filter blob:none',
        'done',
      ),
    );
    assert.equal(
      fetchRequest(version2('fetch'), want),
      packets(
        'command=fetch',
        'agent=sluice',
        '0001',
        'ofs-delta',
        'no-progress',
        `want ${oid}`,
        `want ${other}`,
        'done',
      ),
    );
  });

  it('asks an old server in its own way', () => {
    const capabilities = new Map([
      ['side-band-64k', ''],
      ['ofs-delta', ''],
      ['shallow', ''],
      ['thin-pack', ''],
    ]);
    const advertisement: Advertisement = { version: 0, capabilities, format: 'sha1', refs: [] };
    const request = fetchRequest(advertisement, { want: [oid, other], depth: 1 });
    assert.equal(
      request,
      `${packets(`want ${oid} side-band-64k ofs-delta shallow agent=sluice`, `want ${other}`, 'deepen 1')}${encodePacket('done')}`,
    );
    const bare: Advertisement = { version: 0, capabilities: new Map(), format: 'sha1', refs: [] };
    assert.throws(() => fetchRequest(bare, { want: oid }), { code: 'ProtocolError' });
  });

  it('reads past the other sections', async () => {
    const head = `${encodePacket('shallow-info')}${encodePacket(`shallow ${oid}`)}0001${encodePacket('packfile')}`;
    const pack = new GrowingBuffer(100, 'the pack');
    const input = reader(head + packets('\u0002progress', '\u0001PACK', '\u0001more'));
    await readToPack(input, version2('fetch'), { want: oid });
    await readSideBand(input, pack);
    assert.equal(pack.finish().toString(), 'PACK\nmore\n');
  });

  const bad: readonly { name: string; given: string; code?: string }[] = [
    { name: 'no pack', given: packets('shallow-info', `shallow ${oid}`) },
    { name: 'an unknown section', given: packets('bundle-uri') },
    { name: 'an unknown band', given: encodePacket('packfile') + packets('\u0004x') },
    { name: 'a mark in the band', given: `${encodePacket('packfile')}0001` },
    { name: 'no end of the band', given: encodePacket('packfile') + encodePacket('\u0001x') },
    { name: 'an error in the band', given: encodePacket('packfile') + packets('\u0003fatal: out of memory') },
    {
      name: 'a missing object',
      given: encodePacket('packfile') + packets('\u0003upload-pack: not our ref'),
      code: 'ObjectNotFound',
    },
    { name: 'too much', given: encodePacket('packfile') + packets(`\u0001${'x'.repeat(200)}`), code: 'TooLarge' },
  ];
  for (const { name, given, code = 'ProtocolError' } of bad) {
    it(`refuses ${name}`, async () => {
      const input = reader(given);
      const answer = readToPack(input, version2('fetch'), { want: oid }).then(() =>
        readSideBand(input, new GrowingBuffer(100, 'the pack')),
      );
      await assert.rejects(answer, { name: 'GitError', code });
    });
  }
});

describe('answers of any kind', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'version 2',
      'version 1',
      'fetch',
      'ls-refs',
      '# service=x',
      `${oid} HEAD`,
      `${oid} a\0side-band-64k`,
      'packfile',
      'NAK',
      '\u0001x',
      '\u0003x',
      'ERR x',
      '0001',
    ),
    fc.string({ maxLength: 20 }),
  );
  const text = fc
    .array(line, { maxLength: 8 })
    .map((lines) => packets(...lines.map((one) => one.replaceAll('\n', ''))));
  const readings = {
    readAdvertisement,
    readRefs,
    readToPack: (input: PacketReader) => readToPack(input, version2('fetch'), { want: oid }),
    readSideBand: (input: PacketReader) => readSideBand(input, new GrowingBuffer(100, 'x')),
  };
  for (const [name, read] of Object.entries(readings)) {
    it(`${name} takes them or throws a GitError`, async () => {
      await fc.assert(
        fc.asyncProperty(text, async (given) => {
          await Promise.resolve(read(reader(given))).catch((error: unknown) => assert.ok(error instanceof GitError));
        }),
        { seed: 1, numRuns: 500 },
      );
    });
  }
});

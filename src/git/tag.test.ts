import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTag } from './tag.ts';

const oid = 'a'.repeat(40);
const head = `object ${'1'.repeat(40)}\ntype commit\ntag v1\ntagger Ada <ada@example.com> 1700000000 +0000\n\n`;
const signature = '-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n';

function parse(text: string) {
  return parseTag(oid, Buffer.from(text), 'sha1');
}

describe('parseTag', () => {
  it('reads a tag', () => {
    const tag = parse(`${head}message ü\n`);
    assert.equal(tag.target, '1'.repeat(40));
    assert.equal(tag.targetType, 'commit');
    assert.equal(tag.name, 'v1');
    assert.equal(tag.tagger?.seconds, 1_700_000_000);
    assert.equal(tag.message, 'message ü\n');
    assert.equal(tag.signature, undefined);
  });

  it('splits off the last signature', () => {
    const tag = parse(`${head}ü\n${signature}more\n${signature}`);
    assert.equal(tag.message, `ü\n${signature}more\n`);
    assert.equal(tag.signature, signature);
    assert.equal(tag.payload.toString(), `${head}ü\n${signature}more\n`);
  });

  it('takes a signature only at the beginning of a line', () => {
    assert.equal(parse(`${head}not -----BEGIN PGP SIGNATURE-----\n`).signature, undefined);
  });

  it('takes an old tag without tagger', () => {
    assert.equal(parse(`object ${'1'.repeat(40)}\ntype tag\ntag v1\n\nx`).tagger, undefined);
  });

  for (const given of [
    '',
    'object 12\ntype commit\ntag v1\n\n',
    `object ${'1'.repeat(40)}\ntype thing\ntag v1\n\n`,
    `object ${'1'.repeat(40)}\n\n`,
  ]) {
    it(`refuses ${JSON.stringify(given)}`, () =>
      assert.throws(() => parse(given), { name: 'GitError', code: 'CorruptData' }));
  }
});

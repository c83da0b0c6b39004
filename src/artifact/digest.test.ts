import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHasher, parseDigest } from './digest.ts';

// `printf abc | sha256sum` and its siblings; BLAKE3 from its test vectors.
const ofAbc = {
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  sha384: 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  blake3: '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85',
} as const;

describe('createHasher', () => {
  for (const [algorithm, hex] of Object.entries(ofAbc)) {
    it(`knows ${algorithm}`, () => {
      const hasher = createHasher(algorithm as keyof typeof ofAbc);
      hasher.update(Buffer.from('a'));
      hasher.update(Buffer.from('bc'));
      assert.equal(hasher.digest(), `${algorithm}:${hex}`);
    });
  }
});

describe('parseDigest', () => {
  it('reads algorithm and hex; sha256 when there is no algorithm', () => {
    assert.deepEqual(parseDigest(`sha256:${ofAbc.sha256}`), { algorithm: 'sha256', hex: ofAbc.sha256 });
    assert.deepEqual(parseDigest(ofAbc.sha256), { algorithm: 'sha256', hex: ofAbc.sha256 });
    assert.deepEqual(parseDigest(`blake3:${ofAbc.blake3}`), { algorithm: 'blake3', hex: ofAbc.blake3 });
  });

  for (const text of [
    '',
    'sha256:',
    'md5:abc',
    `sha512:${ofAbc.sha256}`,
    `sha256:${ofAbc.sha256.toUpperCase()}`,
    'sha256:../../../etc/passwd',
  ]) {
    it(`refuses ${JSON.stringify(text.slice(0, 30))}`, () => {
      assert.throws(() => parseDigest(text), { name: 'ArtifactError', code: 'Refused' });
    });
  }
});

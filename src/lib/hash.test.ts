import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sha256Hex } from './hash.ts';

test('is SHA-256 over bytes, text as UTF-8', () => {
  for (const text of ['', 'abc', 'grüße ☃ 𝄞', 'x'.repeat(1000)]) {
    const want = createHash('sha256').update(text).digest('hex');
    assert.equal(sha256Hex(text), want);
    assert.equal(sha256Hex(Buffer.from(text)), want);
  }
});

test('is SHA-256 whatever the length', () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length: length + 3 }, (_, i) => i * 7).subarray(3);
    assert.equal(sha256Hex(bytes), createHash('sha256').update(bytes).digest('hex'), `${length} bytes`);
  }
});

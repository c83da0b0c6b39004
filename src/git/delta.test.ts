import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { applyDelta, deltaResultSize } from './delta.ts';
import { GitError } from './errors.ts';

const base = Buffer.from('0123456789');

describe('applyDelta', () => {
  const good: readonly { name: string; delta: readonly number[]; want: string }[] = [
    { name: 'inserts', delta: [10, 2, 2, 0x61, 0x62], want: 'ab' },
    { name: 'copies from an offset', delta: [10, 3, 0x91, 4, 3], want: '456' },
    { name: 'copies and inserts', delta: [10, 4, 0x91, 8, 2, 2, 0x61, 0x62], want: '89ab' },
    { name: 'makes nothing', delta: [10, 0], want: '' },
  ];
  for (const { name, delta, want } of good) {
    it(name, () => {
      assert.equal(applyDelta(base, Uint8Array.from(delta)).toString(), want);
      assert.equal(deltaResultSize(Uint8Array.from(delta)), want.length);
    });
  }

  it('takes a copy without a size for 64 KiB', () => {
    const big = Buffer.alloc(0x10000, 'x');
    const result = applyDelta(big, Uint8Array.of(0x80, 0x80, 0x04, 0x80, 0x80, 0x04, 0x80));
    assert.ok(result.equals(big));
  });

  const bad: readonly { name: string; delta: readonly number[] }[] = [
    { name: 'of another base', delta: [9, 1, 1, 0x61] },
    { name: 'that copies beyond the base', delta: [10, 3, 0x91, 8, 3] },
    { name: 'that makes more than it says', delta: [10, 1, 2, 0x61, 0x62] },
    { name: 'that makes less than it says', delta: [10, 3, 2, 0x61, 0x62] },
    { name: 'that is cut inside an insertion', delta: [10, 3, 3, 0x61] },
    { name: 'that is cut inside a copy', delta: [10, 3, 0x91, 4] },
    { name: 'with the reserved instruction', delta: [10, 1, 0] },
    { name: 'without sizes', delta: [] },
    { name: 'with an endless size', delta: Array.from({ length: 20 }, () => 0xff) },
  ];
  for (const { name, delta } of bad) {
    it(`refuses one ${name}`, () => {
      assert.throws(() => applyDelta(base, Uint8Array.from(delta)), { name: 'GitError', code: 'CorruptData' });
    });
  }

  it('answers any bytes with a result of the announced size or a GitError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (tail) => {
        const delta = Uint8Array.of(10, 5, ...tail);
        try {
          assert.equal(applyDelta(base, delta).length, 5);
        } catch (error) {
          assert.ok(error instanceof GitError);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

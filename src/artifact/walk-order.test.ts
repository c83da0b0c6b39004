import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareWalkOrder, inWalkOrder } from './walk-order.ts';

describe('compareWalkOrder', () => {
  it('puts a directory’s content before names that continue its own', () => {
    assert.deepEqual(['a.b', 'a/x', 'a', 'a-b', 'B'].sort(compareWalkOrder), ['B', 'a', 'a/x', 'a-b', 'a.b']);
  });

  it('is a total order', () => {
    const path = fc
      .array(fc.stringMatching(/^[a-c.-]{1,3}$/), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join('/'));
    fc.assert(
      fc.property(path, path, path, (a, b, c) => {
        assert.equal(Math.sign(compareWalkOrder(a, b)), -Math.sign(compareWalkOrder(b, a)) + 0);
        if (compareWalkOrder(a, b) <= 0 && compareWalkOrder(b, c) <= 0) assert.ok(compareWalkOrder(a, c) <= 0);
      }),
    );
  });

  it('is that of UTF-8', () => {
    const path = fc.string({
      unit: fc.constantFrom('a', '/', '.', '\u00e4', '\ue000', '\uffff', '\u{1f600}', '\u{10ffff}'),
    });
    fc.assert(
      fc.property(path, path, (a, b) => {
        const bytes = (text: string): Buffer => Buffer.from(text.replaceAll('/', '\u0000'));
        assert.equal(Math.sign(compareWalkOrder(a, b)), Buffer.compare(bytes(a), bytes(b)));
      }),
    );
  });
});

describe('inWalkOrder', () => {
  for (const count of [0, 1, 4095, 4096, 4097, 20_000]) {
    it(`sorts ${count} paths, and lets others have their turn`, async () => {
      const paths = Array.from({ length: count }, (_, i) => ({
        path: `d${(i * 7919) % 13}/f${(i * 104_729) % 30_011}`,
      }));
      let turns = 0;
      const ticking = setImmediate(function tick() {
        turns += 1;
        next = setImmediate(tick);
      });
      let next = ticking;
      const sorted = await inWalkOrder(paths);
      clearImmediate(next);
      assert.deepEqual(
        sorted,
        [...paths].sort((a, b) => compareWalkOrder(a.path, b.path)),
      );
      assert.ok(turns >= count / 4096);
    });
  }
});

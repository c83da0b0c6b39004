import assert from 'node:assert/strict';
import { test } from 'node:test';
import { combineShares } from './shamir.ts';

/** Shares of `test secret`, made by the original: five of which three are needed, two of two, three of which two. */
const splits: readonly (readonly [needed: number, shares: readonly string[]])[] = [
  [
    3,
    [
      '8bafa2016d7b88cce1bdd901',
      'fc1a58a19b9822058be68a02',
      '03d089d4d690cfaa183e2703',
      'd0765b39c97fc523a6d85904',
      '2fbc8a4c8477288c3500f405',
    ],
  ],
  [2, ['2eee9230eb25489fa7a32201', 'c068aafcaddf3f80c3f2d802']],
  [2, ['8e90e9cd34621430cf4a0201', '9b945c1d085187c5133b9802', '6161c6a41c40f696ae14ee03']],
];

test('any shares that are enough give the secret, in any order', () => {
  for (const [needed, shares] of splits) {
    for (let choice = 0; choice < 1 << shares.length; choice++) {
      const chosen = shares.filter((_, i) => (choice & (1 << i)) !== 0).toReversed();
      if (chosen.length < 2) continue;
      const secret = Buffer.from(combineShares(chosen.map((share) => Buffer.from(share, 'hex')))).toString();
      assert.equal(secret === 'test secret', chosen.length >= needed, String(chosen));
    }
  }
});

test('shares that do not go together are refused', () => {
  const share = (text: string): Uint8Array => Buffer.from(text, 'hex');
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /less than two parts/],
    [['0101'], /less than two parts/],
    [['01', '02'], /at least two bytes/],
    [['0101', '010202'], /same length/],
    [['0101', '0201'], /duplicate part/],
    [['0101', '0200'], /place zero/],
  ];
  for (const [list, want] of cases) assert.throws(() => combineShares(list.map(share)), want);
});

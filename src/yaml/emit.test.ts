import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rawNumber } from '../lib/json.ts';
import { emitYaml } from './emit.ts';
import { parseYaml } from './parse.ts';

const long = 'aaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbb ccccccccccccccccccccccccccc dddddddddddddddddd eeeee';

/** Answers recorded from sigs.k8s.io/yaml v1.6.0 (JSONToYAML). */
const cases: readonly { readonly name: string; readonly given: unknown; readonly want: string }[] = [
  { name: 'keys in natural order', given: { a10: 1, a9: 2, B: 3, 1: 4 }, want: '"1": 4\nB: 3\na9: 2\na10: 1\n' },
  { name: 'sequences not indented', given: { a: [1, { b: 2, c: [] }] }, want: 'a:\n- 1\n- b: 2\n  c: []\n' },
  { name: 'sequences in sequences', given: [[1, [2]], {}], want: '- - 1\n  - - 2\n- {}\n' },
  {
    name: 'what YAML 1.1 would misread in quotes',
    given: { a: 'yes', b: '012', c: '1e3', d: '2020-01-01', e: '12:30', f: 'null', g: '', h: '<<', i: '0o7' },
    want: 'a: "yes"\nb: "012"\nc: "1e3"\nd: "2020-01-01"\ne: "12:30"\nf: "null"\ng: ""\nh: <<\ni: "0o7"\n',
  },
  {
    name: 'single quotes where only the syntax is in the way',
    given: ['a: b', '# c', "it's", ' d', '- e', '{f}', '%g'],
    want: "- 'a: b'\n- '# c'\n- it's\n- ' d'\n- '- e'\n- '{f}'\n- '%g'\n",
  },
  {
    name: 'double quotes for control characters and tabs',
    given: ['a\tb', '\u0007', '😀', 'x\u00a0y'],
    want: '- "a\\tb"\n- "\\a"\n- "\\U0001F600"\n- x\u00a0y\n',
  },
  {
    name: 'literal blocks with their hints',
    given: { a: 'x\ny\n', b: 'x', c: 'x\ny', d: 'x\n\n', e: '\nx', f: 'x \ny' },
    want: 'a: |\n  x\n  y\nb: x\nc: |-\n  x\n  y\nd: |+\n  x\n\ne: |2-\n\n  x\nf: "x \\ny"\n',
  },
  {
    name: 'long lines folded',
    given: { k: long, l: `${long}:` },
    want: `k: aaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbb ccccccccccccccccccccccccccc dddddddddddddddddd\n  eeeee\nl: 'aaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbb ccccccccccccccccccccccccccc dddddddddddddddddd\n  eeeee:'\n`,
  },
  {
    name: 'numbers as Go prints them',
    given: [1, 1.5, 1e21, 1e20, 100000000.5, 0.00001, rawNumber('18446744073709551615')],
    want: '- 1\n- 1.5\n- 1e+21\n- 1e+20\n- 1.000000005e+08\n- 1e-05\n- 18446744073709551615\n',
  },
  {
    name: 'long keys in the explicit form',
    given: { ['k'.repeat(129)]: { a: 1 } },
    want: `? ${'k'.repeat(129)}\n: a: 1\n`,
  },
  { name: 'null at the root', given: null, want: 'null\n' },
];

test('emits as sigs.k8s.io/yaml does', async (t) => {
  for (const { name, given, want } of cases) await t.test(name, () => assert.equal(emitYaml(given), want));
});

test('undefined members are left out', () => {
  assert.equal(emitYaml({ a: undefined, b: { c: undefined } }), 'b: {}\n');
});

test('what was emitted is read as the same value', () => {
  const text = fc.string({
    unit: fc.constantFrom(...'abyn01:-. \n\t#\'"{}[],&*!|>%@`?~é日\\'.split('')),
    maxLength: 30,
  });
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(text, tie('any'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).any;
  fc.assert(
    fc.property(value, (given) => assert.deepEqual(parseYaml(emitYaml([given])), [given])),
    { seed: 11, numRuns: 3000 },
  );
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseYaml } from './parse.ts';
import { type Maker, readSimple } from './simple.ts';
import { YamlError } from './yaml-error.ts';

const make: Maker<unknown> = {
  map: (entries) => Object.fromEntries(entries),
  list: (items) => items,
  scalar: (value) => value,
};

/** What the full reader makes of a text. */
function full(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    if (error instanceof YamlError) return error;
    throw error;
  }
}

const simple = [
  "# a\n---\na: 1\nb:\n  c: yes # d\n  \"e f\": 'it''s'\n",
  'a:\n- b: 1\n  c:\n  - - 2\n    - 3\n-   d:\n    e: ~\n',
  'a: |\n    x\n\n   y: not here\nb: 1\n'.replace('   y: not here\n', '     y\n'),
  'a: |-\n  x\n\n\nb: |\n  y\n  \n',
  'a: |\n  x',
  'a: [1, "b", [c d], {e: f, g: []}]\nh:\n  {}\n',
  'a: -1\nb: --c\nc: :d:e\nd: http://e:80/#f\ne: 0o17\nf: 1_000\ng: .5\nh: 2020-01-01\n',
  'a: "\\n\\t\\"\\\\/"\nb: ""\n',
  'a: 1\na: 2\n__proto__: 3\n',
] as const;

const others = [
  ['nothing', ''],
  ['a scalar', 'a'],
  ['two documents', 'a: 1\n---\nb: 2\n'],
  ['a text of several lines', 'a: b\n  c\n'],
  ['a folded text', 'a: >\n  b\n'],
  ['all line ends', 'a: |+\n  b\n\n'],
  ['an anchor', 'a: &b c\n'],
  ['a merge', 'a:\n  <<: {b: 1}\n'],
  ['a tag', 'a: !!str 1\n'],
  ['a number for a key', '1: a\n'],
  ['a word for a key', 'yes: a\n'],
  ['an escape that is rare', 'a: "\\u0041"\n'],
  ['a tab', 'a:\tb\n'],
  ['a mapping in a value', 'a: b: c\n'],
  ['what cannot be written as JSON', 'a: .inf\n'],
  ['a bad indentation', 'a:\n    b: 1\n  c: 2\n'],
  ['brackets that stay open', 'a: [b\n'],
] as const;

describe('the reader of simple YAML', () => {
  for (const text of simple)
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(readSimple(text, make), parseYaml(text)));

  for (const [what, text] of others)
    it(`leaves ${what} to the full one`, () => assert.equal(readSimple(text, make), undefined));

  it('reads nothing otherwise than the full one', { timeout: 60_000 }, () => {
    const starts = fc.constantFrom('', '', '', '- ', '- - ');
    const middles = fc.constantFrom('a: 1', 'b:', 'c: |', 'd: |-', '"e": x', 'f: []', '- g', '{h: i, j: "k"}', 'l', '');
    const ends = fc.constantFrom('', '', ' # m', '  ', ' n', ': o', '\n', "'p'", '&q', '\u00a0', '-');
    const line = fc
      .tuple(fc.nat(3), starts, middles, ends)
      .map(([depth, ...parts]) => '  '.repeat(depth) + parts.join(''));
    const flow = fc
      .array(fc.constantFrom('[', ']', '{', '}', ',', ', ', 'a: ', '"b"', "'c'", ' ', '-1', 'd e', '# f', ':', '~'), {
        maxLength: 8,
      })
      .map((parts) => `- [${parts.join('')}]`);
    const text = fc.oneof(
      fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n')),
      flow,
    );
    fc.assert(
      fc.property(text, (yaml) => {
        const read = readSimple(yaml, make);
        if (read !== undefined) assert.deepEqual(read, full(yaml));
      }),
      { seed: 20_261_122, numRuns: 5000 },
    );
  });
});

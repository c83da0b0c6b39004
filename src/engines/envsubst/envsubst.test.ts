// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such texts are what is tested
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { envsubst } from './envsubst.ts';
import { EnvsubstError } from './envsubst-error.ts';

const vars: Readonly<Record<string, string>> = {
  v: 'abcabc',
  empty: '',
  path: '/usr/local/bin',
  u: 'héllo',
  dash: 'x',
};
const lookup = (name: string): string | undefined => (Object.hasOwn(vars, name) ? vars[name] : undefined);

/** Answers recorded from github.com/fluxcd/pkg/envsubst as Flux 2.9 has it. */
const cases: readonly (readonly [template: string, want: string])[] = [
  ['no variables', 'no variables'],
  ['$v stays', '$v stays'],
  ['a ${v} b', 'a abcabc b'],
  ['$${v} $$', '${v} $'],
  ['${nope}', ''],
  ['${nope:-x}${nope:=y}${nope=z}', 'xyz'],
  ['${v:-x}', 'abcabc'],
  ['${nope:-${v}-${empty:-d}}', 'abcabc-d'],
  ['${#v}${#u}', '66'],
  ['${v^}${v^^}', 'AbcabcABCABC'],
  ['${v:1:2}|${v: -2}|${v:9}|${v:-2}', 'bc|abcabc||abcabc'],
  ['${v/b/X}${v//b/X}', 'aXcabcaXcaXc'],
  ['${v/#ab/X}${v/%bc/X}', 'XcabcabcaX'],
  ['${v//b/}', 'acac'],
  ['${path#*/}|${path##*/}|${path%/*}|${path%%/*}', 'usr/local/bin|bin|/usr/local|'],
  ['${v/\\//x}', 'abcabc'],
];

test('substitutes as Flux does', () => {
  for (const [template, want] of cases) assert.equal(envsubst(template, lookup), want, template);
});

const bad = ['${', '${v', '${v:', '${v!x}', '${}', '${-}', '${v/a}', '${v:2:-4}'];

test('bad syntax is an EnvsubstError', () => {
  for (const template of bad) assert.throws(() => envsubst(template, lookup), EnvsubstError, template);
});

test('strict mode refuses missing variables unless there is a default', () => {
  assert.equal(envsubst('${nope:-d}${empty}', lookup, { strict: true }), 'd');
  assert.throws(() => envsubst('a ${nope}', lookup, { strict: true }), /"nope"/);
});

test('deep nesting is refused, long templates are not', () => {
  assert.throws(() => envsubst(`${'${a:-'.repeat(5000)}x${'}'.repeat(5000)}`, lookup), EnvsubstError);
  assert.equal(envsubst('${v}'.repeat(50_000), lookup).length, 300_000);
});

test('any template ends in a text or an EnvsubstError', () => {
  const piece = fc.constantFrom(
    '$',
    '{',
    '}',
    '${',
    'v',
    'u',
    ':',
    '-',
    '=',
    '#',
    '%',
    '/',
    '\\',
    '*',
    '[',
    ']',
    '^',
    '1',
    '?',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      try {
        assert.equal(typeof envsubst(pieces.join(''), lookup), 'string');
      } catch (error) {
        assert.ok(error instanceof EnvsubstError, String(error));
      }
    }),
    { seed: 3, numRuns: 5000 },
  );
});

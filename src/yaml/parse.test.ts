import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isRawJson } from '../lib/json.ts';
import { parseYaml, parseYamlDocuments, YamlError } from './parse.ts';

/** Answers recorded from sigs.k8s.io/yaml v1.6.0 (YAMLToJSON). */
const scalars: readonly (readonly [string, unknown])[] = [
  ['yes', true],
  ['Off', false],
  ['y', true],
  ['"y"', 'y'],
  ['0777', 511],
  ['0o777', 511],
  ['0x1F', 31],
  ['-0b101', -5],
  ['08', 8],
  ['1_000', 1000],
  ['1e3', 1000],
  ['.5', 0.5],
  ['+5', 5],
  ['12:30:45', '12:30:45'],
  ['2020-01-01', '2020-01-01'],
  ['2001-12-14t21:59:43.10-05:00', '2001-12-14t21:59:43.10-05:00'],
  ['~', null],
  ['', null],
  ['!!str 5', '5'],
  ['!!int "5"', 5],
  ['!!float 5', 5],
  ['!!binary aGVsbG8=', 'hello'],
  ['! true', 'true'],
  ['!custom 5', '5'],
  ['1e400', '1e400'],
  ['9007199254740991', 9007199254740991],
  ['123456789012345678901234567890', 1.2345678901234568e29],
];

test('a plain scalar is what Go makes of it', () => {
  for (const [text, want] of scalars) assert.deepEqual(parseYaml(`k: ${text}\n`), { k: want }, text);
});

test('integers beyond 2^53 keep their digits', () => {
  for (const digits of ['9007199254740993', '18446744073709551615', '-9223372036854775808']) {
    const { k } = parseYaml(`k: ${digits}`) as { k: unknown };
    assert.ok(isRawJson(k));
    assert.equal(JSON.stringify(k), digits);
  }
});

test('keys become strings and the last of two equal ones wins', () => {
  assert.deepEqual(parseYaml('1: a\non: b\n1.5: c\n'), { 1: 'a', true: 'b', 1.5: 'c' });
  assert.deepEqual(parseYaml('a: 1\nb: 2\na: 3\n'), { a: 3, b: 2 });
  assert.throws(() => parseYaml('a: 1\na: 2\n', { strict: true }), YamlError);
});

test('anchors, aliases and merges are expanded', () => {
  assert.deepEqual(parseYaml('a: &x {b: 1, c: 2}\nd: *x\ne:\n  <<: *x\n  c: 3\n'), {
    a: { b: 1, c: 2 },
    d: { b: 1, c: 2 },
    e: { b: 1, c: 3 },
  });
});

test('a stream is cut into its documents and empty ones are left out', () => {
  assert.deepEqual(parseYamlDocuments('---\na: 1\n---\n# nothing\n---\nb: 2\n...\n'), [{ a: 1 }, { b: 2 }]);
  assert.deepEqual(parseYamlDocuments(''), []);
  assert.equal(parseYaml('# nothing\n'), null);
});

test('__proto__ is a member like any other', () => {
  const value = parseYaml('__proto__: {polluted: true}\na: 1\n') as Record<string, unknown>;
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.ok(Object.hasOwn(value, '__proto__'));
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

const refused = [
  { name: 'what is no YAML, with its line', text: 'a: 1\nb: [1\nc: 2\n', line: 3 },
  { name: 'an unknown alias', text: 'a: *nope\n', line: 1 },
  { name: 'an alias inside of itself', text: 'a: &a [*a]\n', line: 1 },
  { name: 'an infinite number', text: 'a: .inf\n', line: 1 },
  { name: 'a tag that its text cannot have', text: 'a: !!int x\n', line: 1 },
  { name: 'a null key', text: '~: 1\n', line: 1 },
  { name: 'a mapping as a key', text: '{a: 1}: 1\n', line: 1 },
];

test('refuses', async (t) => {
  for (const { name, text, line } of refused) {
    await t.test(name, () => {
      assert.throws(
        () => parseYaml(text, { file: 'x.yaml' }),
        (error) => error instanceof YamlError && error.file === 'x.yaml' && error.line === line,
      );
    });
  }
});

test('an alias bomb is refused before it unfolds', () => {
  const levels = 'abcdefghij'.split('');
  const lines = levels.map((name, i) => {
    const item = i === 0 ? 'lol' : `*${levels[i - 1]}`;
    return `${name}: &${name} [${Array.from({ length: 10 }, () => item).join(', ')}]`;
  });
  assert.throws(() => parseYaml(lines.join('\n')), /excessive aliasing/);
});

test('nesting and length are bounded', () => {
  assert.throws(() => parseYaml('['.repeat(1000)), YamlError);
  assert.throws(() => parseYaml('a: bcdef', { maxLength: 4 }), YamlError);
});

test('any text is a value or a YamlError', () => {
  const text = fc.array(fc.constantFrom(...'ab01:- \n\t#\'"{}[],&*!|>%@`?~<.=_\\'.split('')), { maxLength: 40 });
  fc.assert(
    fc.property(text, (characters) => {
      try {
        parseYamlDocuments(characters.join(''));
      } catch (error) {
        assert.ok(error instanceof YamlError, String(error));
      }
    }),
    { seed: 7, numRuns: 3000 },
  );
});

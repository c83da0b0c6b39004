import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Branch, Comment, isList, type Value } from '../document.ts';
import { readDotenv, writeDotenv } from './dotenv.ts';
import { readJson } from './json-read.ts';
import { writeJson } from './json-write.ts';
import { readYaml } from './yaml-read.ts';
import { writeYaml } from './yaml-write.ts';

/** Line separators of Unicode are left out: they are line breaks to go-yaml, which wrote YAML 1.1, and not to YAML 1.2. */
const hostile = fc.constantFrom(
  ...[
    '',
    ' ',
    '\n',
    '\t',
    '- x',
    '? x',
    ': x',
    '#',
    'a: b',
    'a #b',
    '&a',
    '*a',
    '!a',
    '|',
    '>',
    '%',
    '@',
    '`',
    "'",
    '"',
  ],
  ...[
    'yes',
    'no',
    'on',
    'true',
    'null',
    '~',
    '0x1',
    '1e3',
    '.inf',
    '2001-01-01',
    '12:30',
    '<<',
    '=',
    '---',
    '...',
    '{}',
  ],
  ...['\u0000', '\u0085', '\ufeff', 'é', '😀', '\r\n', 'a\n\nb\n\n', '\n a', ' a\nb', 'a \nb ', '\ta\nb', 'a\tb'],
);
const text = fc.oneof(
  hostile,
  fc.string({ maxLength: 20 }),
  fc.array(hostile, { maxLength: 4 }).map((parts) => parts.join('')),
);
const leaf: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: text },
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Number.isInteger(x)),
  fc.boolean(),
  fc.constant(null),
);

const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.uniqueArray(fc.tuple(text, tie('value')), { maxLength: 4, selector: ([key]) => key }).map(branchOf),
  ),
}));
const branch = fc
  .uniqueArray(fc.tuple(text, value), { minLength: 1, maxLength: 5, selector: ([key]) => key })
  .map(branchOf);

function branchOf(entries: readonly (readonly [string, Value])[]): Branch {
  return new Branch(entries.map(([key, member]) => ({ key, value: member })));
}

/** As text that tells types apart. */
function shown(from: Value | undefined): unknown {
  if (from instanceof Branch)
    return from.items.map(({ key, value: member }) => [key instanceof Comment ? '#' : key, shown(member)]);
  if (from !== undefined && from !== null && isList(from)) return { list: from.map(shown) };
  return typeof from === 'bigint' ? { int: String(from) } : from;
}

test('whatever a document says, it says after it was written as YAML', () => {
  const property = fc.property(fc.array(branch, { minLength: 1, maxLength: 2 }), (branches) => {
    const written = writeYaml(branches);
    assert.deepEqual(readYaml(written).map(shown), branches.map(shown), written);
  });
  fc.assert(property, { numRuns: 400, seed: 1 });
});

test('whatever a document says, it says after it was written as JSON', () => {
  const property = fc.property(branch, (one) => {
    const written = writeJson(one);
    assert.deepEqual(readJson(written).map(shown), [shown(one)], written);
  });
  fc.assert(property, { numRuns: 400, seed: 1 });
});

test('values without backslashes survive a dotenv file', () => {
  const line = fc.string({ maxLength: 20 }).filter((value) => !value.includes('\\'));
  const property = fc.property(fc.array(line, { maxLength: 5 }), (values) => {
    const one = branchOf(values.map((member, i) => [`K${i}`, member]));
    assert.deepEqual(readDotenv(writeDotenv(one)).map(shown), [shown(one)]);
  });
  fc.assert(property, { numRuns: 200, seed: 1 });
});

test('any text is a document or an error that says why not', () => {
  const property = fc.property(
    fc.oneof(
      fc.string(),
      fc.array(hostile).map((parts) => parts.join('\n')),
    ),
    (input) => {
      for (const read of [readYaml, readJson, readDotenv]) {
        try {
          read(input);
        } catch (error) {
          assert.equal((error as Error).name, 'SopsError', String(error));
        }
      }
    },
  );
  fc.assert(property, { numRuns: 500, seed: 1 });
});

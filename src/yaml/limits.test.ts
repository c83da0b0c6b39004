import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { emitYaml } from './emit.ts';
import { emitNode } from './emit-node.ts';
import { expandAliases } from './expand-aliases.ts';
import { jsonValue } from './json-value.ts';
import { parseYaml, parseYamlDocuments } from './parse.ts';
import { parseNodes } from './parse-nodes.ts';
import { YamlError } from './yaml-error.ts';

/** What a caller sees of a text, through both readers. */
function read(text: string): void {
  parseYamlDocuments(text);
  for (const node of parseNodes(text)) emitNode(expandAliases(node));
}

function refused(text: string, says: RegExp): void {
  assert.throws(
    () => read(text),
    (error) => error instanceof YamlError && says.test(error.message),
  );
}

const repeat = (text: string, times: number) => text.repeat(times);
const levels = (first: string, count: number, next: (last: string) => string) =>
  [`a0: &a0 ${first}`, ...Array.from({ length: count }, (_, i) => `a${i + 1}: &a${i + 1} ${next(`*a${i}`)}`)].join(
    '\n',
  );

describe('texts that are made to be expensive', () => {
  it('end where they nest too deep', () => {
    for (const text of [
      repeat('[', 100_000) + repeat(']', 100_000),
      `${repeat('{a: ', 100_000)}1${repeat('}', 100_000)}`,
      `${repeat('- ', 100_000)}x`,
      repeat('? ', 100_000),
      repeat(': ', 100_000),
      repeat('[', 100_000),
    ]) {
      refused(text, /maxDepth/);
    }
  });

  it('end where aliases stand for too much', () => {
    const nine = (last: string) => `[${Array(9).fill(last).join(', ')}]`;
    refused(levels('[x]', 12, nine), /excessive aliasing/);
    const long = `a: &a ${repeat('x', 100_000)}\nb: [${Array(20_000).fill('*a').join(', ')}]`;
    assert.throws(() => parseNodes(long).map((node) => expandAliases(node)), YamlError);
    const merged = levels('{k: v}', 12, (last) => `{<<: [${Array(9).fill(last).join(', ')}], ${repeat('x', 9)}: 1}`);
    assert.ok(
      parseNodes(merged)
        .map((node) => emitNode(expandAliases(node)))
        .join('').length < 10_000,
    );
    refused('a: &a {b: *a}', /contains itself/);
    refused('a: &a\n  <<: *a', /contains itself/);
  });

  it('are read in time when they are only long', () => {
    const started = process.cpuUsage();
    for (const text of [
      Array.from({ length: 20_000 }, (_, i) => `k${i}: v${i}`).join('\n'),
      `a: |\n${repeat('  line\n', 100_000)}`,
      `a: >\n${repeat('  x\n\n', 50_000)}`,
      repeat('# x\n', 100_000),
      repeat('---\n', 20_000),
      `"${repeat('\\"', 200_000)}"`,
      Array.from({ length: 10_000 }, (_, i) => `- &a${i} x`).join('\n'),
      `{${Array.from({ length: 10_000 }, (_, i) => `k${i}: 1`).join(', ')}}`,
    ]) {
      read(text);
    }
    assert.ok(process.cpuUsage(started).user < 20_000_000, 'more than 20 s of CPU');
  });

  it('hold numbers that nothing can hold', () => {
    for (const text of ['1e400', '-1e400', repeat('9', 100_000), `0x${repeat('f', 1000)}`, '.inf', '.nan', '1e-400']) {
      assert.ok(parseNodes(`a: ${text}`).length === 1);
      try {
        JSON.stringify(jsonValue(parseNodes(`a: ${text}`)[0] ?? assert.fail()));
      } catch (error) {
        assert.ok(error instanceof Error && !(error instanceof TypeError), String(error));
      }
    }
    assert.equal(emitYaml(parseYaml('18446744073709551615')), '18446744073709551615\n');
  });
});

describe('names that mean something to JavaScript', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];

  it('are data like any other', () => {
    for (const name of names) {
      for (const text of [
        `${name}: {polluted: 1}`,
        `{"${name}": {polluted: 1}}`,
        `x: &x {${name}: {polluted: 1}}\ny: {<<: *x}`,
      ]) {
        const value = parseYaml(text);
        const emitted = emitYaml(value);
        assert.match(emitted, new RegExp(`"?${name}"?:\\n +polluted: 1`), text);
        assert.deepEqual(parseYaml(emitted), value);
        const [node = assert.fail()] = parseNodes(text);
        assert.match(JSON.stringify(jsonValue(expandAliases(node))), new RegExp(`"${name}":{"polluted":1}`));
        assert.equal(({} as Readonly<Record<string, unknown>>)['polluted'], undefined);
      }
    }
  });
});

describe('any bytes', () => {
  const decoder = new TextDecoder();
  const letters = fc.string({
    unit: fc.constantFrom(...'ab01:-. \n\t\r#\'"{}[],&*!|>%@`?~<=_\\\u0000\u0085\u2028\ufeff\ud800é日😀'.split('')),
    maxLength: 60,
  });
  const lines = fc
    .array(
      fc.constantFrom(
        'a:',
        '  b: &x',
        '- *x',
        '<<: *x',
        '? k',
        ': v',
        '|',
        '>-',
        '--- ',
        '...',
        '{a: [',
        ']}',
        '"',
        '%YAML 1.1',
        '!!binary =',
        '  - ',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('\n'));

  it('are documents or a YamlError', () => {
    const texts = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((bytes) => decoder.decode(bytes)),
      letters,
      lines,
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          read(text);
        } catch (error) {
          assert.ok(error instanceof YamlError, String(error));
        }
      }),
      { seed: 23, numRuns: 3000 },
    );
  });
});

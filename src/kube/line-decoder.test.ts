import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TransportError } from './errors.ts';
import { LineDecoder } from './line-decoder.ts';

function decode(chunks: readonly (string | Buffer)[], maxBytes = 1_000): { lines: string[]; unfinished: boolean } {
  const lines: string[] = [];
  const decoder = new LineDecoder(maxBytes, (line) => lines.push(line));
  for (const chunk of chunks) decoder.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return { lines, unfinished: decoder.unfinished };
}

const snowman = Buffer.from('☃');

const cases: readonly { name: string; given: readonly (string | Buffer)[]; lines: string[]; unfinished?: boolean }[] = [
  { name: 'one line in one chunk', given: ['a\n'], lines: ['a'] },
  { name: 'many lines in one chunk', given: ['a\nb\nc\n'], lines: ['a', 'b', 'c'] },
  { name: 'one line in many chunks', given: ['a', 'b', 'c\n'], lines: ['abc'] },
  { name: 'a line break at the start of a chunk', given: ['ab', '\ncd\n'], lines: ['ab', 'cd'] },
  { name: 'a character cut in two', given: [snowman.subarray(0, 1), snowman.subarray(1), '\n'], lines: ['☃'] },
  { name: 'empty lines are left out', given: ['\n\na\n\n'], lines: ['a'] },
  { name: 'empty chunks change nothing', given: ['', 'a', '', '\n', ''], lines: ['a'] },
  { name: 'an end without a line break', given: ['a\nb'], lines: ['a'], unfinished: true },
  { name: 'nothing', given: [], lines: [] },
];

describe('LineDecoder', () => {
  for (const { name, given, lines, unfinished = false } of cases) {
    test(name, () => assert.deepEqual(decode(given), { lines, unfinished }));
  }

  for (const [name, chunks] of [
    ['in one chunk', ['12345678901\n']],
    ['in several', ['123456', '78901']],
    ['completed beyond it', ['1234567890', '1\n']],
  ] as const) {
    test(`refuses a line beyond its bound ${name}`, () => {
      assert.throws(
        () => decode(chunks, 10),
        (error) => error instanceof TransportError && error.code === 'TooLarge',
      );
    });
  }

  test('takes a line of exactly its bound', () => {
    assert.deepEqual(decode(['12345', '67890\n'], 10).lines, ['1234567890']);
  });

  test('gives the same lines however the bytes are cut', () => {
    const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ' ').toWellFormed());
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(40)), fc.boolean(), (lines, cuts, ended) => {
        const text = lines.join('\n') + (ended && lines.length > 0 ? '\n' : '');
        const bytes = Buffer.from(text);
        const chunks: Buffer[] = [];
        let at = 0;
        for (const size of cuts) {
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        chunks.push(bytes.subarray(at));
        const parts = text.split('\n');
        const rest = parts.pop() ?? '';
        const { lines: got, unfinished } = decode(chunks, 1_000_000);
        assert.deepEqual(
          got,
          parts.filter((part) => part !== ''),
        );
        assert.equal(unfinished, rest !== '');
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('never holds more than its bound', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
        const decoder = new LineDecoder(100, (line) => assert.ok(Buffer.byteLength(line) <= 300));
        try {
          for (const chunk of chunks) decoder.push(Buffer.from(chunk));
        } catch (error) {
          assert.ok(error instanceof TransportError);
        }
      }),
      { seed: 2, numRuns: 300 },
    );
  });
});

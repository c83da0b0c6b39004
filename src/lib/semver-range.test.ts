import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseSemverRange } from './semver-range.ts';
import { compareVersions, parseTagVersion, type Version } from './semver-version.ts';

interface Recorded {
  readonly versions: readonly { readonly version: string; readonly valid: boolean }[];
  readonly ascending: readonly string[];
  readonly ranges: readonly { readonly range: string; readonly error?: string; readonly matches?: readonly string[] }[];
}

const recorded: Recorded = JSON.parse(
  readFileSync(new URL('testdata/semver-ranges.json', import.meta.url), 'utf8'),
) as Recorded;

function version(text: string): Version {
  const parsed = parseTagVersion(text);
  assert.ok(parsed, text);
  return parsed;
}

describe('semver, as Masterminds does it', () => {
  it('reads the same tags as versions', () => {
    for (const { version: text, valid } of recorded.versions) {
      assert.equal(parseTagVersion(text) !== undefined, valid, text);
    }
  });

  it('orders versions the same', () => {
    for (const [index, text] of recorded.ascending.entries()) {
      const next = recorded.ascending[index + 1];
      if (next !== undefined) {
        assert.ok(compareVersions(version(text), version(next)) <= 0, `${text} before ${next}`);
        assert.ok(compareVersions(version(next), version(text)) >= 0, `${next} after ${text}`);
      }
    }
  });

  const candidates = recorded.versions.filter(({ valid }) => valid).map(({ version: text }) => version(text));
  for (const { range, error, matches } of recorded.ranges) {
    it(`range ${JSON.stringify(range.slice(0, 40))}`, () => {
      if (error !== undefined) {
        assert.throws(() => parseSemverRange(range), { name: 'RangeError', message: error });
        return;
      }
      const parsed = parseSemverRange(range);
      assert.deepEqual(
        candidates.filter((one) => parsed.includes(one)).map(({ original }) => original),
        matches,
      );
    });
  }

  it('takes no time over any text', () => {
    const piece = fc.constantFrom(
      ' ',
      ', ',
      ' ,',
      '1',
      '1.x',
      '>=',
      '-',
      ' - ',
      '||',
      '~',
      '^',
      '.',
      '|',
      'v',
      '*',
      '+a',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 500 }), (pieces) => {
        const started = performance.now();
        try {
          parseSemverRange(pieces.join(''));
        } catch (error) {
          assert.ok(error instanceof RangeError);
        }
        assert.ok(performance.now() - started < 1000);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GoMap } from '../../gotemplate/value/values.ts';
import { parseInto, type SetMode, StrvalsError } from './strvals.ts';

/** Results are held to the original's by src/cli/template.test.ts. */
describe('parseInto', () => {
  for (const mode of [
    'typed',
    'string',
    'json',
    'literal',
    { file: (path: string) => path },
  ] as const satisfies SetMode[])
    it(`ends with a value or an error, whatever it is given: ${typeof mode === 'string' ? mode : 'file'}`, () => {
      const parts = fc.array(
        fc.constantFrom(
          'a',
          'b',
          '.',
          '[',
          ']',
          '0',
          '1',
          '65537',
          '=',
          ',',
          '{',
          '}',
          '\\',
          '"',
          ' ',
          'null',
          '-',
          'ö',
          '__proto__',
        ),
      );
      const check = (text: readonly string[]): void => {
        const target = new GoMap();
        try {
          parseInto(text.join(''), target, mode);
        } catch (error) {
          assert.ok(error instanceof StrvalsError, `${text.join('')}: ${String(error)}`);
        }
        assert.ok(target.entries instanceof Map);
        assert.equal(Object.getPrototypeOf({}), Object.prototype);
      };
      fc.assert(fc.property(parts, check), { seed: 6, numRuns: 1500 });
    });

  it('refuses lists that are too long, and nesting that is too deep', () => {
    assert.throws(() => parseInto('a[65537]=1', new GoMap(), 'typed'), /greater than maximum supported index/);
    assert.throws(() => parseInto(`${'a.'.repeat(100_000)}a=1`, new GoMap(), 'typed'), /nested level is greater/);
    assert.throws(() => parseInto(`a${'[0]'.repeat(100_000)}=1`, new GoMap(), 'typed'), StrvalsError);
  });
});

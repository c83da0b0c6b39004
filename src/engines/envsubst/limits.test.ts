// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such texts are what is tested
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { envsubst } from './envsubst.ts';
import { EnvsubstError } from './envsubst-error.ts';
import { BadPattern, compileGlob, GlobRun, globMatch } from './glob.ts';

const values: Readonly<Record<string, string>> = { long: 'ab'.repeat(100_000), a: 'a'.repeat(20_000), b: '[' };
const run = (template: string) => envsubst(template, (name) => values[name]);

describe('templates that are made to be expensive', () => {
  it('end at a length', () => {
    for (const template of [
      '${long//a/${long}}',
      '${a//a/${a}}',
      '${long}'.repeat(1000),
      '${a//${none}/${a}}',
      '${none:-${long//b/${a}}}',
    ]) {
      assert.throws(() => run(template), /longer than \d+ characters/, template.slice(0, 40));
    }
  });

  it('end at a depth', () => {
    for (const open of ['${a:-', '${a/', '${a#', '${a:']) {
      assert.throws(() => run(open.repeat(100_000)), EnvsubstError, open);
    }
  });

  it('are done in time', () => {
    const started = process.cpuUsage();
    assert.equal(run('${long##*a}'), 'b');
    assert.equal(run('${long%%b*}'), 'a');
    assert.equal(run('${long##*a*a*a*a*a*z}'), values['long']);
    assert.throws(() => run('${long#[}'), EnvsubstError);
    assert.equal(run('$'.repeat(100_000)).length, 50_000);
    assert.ok(process.cpuUsage(started).user < 15_000_000, 'more than 15 s of CPU');
  });
});

describe('matching all prefixes at once', () => {
  it('finds what matching each of them finds', () => {
    const pattern = fc.string({ unit: fc.constantFrom(...'ab*?[]^-\\é'.split('')), maxLength: 7 });
    const text = fc.string({ unit: fc.constantFrom(...'ab-]^é\ufffd'.split('')), maxLength: 7 });
    fc.assert(
      fc.property(pattern, text, (glob, given) => {
        const steps = compileGlob(glob);
        if (steps === undefined) return;
        let run = new GlobRun(steps);
        let prefix = '';
        for (const char of ['', ...given]) {
          if (char !== '') run = run.after(char);
          prefix += char;
          assert.equal(run.matches, globMatch(glob, prefix), JSON.stringify([glob, prefix]));
        }
      }),
      { seed: 41, numRuns: 4000 },
    );
  });

  it('is not done with what is no pattern', () => {
    for (const glob of ['[', 'a[b', '[]', '[-]', '\\']) {
      assert.equal(compileGlob(glob), undefined, glob);
      assert.throws(() => globMatch(glob, 'aaaa'.slice(0, glob.length)), BadPattern, glob);
    }
  });
});

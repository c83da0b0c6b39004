import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { screen } from './patterns.ts';
import { alertNamed } from './testing.ts';

const cases: readonly {
  readonly name: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly message?: string;
  readonly passes: boolean;
  readonly problems?: readonly string[];
}[] = [
  { name: 'everything without lists', passes: true },
  { name: 'what is included', include: ['nothing', 'some.*'], passes: true },
  { name: 'not what is not included', include: ['nothing'], passes: false },
  { name: 'not what is excluded', exclude: ['^some'], passes: false },
  { name: 'not what is included and excluded', include: ['some'], exclude: ['thing'], passes: false },
  { name: 'what another pattern excludes', exclude: ['^thing'], passes: true },
  { name: 'without regard to case when asked to', exclude: ['(?i)SOME'], passes: false },
  { name: 'over lines as RE2 does', message: 'one\ntwo', exclude: ['^two'], passes: true },
  {
    name: 'a pattern that is none excludes nothing',
    exclude: ['['],
    passes: true,
    problems: ['failed to compile exclusion regex: ['],
  },
  {
    name: 'a pattern that is none includes nothing',
    include: ['(?=a)'],
    passes: false,
    problems: ['failed to compile inclusion regex: (?=a)'],
  },
  {
    name: 'and the next pattern counts',
    exclude: ['[', 'some'],
    passes: false,
    problems: ['failed to compile exclusion regex: ['],
  },
  {
    name: 'a pattern that is too large is none',
    exclude: ['((a{100}){100}){100}'],
    passes: true,
    problems: ['failed to compile exclusion regex: ((a{100}){100}){100}'],
  },
];

describe('screen', () => {
  for (const { name, include, exclude, message = 'something happened', passes, problems = [] } of cases) {
    it(`passes: ${name}`, () => {
      const { spec } = alertNamed({
        ...(include === undefined ? {} : { inclusionList: include }),
        ...(exclude === undefined ? {} : { exclusionList: exclude }),
      });
      assert.deepEqual(screen(message, spec), { passes, problems });
    });
  }

  it('takes time in proportion to the message, whatever the pattern', () => {
    const { spec } = alertNamed({ exclusionList: ['^(a+)+$', '(a|a)*b'] });
    assert.deepEqual(screen(`${'a'.repeat(5000)}!`, spec), { passes: true, problems: [] });
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GitError } from './errors.ts';
import { parseGitmodules } from './gitmodules.ts';

function parse(text: string): string[] {
  return [...parseGitmodules(Buffer.from(text)).values()].map(({ name, path, url }) => `${name}|${path}|${url}`);
}

describe('parseGitmodules', () => {
  const good: readonly { name: string; given: string; want: readonly string[] }[] = [
    { name: 'nothing', given: '', want: [] },
    { name: 'a submodule', given: '[submodule "a"]\n\tpath = lib/a\n\turl = ../a.git\n', want: ['a|lib/a|../a.git'] },
    { name: 'CRLF and a mark', given: '\ufeff[submodule "a"]\r\npath=a\r\nurl=u\r\n', want: ['a|a|u'] },
    { name: 'comments', given: '# x\n[submodule "a"] ; y\npath = a # z\nurl = "u#v" ; w\n', want: ['a|a|u#v'] },
    { name: 'any case of keys', given: '[SubModule "A"]\nPATH = a\nUrl = u\n', want: ['A|a|u'] },
    {
      name: 'escapes and quotes',
      given: '[submodule "a\\"b"]\npath = "x  y" \nurl = u\\\\v\n',
      want: ['a"b|x  y|u\\v'],
    },
    { name: 'a continued line', given: '[submodule "a"]\npath = a\nurl = one\\\ntwo\n', want: ['a|a|onetwo'] },
    {
      name: 'a section in two parts, where the last value counts',
      given: '[submodule "a"]\npath = a\nurl = u\n[submodule "a"]\nurl = v\n',
      want: ['a|a|v'],
    },
    {
      name: 'other sections',
      given:
        '[core]\nbare = true\n[submodule]\nactive = x\n[submodule "a"]\npath = a\nurl = u\nfetchRecurseSubmodules\n',
      want: ['a|a|u'],
    },
    { name: 'no path or no url', given: '[submodule "a"]\npath = a\n[submodule "b"]\nurl = u\n', want: [] },
    {
      name: 'suspicious names',
      given:
        '[submodule "../a"]\npath = a\nurl = u\n[submodule "b"]\npath = ../b\nurl = u\n[submodule "c"]\npath = -c\nurl = u\n',
      want: [],
    },
  ];
  for (const { name, given, want } of good) {
    it(`reads ${name}`, () => assert.deepEqual(parse(given), want));
  }

  for (const given of [
    '[submodule "a"\npath = a\n',
    '[submodule "a"]\npath = "a\n',
    '[submodule "a"]\npath = a\\x\n',
    '= 1\n',
  ]) {
    it(`refuses ${JSON.stringify(given)}`, () =>
      assert.throws(() => parse(given), { name: 'GitError', code: 'CorruptData' }));
  }

  it('answers any text with submodules or a GitError, and soon', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      'submodule',
      ' ',
      '"a"',
      '\\',
      '"',
      '\n',
      'path',
      '=',
      'url',
      '#',
      '..',
      '-',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        try {
          parse(pieces.join(''));
        } catch (error) {
          assert.ok(error instanceof GitError);
        }
      }),
      { seed: 1, numRuns: 3000 },
    );
  });
});

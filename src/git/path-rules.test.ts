import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkEntryName, isDotGitmodules } from './path-rules.ts';

describe('checkEntryName', () => {
  const refused: readonly string[] = [
    '',
    '.',
    '..',
    'a/b',
    '/',
    'a\0',
    'a\nb',
    'a\u007f',
    '\\',
    '..\\etc',
    'a\\..',
    'a\\.\\b',
    'a\\.git\\b',
    '.git',
    '.GIT',
    '.Git',
    '.git.',
    '.git ',
    '.git . .',
    '.git::$INDEX_ALLOCATION',
    'git~1',
    'GIT~1',
    'git~1.',
    '.g\u200cit',
    '\u200e.git',
    '.gi\ufefft',
    '.g\u200ci\u200dT',
    'x'.repeat(256),
    'ü'.repeat(128),
  ];
  for (const name of refused) {
    it(`refuses ${JSON.stringify(name)}`, () => {
      assert.throws(() => checkEntryName(name, 'a'), { name: 'GitError', code: 'UnsafePath' });
    });
  }

  const taken: readonly string[] = [
    'a',
    '...',
    '.github',
    '.gitignore',
    '.gitmodules',
    '.gitx',
    'git',
    'git~2',
    'git~10',
    'a.git',
    'x.git.',
    'dev-disk-by\\x2dlabel.mount',
    'a b',
    ' ',
    'ä日本',
    'C:',
    'aux.yaml',
    '-rf',
    '.g it',
  ];
  for (const name of taken) {
    it(`takes ${JSON.stringify(name)}`, () => assert.doesNotThrow(() => checkEntryName(name, '')));
  }

  it('never lets a name through that leads elsewhere', () => {
    const part = fc.constantFrom('.', '..', 'g', 'git', '.git', '\\', '/', '~1', ' ', '\u200c', 'a', '\0', ':');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const name = parts.join('');
        try {
          checkEntryName(name, '');
        } catch {
          return;
        }
        const steps = name.split(/[\\/]/);
        assert.ok(!name.includes('/') && !steps.includes('..') && !steps.includes('.git'), name);
      }),
      { seed: 1, numRuns: 5000 },
    );
  });
});

describe('isDotGitmodules', () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['.gitmodules', true],
    ['.GITMODULES', true],
    ['.gitmodules .', true],
    ['.gitmodules:x', true],
    ['gitmod~1', true],
    ['GI7EBA~1', true],
    ['gi7eb~12', true],
    ['.gitmod\u200dules', true],
    ['gitmodules', false],
    ['.gitmodules2', false],
    ['gitmod~5', false],
    ['gi7eba~0', false],
  ];
  for (const [name, want] of cases) {
    it(`${JSON.stringify(name)}: ${want}`, () => assert.equal(isDotGitmodules(name), want));
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GitRepository } from '../../../crds/source/git-repository.ts';
import { contentConfigChanged, observedConfig } from './content-config.ts';
import { findIncludes, includesDiffer } from './includes.ts';
import { artifact, gitRepository } from './testing.ts';

const include = [{ repository: { name: 'library' }, fromPath: 'base' }];

function lookupOf(...objects: readonly GitRepository[]) {
  return ({ name }: { readonly name: string }) => objects.find(({ metadata }) => metadata.name === name);
}

describe('findIncludes', () => {
  it('gives the artifacts in the order of the spec, below the repository’s name by default', () => {
    const library = gitRepository({}, { artifact: artifact('main@sha1:1') }, 'library');
    const object = gitRepository({ include: [...include, { repository: { name: 'library' }, toPath: 'x' }] });
    assert.deepEqual(
      findIncludes(object, lookupOf(library)).map(({ name, fromPath, toPath }) => [name, fromPath, toPath]),
      [
        ['library', 'base', 'library'],
        ['library', '', 'x'],
      ],
    );
  });

  it('waits for what is missing, and for what has no artifact', () => {
    const object = gitRepository({ include });
    const options = { condition: 'IncludeUnavailable' };
    assert.throws(() => findIncludes(object, lookupOf()), { faultClass: 'waiting', reason: 'NotFound', options });
    const library = gitRepository({}, {}, 'library');
    assert.throws(() => findIncludes(object, lookupOf(library)), {
      faultClass: 'waiting',
      reason: 'NoArtifact',
      options,
    });
  });
});

describe('contentConfigChanged', () => {
  const library = gitRepository({}, { artifact: artifact('main@sha1:1', 'sha256:1') }, 'library');
  const spec = { include, ignore: '*.md', sparseCheckout: ['a'], recurseSubmodules: true };
  const includes = findIncludes(gitRepository(spec), lookupOf(library));
  const observed = JSON.parse(JSON.stringify(observedConfig(gitRepository(spec), includes))) as NonNullable<
    GitRepository['status']
  >;

  const cases: readonly (readonly [string, Partial<GitRepository['spec']>, boolean])[] = [
    ['the same spec', {}, false],
    [
      'empty paths for absent ones',
      { include: [{ ...include[0], repository: { name: 'library' }, toPath: '' }] },
      false,
    ],
    ['other ignore rules', { ignore: '*.txt' }, true],
    ['empty ignore rules', { ignore: '' }, true],
    ['other directories', { sparseCheckout: ['a', 'b'] }, true],
    ['no submodules', { recurseSubmodules: false }, true],
    ['another path of an include', { include: [{ repository: { name: 'library' }, fromPath: 'other' }] }, true],
  ];
  for (const [what, change, want] of cases) {
    it(`is ${want} for ${what}`, () => {
      assert.equal(contentConfigChanged(gitRepository({ ...spec, ...change }, observed), includes), want);
    });
  }

  it('sees another revision and another digest of an include', () => {
    for (const changed of [artifact('main@sha1:2', 'sha256:1'), artifact('main@sha1:1', 'sha256:2')]) {
      const object = gitRepository(spec, observed);
      const now = findIncludes(object, lookupOf(gitRepository({}, { artifact: changed }, 'library')));
      assert.equal(contentConfigChanged(object, now), true);
      assert.equal(includesDiffer(object, now), changed.revision !== 'main@sha1:1');
    }
  });

  it('leaves nothing in the status for a plain spec', () => {
    const plain = gitRepository({ sparseCheckout: [], include: [], recurseSubmodules: false });
    assert.deepEqual(JSON.parse(JSON.stringify(observedConfig(plain, []))), {});
    assert.equal(contentConfigChanged(plain, []), false);
  });
});

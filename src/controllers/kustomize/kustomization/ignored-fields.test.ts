import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generateKustomization } from '../../../engines/kustomize/flux-generate.ts';
import { memoryTree } from '../../../lib/memory-tree.ts';
import { assertNotEmptied, checkIgnoredFields } from './ignored-fields.ts';

const generated = (text: string) => generateKustomization(memoryTree({ 'app/kustomization.yaml': text }), 'app', {});

describe('fields of a kustomization that nobody knows', () => {
  it('fail the build when a known one was meant', () => {
    for (const [text, says] of [
      ['resourcez: [a]', /'app\/kustomization\.yaml': unknown field "resourcez" \(did you mean "resources"\?\)/],
      ['foo: 1\nresource: [a]\nnameSpaces: b', /"nameSpaces" \(did you mean "namespace"\?\); .*"resource"/],
    ] as const) {
      assert.throws(() => checkIgnoredFields(generated(text)), says);
    }
  });

  it('are told of otherwise', () => {
    assert.deepEqual(checkIgnoredFields(generated('resources: [a]\nfoo: 1\nimages: [{name: a, newTags: b}]')), [
      `unknown field "foo" in 'app/kustomization.yaml' is ignored`,
      `unknown field "images[0].newTags" (did you mean "newTag"?) in 'app/kustomization.yaml' is ignored`,
    ]);
    assert.deepEqual(checkIgnoredFields(generated('Resources: [a]')), []);
  });

  it('fail a build that is empty', () => {
    assert.doesNotThrow(() => assertNotEmptied(generated('foo: 1'), 1));
    assert.doesNotThrow(() => assertNotEmptied(generated('resources: []'), 0));
    assert.throws(() => assertNotEmptied(generated('apps: [a]'), 0), /builds nothing: unknown field "apps"/);
  });
});

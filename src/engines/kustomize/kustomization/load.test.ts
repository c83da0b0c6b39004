import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BuildError } from '../build-error.ts';
import { fixKustomization, readKustomization } from './load.ts';

const read = (text: string) => readKustomization(text, 'kustomization.yaml', 'v5.8.2');

describe('kustomization files', () => {
  it('are read in any case of their fields', () => {
    assert.deepEqual(read('Resources: [a]\nNAMESPACE: x\nreplicas: [{name: a, count: 3}]'), {
      resources: ['a'],
      namespace: 'x',
      replicas: [{ name: 'a', count: 3 }],
    });
  });

  it('tell of all problems at once', () => {
    assert.throws(
      () => read('resource: [a]\nnamespace: 5\nreplicas: [{name: a, count: many}]\nlabels: [{pairs: {a: true}}]'),
      (error) => {
        assert.ok(error instanceof BuildError);
        for (const name of ['"resource"', '"namespace"', '"replicas[0].count"', '"labels[0].pairs.a"'])
          assert.ok(error.message.includes(name), error.message);
        assert.equal(error.file, 'kustomization.yaml');
        assert.equal(error.line, 4);
        return true;
      },
    );
  });

  it('name the field that was meant', () => {
    for (const [text, meant] of [
      ['resourcez: []', 'resources'],
      ['resource: []', 'resources'],
      ['configmapGenerators: []', 'configMapGenerator'],
      ['images: [{newTags: x}]', 'newTag'],
    ] as const) {
      assert.throws(() => read(text), new RegExp(`did you mean "${meant}"`));
    }
    assert.throws(
      () => read('foo: []'),
      (error) => error instanceof Error && !error.message.includes('mean'),
    );
  });

  it('say where they are no YAML', () => {
    assert.throws(
      () => read('resources:\n- a\n b: c\n'),
      (error) => error instanceof BuildError && error.line === 3 && error.file === 'kustomization.yaml',
    );
  });

  it('are brought up to date', () => {
    const fixed = fixKustomization(
      read(
        'resources: [a]\nbases: [b]\nimageTags: [{name: i, newTag: t}]\nconfigMapGenerator: [{name: g, env: e, envs: [f]}]',
      ),
    );
    assert.deepEqual(fixed.resources, ['a', 'b']);
    assert.deepEqual(fixed.images, [{ name: 'i', newTag: 't' }]);
    assert.deepEqual(fixed.configMapGenerator?.[0]?.envs, ['f', 'e']);
    assert.equal(fixed.kind, 'Kustomization');
    assert.equal(fixed.apiVersion, 'kustomize.config.k8s.io/v1beta1');
  });

  it('know fields since their version', () => {
    const text = 'labels: [{pairs: {a: b}, includeVolumeClaimTemplates: true}]';
    assert.equal(read(text).labels?.[0]?.includeVolumeClaimTemplates, true);
    assert.throws(() => readKustomization(text, 'k', 'v5.8.1'), /includeVolumeClaimTemplates/);
  });
});

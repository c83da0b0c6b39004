import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memoryTree } from '../../lib/memory-tree.ts';
import { type BuildOptions, build } from './build.ts';
import { BuildError } from './build-error.ts';

const configMap = (name: string, more = '') => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n${more}`;
const list = (length: number, item: (i: number) => string) =>
  `[${Array.from({ length }, (_, i) => item(i)).join(', ')}]`;

type Files = Readonly<Record<string, string>>;

const cases: readonly { name: string; files: Files; says: RegExp; limits?: BuildOptions['limits'] }[] = [
  {
    name: 'aliases of aliases',
    files: {
      'kustomization.yaml': 'resources: [a.yaml]',
      'a.yaml': configMap(
        'a',
        [
          'a0: &a0 [x]',
          ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} ${list(9, () => `*a${i}`)}`),
        ].join('\n'),
      ),
    },
    says: /excessive aliasing/,
  },
  {
    name: 'patches that copy what the last one made',
    files: {
      'kustomization.yaml': `resources: [a.yaml]\npatches: ${list(30, (i) => `{patch: '[{"op": "copy", "from": "/data", "path": "/data/c${i}"}]', target: {kind: ConfigMap}}`)}`,
      'a.yaml': configMap('a', 'data: {a: b}'),
    },
    says: /copies more than 20000 values/,
    limits: { maxCopiedValues: 20_000 },
  },
  {
    name: 'one patch for many objects',
    files: {
      'kustomization.yaml': `resources: [a.yaml]\npatches: [{patch: '${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { k: 'v'.repeat(1000) } })}', target: {kind: ConfigMap}}]`,
      'a.yaml': Array.from({ length: 100 }, (_, i) => configMap(`a${i}`)).join('---\n'),
    },
    says: /copies more than 50000 characters/,
    limits: { maxCopiedText: 50_000 },
  },
  {
    name: 'replacements that grow each other',
    files: {
      'kustomization.yaml': `resources: [a.yaml, b.yaml]\nreplacements: ${list(30, () => '{source: {kind: ConfigMap, name: a, fieldPath: data}, targets: [{select: {name: b}, fieldPaths: [data.x], options: {create: true}}]}, {source: {kind: ConfigMap, name: b, fieldPath: data}, targets: [{select: {name: a}, fieldPaths: [data.x, data.y], options: {create: true}}]}')}`,
      'a.yaml': configMap('a', 'data: {k: v}'),
      'b.yaml': configMap('b', 'data: {k: v}'),
    },
    says: /copies more than 20000 values/,
    limits: { maxCopiedValues: 20_000 },
  },
  {
    name: 'one var in many places',
    files: {
      'kustomization.yaml':
        'resources: [a.yaml]\nvars: [{name: V, objref: {apiVersion: v1, kind: Pod, name: a}, fieldref: {fieldpath: metadata.annotations.v}}]',
      'a.yaml': `apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {v: ${'x'.repeat(10_000)}}}\nspec: {containers: [{name: c, args: ${list(50, () => 'a$(V)')}}]}\n`,
    },
    says: /copies more than 100000 characters/,
    limits: { maxCopiedText: 100_000 },
  },
  {
    name: 'one file that is read many times',
    files: {
      'kustomization.yaml': `configMapGenerator: [{name: g, files: ${list(50, (i) => `k${i}=a.txt`)}}]`,
      'a.txt': 'x'.repeat(10_000),
    },
    says: /reads more than 100000 bytes/,
    limits: { maxReadBytes: 100_000 },
  },
  {
    name: 'nesting',
    files: { 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': configMap('a', `spec: ${'{a: '.repeat(100_000)}`) },
    says: /maxDepth/,
  },
];

describe('a build that asks for too much', () => {
  for (const { name, files, says, limits = {} } of cases) {
    it(`ends: ${name}`, () => {
      assert.throws(
        () => build(memoryTree(files), '', { limits }),
        (error) => error instanceof BuildError && error.problems.length === 1 && says.test(error.message),
      );
    });
  }

  it('nests as deep as a reader may without ending the process', () => {
    const deep = `spec: ${'{a: '.repeat(390)}1${'}'.repeat(390)}`;
    const files = {
      'kustomization.yaml':
        'resources: [a.yaml]\nnamePrefix: x\ncommonLabels: {a: b}\nimages: [{name: z, newTag: v1}]\nnamespace: ns1',
      'a.yaml': configMap('a', deep),
    };
    assert.equal(build(memoryTree(files), '').objects.length, 1);
  });

  it('takes a document of 20,000 lines', () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `  k${i}: v${i}`).join('\n');
    const files = {
      'kustomization.yaml': 'resources: [a.yaml]\nnamePrefix: x',
      'a.yaml': configMap('a', `data:\n${lines}\n`),
    };
    assert.ok(build(memoryTree(files), '').toYaml().length > 250_000);
  });
});

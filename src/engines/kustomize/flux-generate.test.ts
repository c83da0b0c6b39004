import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memoryTree } from '../../lib/memory-tree.ts';
import { BuildError } from './build-error.ts';
import { type FluxSpec, generateKustomization } from './flux-generate.ts';

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n';

interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly dir?: string;
  readonly spec?: FluxSpec;
  readonly want: string;
}

const cases: readonly Case[] = [
  {
    name: 'all manifests below, and directories with a kustomization file',
    files: {
      'a.yaml': configMap,
      'b.json': '{}',
      'sub/b.yml': configMap,
      'base/kustomization.yaml': 'resources: [c.yaml]',
      'base/c.yaml': 'nothing: here',
    },
    want: 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- ./a.yaml\n- ./base\n- ./sub/b.yml\n',
  },
  {
    name: 'a namespace that says nothing, of an empty directory',
    files: { 'app/readme.md': '' },
    dir: 'app',
    want: 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: _placeholder\n',
  },
  {
    name: 'what the spec adds to a file that is there',
    files: {
      'app/kustomization.yml':
        'resources: [a.yaml]\nnamespace: old\nimages:\n- name: x\n  newTag: "1"\n- name: other\n  newTag: "5"\n',
    },
    dir: './app/',
    spec: {
      targetNamespace: 'new',
      namePrefix: 'p-',
      nameSuffix: '-s',
      patches: [{ patch: 'a: b', target: { kind: 'ConfigMap' } }],
      images: [
        { name: 'x', newName: 'y', digest: 'sha256:0' },
        { name: 'z', newTag: '2' },
      ],
      components: ['../c', '../gone'],
      ignoreMissingComponents: true,
    },
    want:
      'apiVersion: kustomize.config.k8s.io/v1beta1\nimages:\n- digest: sha256:0\n  name: x\n  newName: "y"\n- name: other\n' +
      '  newTag: "5"\n- name: z\n  newTag: "2"\nkind: Kustomization\nnamePrefix: p-\nnameSuffix: -s\nnamespace: new\n' +
      "patches:\n- patch: 'a: b'\n  target:\n    kind: ConfigMap\nresources:\n- a.yaml\n",
  },
];

describe('the kustomization of a directory', () => {
  for (const { name, files, dir = '', spec = {}, want } of cases) {
    it(`has ${name}`, () => {
      const tree = memoryTree(files);
      const { manifest, tree: after, file } = generateKustomization(tree, dir, spec);
      assert.equal(manifest, want);
      assert.equal(new TextDecoder().decode(after.readFile(file)), want);
      assert.notEqual(new TextDecoder().decode(tree.readFile(file) ?? new Uint8Array()), want, 'the tree stays');
    });
  }

  it('says whether it was there', () => {
    assert.equal(generateKustomization(memoryTree({ 'a.yaml': configMap }), '', {}).action, 'created');
    assert.equal(generateKustomization(memoryTree({ Kustomization: '' }), '', {}).action, 'unchanged');
  });

  it('is seen in listings', () => {
    const { tree } = generateKustomization(memoryTree({ 'z.yaml': configMap, 'a.yaml': configMap }), '', {});
    assert.deepEqual(
      tree.list('')?.map(({ name }) => name),
      ['a.yaml', 'kustomization.yaml', 'z.yaml'],
    );
    assert.equal(tree.stat('./kustomization.yaml'), 'file');
  });

  it('keeps names like __proto__', () => {
    const tree = memoryTree({ 'kustomization.yaml': 'commonAnnotations:\n  __proto__: x\n' });
    assert.match(generateKustomization(tree, '', {}).manifest, /commonAnnotations:\n {2}__proto__: x\n/);
  });

  it('is refused for a file in place of the directory', () => {
    assert.throws(() => generateKustomization(memoryTree({ 'app/a.yaml': configMap }), 'app/a.yaml', {}), {
      name: 'BuildError',
      message: 'open /app/a.yaml/kustomization.yaml: not a directory',
    });
  });

  it('is refused where something is wrong', () => {
    const refused: readonly (readonly [Record<string, string>, FluxSpec, RegExp])[] = [
      [{ 'bad.yaml': 'a: b\n c: d' }, {}, /failed to decode Kubernetes YAML from \/bad.yaml/],
      [{ 'bad.yaml': 'a: b' }, {}, /\/bad.yaml/],
      [{ 'kustomization.yaml': 'resources: {}' }, {}, /resources/],
      [{ 'kustomization.yaml': '' }, { components: ['https://example.com/c'] }, /must be local/],
      [{ 'kustomization.yaml': '' }, { components: ['/etc'] }, /must be local/],
    ];
    for (const [files, spec, message] of refused) {
      assert.throws(
        () => generateKustomization(memoryTree(files), '', spec),
        (error) => error instanceof BuildError && message.test(error.message),
      );
    }
  });
});

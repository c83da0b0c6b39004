// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such texts are what is tested
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { memoryTree } from '../../lib/memory-tree.ts';
import { emitYaml } from '../../yaml/emit.ts';
import { parseYamlDocuments } from '../../yaml/parse.ts';
import { build } from './build.ts';
import { BuildError } from './build-error.ts';
import { generateKustomization } from './flux-generate.ts';
import { substituteObjects } from './flux-substitute.ts';

const word = fc.constantFrom('a', 'b', 'web', 'x-1', 'w', 'app', '__proto__', 'constructor', '');
const kind = fc.constantFrom('ConfigMap', 'Secret', 'Deployment', 'Namespace', 'Foo', 'ConfigMapList', 'Kustomization');
const dir = fc.constantFrom('base', 'over', 'comp', 'more');
const file = fc.constantFrom('one.yaml', 'two.yaml', 'patch.yaml', 'text.txt', 'nothing', '.', '..');
const path = fc.oneof(
  file,
  dir.map((name) => `../${name}`),
  fc.tuple(dir, file).map(([d, f]) => `../${d}/${f}`),
);
const map = fc.dictionary(word, word, { maxKeys: 2, noNullPrototype: true });
const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 });
const fields = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { requiredKeys: [], noNullPrototype: true });

const selector = fields({
  kind,
  name: fc.oneof(word, fc.constantFrom('.*', 'w.*', '(', 'a|b')),
  labelSelector: fc.constantFrom('a=b', 'x in (', ''),
});
const fieldPath = fc.constantFrom(
  'metadata.name',
  'data.k',
  'spec.template.spec.containers.0.image',
  'data.[',
  'spec.*.x',
  'metadata.annotations.a/b',
  '',
);

const object = fc.oneof(
  {
    weight: 30,
    arbitrary: fields({
      apiVersion: fc.constantFrom('v1', 'apps/v1', 'x.io/v1'),
      kind,
      metadata: fc.record(
        { name: fc.constantFrom(...'abcdefghijklm'), namespace: word, labels: map, annotations: map },
        { requiredKeys: ['name'], noNullPrototype: true },
      ),
      data: map,
      spec: fields({
        replicas: fc.nat(3),
        template: fields({ spec: fields({ containers: some(fields({ name: word, image: word, env: some(map) })) }) }),
        other: fc.jsonValue({ maxDepth: 2 }),
      }),
      $patch: fc.constantFrom('delete', 'replace', 'merge'),
    }).map((one) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a' },
      ...one,
      ...(Math.abs(JSON.stringify(one).length % 5) > 0 ? { $patch: undefined } : {}),
    })),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);
const documents = some(object).map((objects) =>
  objects.map((one) => emitYaml(JSON.parse(JSON.stringify(one)))).join('---\n'),
);

const features = {
  kind: fc.constantFrom('Kustomization', 'Component'),
  resources: some(path),
  components: some(path),
  namespace: word,
  namePrefix: word,
  nameSuffix: word,
  commonLabels: map,
  commonAnnotations: map,
  labels: some(fields({ pairs: map, includeSelectors: fc.boolean(), includeTemplates: fc.boolean() })),
  images: some(fields({ name: word, newName: word, newTag: word, digest: word })),
  replicas: some(fields({ name: word, count: fc.integer() })),
  patches: some(fields({ path: file, patch: documents, target: selector })),
  configMapGenerator: some(
    fields({
      name: word,
      literals: some(fc.constantFrom('a=b', '=', 'k')),
      files: some(path),
      behavior: fc.constantFrom('merge', 'create', 'x'),
    }),
  ),
  secretGenerator: some(fields({ name: word, literals: some(fc.constantFrom('a=b', '__proto__=1')) })),
  generatorOptions: fields({ labels: map, disableNameSuffixHash: fc.boolean(), immutable: fc.boolean() }),
  replacements: some(
    fields({
      source: fields({
        kind,
        name: word,
        fieldPath,
        options: fields({ delimiter: fc.constantFrom('-', ''), index: fc.integer({ min: -2, max: 3 }) }),
      }),
      targets: some(
        fields({
          select: selector,
          reject: some(selector),
          fieldPaths: some(fieldPath),
          options: fields({ create: fc.boolean(), delimiter: fc.constantFrom('-', '') }),
        }),
      ),
    }),
  ),
  vars: some(
    fields({
      name: word,
      objref: fields({ apiVersion: fc.constant('v1'), kind, name: word }),
      fieldref: fields({ fieldPath }),
    }),
  ),
  buildMetadata: some(fc.constantFrom('originAnnotations', 'transformerAnnotations', 'managedByLabel', 'x')),
  sortOptions: fields({ order: fc.constantFrom('legacy', 'fifo', 'x') }),
};

/** A few of the fields at a time: with all of them nothing is ever built. */
const kustomization = fc
  .uniqueArray(fc.constantFrom(...(Object.keys(features) as (keyof typeof features)[])), { maxLength: 4 })
  .chain((names) =>
    fc.record(Object.fromEntries(names.map((name) => [name, features[name] as fc.Arbitrary<unknown>])), {
      noNullPrototype: true,
    }),
  )
  .map((chosen) => ({ resources: ['one.yaml'], ...chosen }));

const folder = fc.record({ kustomization, one: documents, two: documents, patch: documents });
const tree = fc.dictionary(dir, folder, { minKeys: 1, maxKeys: 4, noNullPrototype: true }).map((folders) =>
  Object.fromEntries(
    Object.entries(folders).flatMap(([name, { kustomization: k, one, two, patch }]) => [
      [`${name}/kustomization.yaml`, emitYaml(JSON.parse(JSON.stringify(k)))],
      [`${name}/one.yaml`, one],
      [`${name}/two.yaml`, two],
      [`${name}/patch.yaml`, patch],
      [`${name}/text.txt`, 'A=B\n${x}'],
    ]),
  ),
);

/** The text of a result, or what was said instead; anything but a BuildError fails the test. */
function outcome(action: () => string): string {
  try {
    return action();
  } catch (error) {
    assert.ok(error instanceof BuildError, String((error as Error).stack));
    return `error: ${error.message}`;
  }
}

describe('builds of any tree', () => {
  it('end in objects or a BuildError, the same each time', () => {
    const options = fc.record({
      loadRestrictions: fc.constantFrom('none' as const, 'rootOnly' as const),
      reorder: fc.constantFrom('none' as const, 'legacy' as const),
      version: fc.constantFrom('v5.8.1' as const, 'v5.8.2' as const),
    });
    let built = 0;
    fc.assert(
      fc.property(tree, dir, options, (files, at, how) => {
        const run = () => outcome(() => build(memoryTree(files), at, how).toYaml());
        const first = run();
        assert.equal(run(), first);
        if (!first.startsWith('error: ')) built++;
        assert.equal(Object.keys(Object.prototype).length, 0);
      }),
      { seed: 61, numRuns: 800 },
    );
    assert.ok(built > 60, `only ${built} of the trees were built`);
  });

  it('are objects again when what was built is read', () => {
    fc.assert(
      fc.property(tree, dir, (files, at) => {
        const text = outcome(() => build(memoryTree(files), at, { loadRestrictions: 'none' }).toYaml());
        if (text.startsWith('error: ')) return;
        const objects = parseYamlDocuments(text).filter((one) => one !== null);
        assert.equal(objects.map(emitYaml).join('---\n'), text);
      }),
      { seed: 62, numRuns: 400 },
    );
  });

  it('are what the controller makes of them, or a BuildError', () => {
    const spec = fields({
      targetNamespace: word,
      namePrefix: word,
      images: some(fields({ name: word, newTag: word })),
      components: some(path),
    });
    fc.assert(
      fc.property(tree, dir, spec, (files, at, more) => {
        outcome(() => {
          const generated = generateKustomization(memoryTree(files), at, more);
          const { objects } = build(generated.tree, at, {
            reorder: 'none',
            loadRestrictions: 'none',
            version: 'v5.8.1',
          });
          return substituteObjects(objects, new Map([['x', 'y']]))
            .map(emitYaml)
            .join('---\n');
        });
      }),
      { seed: 63, numRuns: 300 },
    );
  });
});

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { memoryTree } from '../../lib/memory-tree.ts';
import type { Tree } from '../../lib/tree.ts';
import { BuildError, type BuildOptions, build } from './build.ts';

interface Fixture {
  readonly dir: string;
  readonly options?: BuildOptions;
  /** What our error must know, when the build is to fail. */
  readonly error?: { file: string; line?: number; field?: string; names: readonly string[] };
}

const testdata = join(import.meta.dirname, 'testdata');

function filesBelow(folder: string): Record<string, Uint8Array> {
  const files = globSync('**/*', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path)];
    }),
  );
}

describe(`what kustomize ${readFileSync(join(testdata, 'version.txt'), 'utf8').trim()} built`, () => {
  for (const file of globSync('**/case.json', { cwd: testdata }).sort()) {
    const folder = join(testdata, dirname(file));
    const { dir, options, error } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Fixture;
    const run = () => build(memoryTree(filesBelow(join(folder, 'tree'))), dir, options);
    it(dirname(file), () => {
      if (error === undefined) {
        assert.equal(run().toYaml(), readFileSync(join(folder, 'expected.yaml'), 'utf8'));
        return;
      }
      assert.ok(existsSync(join(folder, 'expected-error.txt')), 'the original fails too');
      const { names, ...place } = error;
      assert.throws(run, (thrown) => {
        assert.ok(thrown instanceof BuildError);
        const { file: where, line, field } = thrown;
        assert.deepEqual({ file: where, line, field }, { line: undefined, field: undefined, ...place });
        for (const name of names) assert.ok(thrown.message.includes(name), `${name} is not in: ${thrown.message}`);
        return true;
      });
    });
  }
});

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n';

function failsWith(tree: Tree, dir: string, message: RegExp, options?: BuildOptions): void {
  assert.throws(
    () => build(tree, dir, options),
    (error) => error instanceof BuildError && message.test(error.message),
  );
}

describe('build', () => {
  it('gives objects whose members are in the order in which they are written', () => {
    const { objects, toYaml } = build(
      memoryTree({ 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': configMap }),
      '',
    );
    assert.deepEqual(Object.keys(objects[0] ?? {}), ['apiVersion', 'data', 'kind', 'metadata']);
    assert.equal(toYaml(), 'apiVersion: v1\ndata:\n  k: v\nkind: ConfigMap\nmetadata:\n  name: a\n');
  });

  it('warns of deprecated fields', () => {
    const tree = memoryTree({
      'b/kustomization.yaml': 'resources: [a.yaml]',
      'b/a.yaml': configMap,
      'kustomization.yaml': 'bases: [b]',
    });
    assert.deepEqual(build(tree, '').warnings, [
      "/kustomization.yaml: 'bases' is deprecated. Please use 'resources' instead.",
    ]);
  });

  it('never leaves the tree, however a path is written', () => {
    const tree = memoryTree({ 'a.yaml': configMap, 'app/kustomization.yaml': 'resources: [../../../../a.yaml]' });
    assert.equal(build(tree, 'app', { loadRestrictions: 'none' }).objects.length, 1);
    failsWith(tree, 'app', /security; file '\/a.yaml' is not in or below '\/app'/);
    failsWith(tree, '../../nowhere', /'\/nowhere' doesn't exist/);
    for (const path of ['../../a.yaml', '../..', '/a.yaml', '/']) {
      for (const field of [
        `resources: [${path}]`,
        `configMapGenerator: [{name: g, files: [k=${path}]}]`,
        `components: [${path}]`,
      ]) {
        const files = { 'a.yaml': configMap, 'kustomization.yaml': '', 'app/kustomization.yaml': field };
        const says = /fs-security-constraint: path '\.?\.?\/.*' is not in or below the root|cannot be absolute/;
        failsWith(memoryTree(files), 'app', says, { loadRestrictions: 'none', confined: true });
      }
    }
  });

  it('refuses what is not in the tree', () => {
    for (const [resource, message] of [
      ['https://example.com/a.yaml', /remote resources are not enabled/],
      ['git@example.com:owner/repo', /remote resources are not enabled/],
      ['https://example.com/owner/repo//dir?ref=v1', /remote resources are not enabled/],
      ['/etc', /'\/etc' doesn't exist/],
    ] as const) {
      failsWith(memoryTree({ 'kustomization.yaml': `resources: ['${resource}']` }), '', message);
    }
    failsWith(memoryTree({ 'kustomization.yaml': 'helmCharts: [{name: x}]' }), '', /enable-helm/);
    failsWith(
      memoryTree({
        'kustomization.yaml': 'transformers: [t.yaml]',
        't.yaml': 'apiVersion: x/v1\nkind: T\nmetadata: {name: t}',
      }),
      '',
      /external plugins disabled/,
    );
  });

  it('ends when kustomizations refer to each other', () => {
    const deep = Object.fromEntries(
      Array.from({ length: 120 }, (_, i) => [`d${i}/kustomization.yaml`, `resources: [../d${i + 1}]`]),
    );
    failsWith(memoryTree(deep), 'd0', /deeper than 100 levels/);
    failsWith(memoryTree(deep), 'd0', /deeper than 5 levels/, { maxDepth: 5 });
    failsWith(memoryTree({ 'a/kustomization.yaml': 'resources: [../a]' }), 'a', /cycle/);
    failsWith(memoryTree({ 'a/b/kustomization.yaml': 'resources: [..]', 'a/kustomization.yaml': '' }), 'a/b', /cycle/);
  });

  it('ends when they refer to each other twice on each level', () => {
    const twice = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        `d${i}/kustomization.yaml`,
        i === 39 ? 'namePrefix: x' : `resources: [../d${i + 1}, ../d${i + 1}/]`,
      ]),
    );
    failsWith(memoryTree(twice), 'd0', /more than 500 kustomizations/, { limits: { maxKustomizations: 500 } });
    const missing = { ...twice, 'd39/kustomization.yaml': 'resources: [nothing]' };
    failsWith(memoryTree(missing), 'd0', /more than 500 kustomizations|doesn't exist/, {
      limits: { maxKustomizations: 500 },
    });
  });

  it('tells of all problems that do not depend on each other, the first one first', () => {
    const tree = memoryTree({
      'kustomization.yaml': `resources: [gone.yaml, base, cut.yaml]
components: [lost]
configMapGenerator: [{name: g, files: [no-file]}, {name: h, literals: [no-value]}]
patches: [{path: no-patch.yaml}, {patch: "{}}"}]`,
      'base/kustomization.yaml': 'resourcez: [x]\nnamePrefixx: y',
      'cut.yaml': 'kind: [',
    });
    assert.throws(
      () => build(tree, ''),
      (error) => {
        assert.ok(error instanceof BuildError);
        const says = [
          /'gone\.yaml'.*\(file 'kustomization\.yaml'/,
          /unknown field "namePrefixx".*"resourcez".*'base\/kustomization\.yaml'/,
          /MalformedYAMLError: yaml: line 1: .* cut\.yaml/,
          /no-file/,
          /no-value/,
          /lost/,
          /no-patch\.yaml/,
          /\{\}\}/,
        ];
        assert.equal(error.problems.length, says.length, error.message);
        for (const [i, pattern] of says.entries()) assert.match(error.problems[i]?.message ?? '', pattern);
        assert.equal(error.message, error.problems.map(({ message }) => message).join('; '));
        assert.deepEqual([error.file, error.field], ['kustomization.yaml', 'resources']);
        return true;
      },
    );
  });

  it('tells of all patches and replacements that find nothing', () => {
    const patch = (name: string) => `{patch: "{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}}}"}`;
    const tree = memoryTree({
      'a.yaml': configMap,
      'kustomization.yaml': `resources: [a.yaml]\npatches: [${patch('one')}, ${patch('a')}, ${patch('two')}]`,
      'other/kustomization.yaml': `resources: [a.yaml]
replacements: [{source: {kind: A}, targets: [{select: {}}]}, {source: {kind: B}, targets: [{select: {}}]}]`,
      'other/a.yaml': configMap,
    });
    failsWith(tree, '', /one.*no matches for Id.*; .*two.*no matches for Id/);
    failsWith(tree, 'other', /nothing selected by A.*; nothing selected by B/);
  });

  it('tells of every object that a step fails for', () => {
    const broken = (name: string) => `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${name}\nspec: none\n`;
    const tree = memoryTree({
      'kustomization.yaml': 'resources: [a.yaml]\ncommonLabels: {a: b}',
      'a.yaml': `${broken('one')}---\n${broken('two')}`,
    });
    failsWith(tree, '', /Deployment.v1.apps\/one.*; .*Deployment.v1.apps\/two/);
  });

  it('keeps numbers that doubles cannot hold', () => {
    const tree = memoryTree({
      'kustomization.yaml': 'resources: [a.yaml]',
      'a.yaml': `${configMap}big: 9007199254740993\n`,
    });
    assert.match(build(tree, '').toYaml(), /^big: 9007199254740993$/m);
  });

  it('takes names like __proto__ as any other', () => {
    const text = `${configMap}__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\n`;
    const { toYaml } = build(
      memoryTree({
        'kustomization.yaml':
          'resources: [a.yaml]\ncommonAnnotations: {__proto__: x}\nconfigMapGenerator: [{name: g, literals: [__proto__=1, toString=2]}]',
        'a.yaml': text,
      }),
      '',
    );
    assert.match(toYaml(), /__proto__:\n {2}polluted: 1/);
    assert.match(toYaml(), /__proto__: "1"\n {2}toString: "2"/);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
});

/** Lines that break a file, or try to. */
const damage = [
  'null',
  '[]',
  '{}',
  '- a',
  '"x"',
  '&a [*a]',
  '$patch: delete',
  '__proto__: {x: 1}',
  '- - -',
  '|',
  '<<: 1',
  '\t',
];

describe('build of damaged files', () => {
  it('gives objects or a BuildError, and changes nothing else', () => {
    const fixtures = globSync('*/case.json', { cwd: testdata }).map((file) => {
      const folder = join(testdata, dirname(file));
      return { dir: 'overlay', files: filesBelow(join(folder, 'tree')) };
    });
    const change = fc.record({ file: fc.nat(), line: fc.nat(), text: fc.constantFrom(...damage), keep: fc.nat(30) });
    const cases = fc.tuple(fc.nat(fixtures.length - 1), fc.array(change, { minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(cases, ([index, changes]) => {
        const fixture = fixtures[index] as (typeof fixtures)[number];
        const files: Record<string, string> = {};
        for (const [path, bytes] of Object.entries(fixture.files)) files[path] = Buffer.from(bytes).toString();
        const paths = Object.keys(files);
        for (const { file, line, text, keep } of changes) {
          const path = paths[file % paths.length] as string;
          const lines = (files[path] ?? '').split('\n');
          const at = line % lines.length;
          lines[at] = (lines[at] ?? '').slice(0, keep) + text;
          files[path] = lines.join('\n');
        }
        try {
          build(memoryTree(files), fixture.dir, { loadRestrictions: 'none' }).toYaml();
        } catch (error) {
          assert.ok(error instanceof BuildError, String((error as Error).stack));
        }
        assert.equal(({} as Record<string, unknown>)['x'], undefined);
      }),
      { seed: 20, numRuns: 400 },
    );
  });
});

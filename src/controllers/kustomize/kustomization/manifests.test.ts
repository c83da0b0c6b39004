// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Flux look like this
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FakeServer } from '../../../../test/support/fake-client.ts';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { memoryTree } from '../../../lib/memory-tree.ts';
import type { DigestedTree } from '../../../lib/traced-tree.ts';
import { BuildThread } from '../build-thread/build-thread.ts';
import { BuildMemo } from './build-memo.ts';
import { manifestsOf } from './manifests.ts';

type Files = Readonly<Record<string, string>>;
type Spec = Partial<Kustomization['spec']>;

const signal = new AbortController().signal;

/** A tree that counts the files which are read. */
function treeOf(files: Files): DigestedTree & { reads: number } {
  const tree = memoryTree(files);
  const digested = {
    reads: 0,
    stat: tree.stat,
    list: tree.list,
    readFile(path: string) {
      digested.reads += 1;
      return tree.readFile(path);
    },
    digestOf(path: string) {
      const bytes = tree.readFile(path);
      return bytes === undefined ? undefined : createHash('sha256').update(bytes).digest('base64');
    },
  };
  return digested;
}

/** Builds one Kustomization again and again; tells whether a build was made, and its digest. */
function builder(cluster = new FakeServer()) {
  const builds = new BuildMemo();
  const decryption = { ageSecret: undefined, objectLevelIdentity: false };
  const deps = {
    builds,
    thread: new BuildThread(),
    remotes: undefined,
    client: cluster.client(),
    strictSubstitutions: false,
    decryption,
  };
  return async (files: Files, { dir = 'app', ...spec }: Spec & { dir?: string } = {}) => {
    const tree = treeOf(files);
    const object: Kustomization = {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'app', namespace: 'ns' },
      spec: {
        interval: '1h',
        prune: true,
        force: false,
        sourceRef: { kind: 'GitRepository', name: 'repo' },
        ...spec,
      },
    };
    let opened = false;
    const opener = {
      async open() {
        opened = true;
        return { tree, dir: '/nowhere' };
      },
    };
    const artifact = JSON.stringify(files);
    const manifests = await manifestsOf(object, { files: opener, artifact, dir, signal }, deps);
    return { built: tree.reads > 0, opened, digest: manifests.digest, objects: manifests.objects };
  };
}

const configMap = (name: string, value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {key: "${value}"}\n`;
const kustomization = (...resources: string[]): string => `resources: [${resources.join(', ')}]\n`;

describe('manifestsOf', () => {
  const generated = { 'app/a.yaml': configMap('a', '1'), 'other/b.yaml': configMap('b', '1') };
  const listed = { ...generated, 'app/kustomization.yaml': kustomization('a.yaml', '../other/b.yaml') };
  const substituted = { 'app/a.yaml': configMap('a', '${value}') };
  const cases: {
    name: string;
    before: Files;
    after: Files;
    spec?: Spec;
    spec2?: Spec & { dir?: string };
    built: boolean;
  }[] = [
    { name: 'nothing', before: generated, after: generated, built: false },
    {
      name: 'a file elsewhere',
      before: generated,
      after: { ...generated, 'other/b.yaml': configMap('b', '2') },
      built: false,
    },
    { name: 'a file', before: generated, after: { ...generated, 'app/a.yaml': configMap('a', '2') }, built: true },
    {
      name: 'one more file in a directory that is listed',
      before: generated,
      after: { ...generated, 'app/c.yaml': configMap('c', '1') },
      built: true,
    },
    {
      name: 'one more file deep below',
      before: generated,
      after: { ...generated, 'app/x/y/c.yaml': configMap('c', '1') },
      built: true,
    },
    { name: 'a kustomization where there was none', before: generated, after: listed, built: true },
    {
      name: 'a kustomization of another name',
      before: generated,
      after: { ...generated, 'app/Kustomization': kustomization('a.yaml') },
      built: true,
    },
    {
      name: 'one more file in a directory that is not listed',
      before: listed,
      after: { ...listed, 'app/c.yaml': configMap('c', '1') },
      built: false,
    },
    {
      name: 'a file outside that is named',
      before: listed,
      after: { ...listed, 'other/b.yaml': configMap('b', '2') },
      built: true,
    },
    { name: 'the path', before: generated, after: generated, spec2: { dir: 'other' }, built: true },
    {
      name: 'the images',
      before: generated,
      after: generated,
      spec2: { images: [{ name: 'a', newTag: '2' }] },
      built: true,
    },
    {
      name: 'a variable',
      before: substituted,
      after: substituted,
      spec: { postBuild: { substitute: { value: '1' } } },
      spec2: { postBuild: { substitute: { value: '2' } } },
      built: true,
    },
  ];
  for (const { name, before, after, spec = {}, spec2 = spec, built } of cases) {
    it(`${built ? 'builds' : 'builds nothing'} when this is new: ${name}`, async () => {
      const build = builder();
      assert.equal((await build(before, spec)).built, true);
      assert.equal((await build(after, spec2)).built, built);
    });
  }

  it('builds when a Secret of substituteFrom is another one, and keeps no value of it', async () => {
    const cluster = new FakeServer();
    const secret = (value: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'vars', namespace: 'ns' },
      data: { value: Buffer.from(value).toString('base64') },
    });
    const spec = { postBuild: { substituteFrom: [{ kind: 'Secret', name: 'vars', optional: false }] } } as const;
    const build = builder(cluster);
    cluster.edit(secret('one'));
    const first = await build(substituted, spec);
    assert.equal((await build(substituted, spec)).built, false);
    cluster.edit(secret('two'));
    const second = await build(substituted, spec);
    assert.equal(second.built, true);
    assert.notEqual(second.digest, first.digest);
  });

  it('opens another artifact, and not the same one again', async () => {
    const build = builder();
    await build(generated);
    assert.equal((await build(generated)).opened, false);
    const moved = { ...generated, 'other/b.yaml': configMap('b', '2') };
    assert.deepEqual([(await build(moved)).opened, (await build(moved)).opened], [true, false]);
    assert.equal((await build(moved, { dir: 'other' })).opened, true);
  });

  it('makes the objects when somebody needs them after all', async () => {
    const build = builder();
    const first = await build(generated);
    const second = await build(generated);
    assert.equal(second.built, false);
    assert.deepEqual(await second.objects(), await first.objects());
  });

  it('remembers nothing of a build that failed', async () => {
    const build = builder();
    const broken = { 'app/kustomization.yaml': kustomization('a.yaml') };
    await assert.rejects(build(broken), { name: 'Fault', reason: 'BuildFailed' });
    assert.equal((await build({ ...broken, 'app/a.yaml': configMap('a', '1') })).built, true);
    await assert.rejects(build(broken), { name: 'Fault', reason: 'BuildFailed' });
  });

  it('never skips a build that would give something else', async () => {
    const paths = ['app/a.yaml', 'app/b.yaml', 'app/sub/c.yaml', 'base/d.yaml', 'base/e.yaml', 'base/more/f.yaml'];
    const file = fc
      .tuple(fc.constantFrom(...paths), fc.constantFrom('1', '2', '${v}'))
      .map(([path, value]): [string, string | null] => [path, configMap(path.replace(/\W/g, '-'), value)]);
    const index = fc
      .tuple(
        fc.constantFrom('app', 'base', 'app/sub'),
        fc.subarray(['a.yaml', 'b.yaml', 'sub', '../base', 'd.yaml', 'more', 'c.yaml']),
      )
      .map(([dir, resources]): [string, string | null] => [`${dir}/kustomization.yaml`, kustomization(...resources)]);
    const gone = fc
      .constantFrom(...paths, 'app/kustomization.yaml', 'base/kustomization.yaml')
      .map((path): [string, string | null] => [path, null]);
    const edits = fc.array(fc.array(fc.oneof(file, index, gone), { minLength: 1, maxLength: 3 }), {
      minLength: 2,
      maxLength: 8,
    });
    const variables = fc.constantFrom('1', '2');
    const outcome = (made: Promise<{ digest: string }>) =>
      made.then(
        ({ digest }) => digest,
        (error: Error) => error.message,
      );
    await fc.assert(
      fc.asyncProperty(edits, variables, async (commits, v) => {
        const traced = builder();
        let files: Record<string, string> = { 'app/a.yaml': configMap('a', '0') };
        for (const commit of commits) {
          files = { ...files };
          for (const [path, text] of commit) {
            if (text === null) delete files[path];
            else files[path] = text;
          }
          const spec = { postBuild: { substitute: { v } } };
          assert.equal(await outcome(traced(files, spec)), await outcome(builder()(files, spec)));
        }
      }),
      { seed: 11, numRuns: 150 },
    );
  });
});

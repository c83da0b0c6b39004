import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { memoryTree } from '../../../lib/memory-tree.ts';
import { answersTo, type DigestedTree } from '../../../lib/traced-tree.ts';
import type { BuildAnswer } from '../build-thread/build-request.ts';
import type { BuildInputs } from './build-inputs.ts';
import { BuildMemo } from './build-memo.ts';
import { type TracedBuild, tracedBuild } from './traced-build.ts';

const configMap = (name: string, bytes: number): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {text: ${'x'.repeat(bytes)}}\n`;
const small = { 'app/a.yaml': configMap('a', 10) };
const large = { 'app/a.yaml': configMap('a', 20_000), 'app/b.yaml': configMap('b', 20_000) };
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
const inputs: BuildInputs = {
  spec: { interval: '1h', prune: true, force: false, sourceRef: { kind: 'GitRepository', name: 'repo' } },
  dir: 'app',
  variables: undefined,
  strict: false,
  decryptionKeys: undefined,
};

function treeOf(files: Readonly<Record<string, string>>): DigestedTree {
  const tree = memoryTree(files);
  return {
    ...tree,
    digestOf(path) {
      const bytes = tree.readFile(path);
      return bytes === undefined ? undefined : createHash('sha256').update(bytes).digest('base64');
    },
  };
}

describe('tracedBuild', () => {
  let builds: BuildMemo;
  let asked: number;
  let answer: (tree: DigestedTree) => BuildAnswer;

  beforeEach(() => {
    builds = new BuildMemo();
    asked = 0;
    answer = (tree) => {
      const looks = ['rapp/a.yaml', 'rapp/b.yaml'];
      const objects = [JSON.stringify(object)];
      return { objects, digest: 'sha256:d', warnings: [], looks, answers: answersTo(looks, tree) };
    };
  });

  function build(files: Readonly<Record<string, string>>, changed: Partial<BuildInputs> = {}): Promise<TracedBuild> {
    const tree = treeOf(files);
    const task = {
      key: { namespace: 'ns', name: 'app' },
      inputs: { ...inputs, ...changed },
      artifact: { tree, dir: '/artifact' },
      signal: new AbortController().signal,
      timeoutMs: 30_000,
    };
    const thread = {
      build: async () => {
        asked += 1;
        return answer(tree);
      },
    };
    return tracedBuild(task, { builds, thread, remotes: undefined });
  }

  it('builds here what is small, and in the thread what is not', async () => {
    assert.equal((await build(small)).objects.length, 1);
    assert.equal(asked, 0);
    const { objects, looks } = await build(large);
    assert.deepEqual([asked, objects, looks], [1, [object], ['rapp/a.yaml', 'rapp/b.yaml']]);
  });

  it('goes to the thread at once with what was too large before', async () => {
    await build(large);
    await build(small);
    assert.equal(asked, 2);
  });

  it('builds here what decrypts, however large', async () => {
    const decryptionKeys = { digest: 'd', sources: () => ({}) } as unknown as BuildInputs['decryptionKeys'];
    assert.equal((await build(large, { decryptionKeys })).objects.length, 2);
    assert.equal(asked, 0);
  });

  it('builds here what turns out to need more than files, and keeps to that', async () => {
    answer = () => ({ elsewhere: true });
    assert.equal((await build(large)).objects.length, 2);
    assert.equal((await build(large)).objects.length, 2);
    assert.equal(asked, 1);
  });

  it('tells what failed in the thread', async () => {
    answer = () => ({ failed: 'kustomize build failed: no' });
    await assert.rejects(build(large), { name: 'Fault', reason: 'BuildFailed', message: 'kustomize build failed: no' });
  });

  it('takes nothing that was built from other files', async () => {
    const forged = answer(treeOf({ ...large, 'app/b.yaml': 'forged' }));
    answer = () => forged;
    await assert.rejects(build(large), { name: 'Fault', reason: 'BuildFailed', message: /not those that it holds/ });
  });
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeServer } from '../../../../test/support/fake-client.ts';
import { memoryTree } from '../../../lib/memory-tree.ts';
import type { DigestedTree } from '../../../lib/traced-tree.ts';
import { BuildThread } from '../build-thread/build-thread.ts';
import { BuildMemo } from '../kustomization/build-memo.ts';
import { type Manifests, manifestsOf } from '../kustomization/manifests.ts';

const secret = readFileSync(join(import.meta.dirname, 'testdata/repository/tree/app/secret.yaml'), 'utf8');
const key = metadata('app');
const { signal } = new AbortController();

function metadata(name: string) {
  return { namespace: 'ns', name };
}

/** A tree that counts the files which are read. */
function treeOf(files: Readonly<Record<string, string>>): DigestedTree & { reads: number } {
  const tree = memoryTree(files);
  const counting = {
    ...tree,
    reads: 0,
    readFile(path: string) {
      counting.reads++;
      return tree.readFile(path);
    },
    digestOf: (path: string) =>
      createHash('sha256')
        .update(tree.readFile(path) ?? '')
        .digest('base64'),
  };
  return counting;
}

/** Builds one Kustomization again and again, with what its Secret says. */
class Builder {
  readonly builds = new BuildMemo();
  readonly #cluster = new FakeServer();

  setKeys(keyFile: string): void {
    const text = readFileSync(join(import.meta.dirname, `../../../sops/testdata/keys/${keyFile}.agekey`));
    const data = { 'x.agekey': text.toString('base64') };
    this.#cluster.edit({ apiVersion: 'v1', kind: 'Secret', metadata: metadata('keys'), data });
  }

  async build(files: Readonly<Record<string, string>>): Promise<Manifests & { readonly reads: number }> {
    const tree = treeOf(files);
    const manifests = await manifestsOf(
      {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: key,
        spec: {
          interval: '1h',
          prune: true,
          force: false,
          sourceRef: { kind: 'GitRepository', name: 'repo' },
          decryption: { provider: 'sops', secretRef: { name: 'keys' } },
        },
      },
      {
        files: { open: async () => ({ tree, dir: '/nowhere', [Symbol.dispose]: () => undefined }) },
        artifact: JSON.stringify(files),
        dir: 'app',
        signal,
      },
      {
        builds: this.builds,
        thread: new BuildThread(),
        remotes: undefined,
        client: this.#cluster.client(),
        strictSubstitutions: false,
        decryption: { ageSecret: undefined, objectLevelIdentity: false },
      },
    );
    return { ...manifests, reads: tree.reads };
  }
}

test('nothing is decrypted again unless a file or the keys are others', async () => {
  const builder = new Builder();
  builder.setKeys('one');
  const first = await builder.build({ 'app/secret.yaml': secret });
  assert.ok(first.reads > 0);
  const again = await builder.build({ 'app/secret.yaml': secret, 'elsewhere/README.md': 'new' });
  assert.deepEqual([again.reads, again.digest], [0, first.digest]);
  builder.setKeys('two');
  await assert.rejects(builder.build({ 'app/secret.yaml': secret }), /no identity matched/);
  builder.setKeys('one');
  assert.equal((await builder.build({ 'app/secret.yaml': secret })).digest, first.digest);
});

test('what was built in the thread before is built with its keys once it has some', async () => {
  const builder = new Builder();
  builder.setKeys('one');
  builder.builds.place(key, 'thread');
  const [object] = await (await builder.build({ 'app/secret.yaml': secret })).objects();
  assert.equal((object as { stringData?: Record<string, string> }).stringData?.['user'], 'admin');
});

test('without its Secret nothing is built', async () => {
  await assert.rejects(new Builder().build({ 'app/secret.yaml': secret }), {
    name: 'Fault',
    reason: 'BuildFailed',
    message: /secrets "keys" not found/,
  });
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { memoryTree } from '../../../lib/memory-tree.ts';
import type { ResolvedSource } from './source.ts';
import { Triage } from './triage.ts';

const tree = { ...memoryTree({}), digestOf: () => undefined };

function kustomization(name: string, ...dependsOn: string[]): Kustomization {
  const sourceRef = { kind: 'GitRepository', name: 'repo' } as const;
  const spec = {
    interval: '1h',
    prune: true,
    force: false,
    sourceRef,
    dependsOn: dependsOn.map((other) => ({ name: other })),
  };
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { namespace: 'ns', name },
    spec,
  };
}

function source(digest: string): ResolvedSource {
  const artifact = { digest, revision: 'r', url: '', path: '', lastUpdateTime: '' };
  return { kind: 'GitRepository', namespace: 'ns', name: 'repo', artifact };
}

function triage(users: readonly Kustomization[], news: readonly string[]) {
  const hastened: string[] = [];
  const made = new Triage({
    builds: { hasNews: ({ name }) => news.includes(name) },
    usersOf: () => users,
    lookup: ({ name }) => users.find(({ metadata }) => metadata.name === name),
    hasten: ({ name }) => void hastened.push(name),
  });
  return { hastened, opened: (digest: string) => made.opened(source(digest), tree) };
}

it('what has news goes first, after what it depends on, once per artifact', async () => {
  const users = [kustomization('a'), kustomization('b'), kustomization('c', 'b', 'gone'), kustomization('d')];
  const { hastened, opened } = triage(users, ['c']);
  await opened('sha256:1');
  await opened('sha256:1');
  assert.deepEqual(hastened, ['b', 'c']);
  await opened('sha256:2');
  assert.deepEqual(hastened, ['b', 'c', 'b', 'c']);
});

it('where all have news, or none, the order is left alone', async () => {
  for (const news of [[], ['a', 'b']]) {
    const { hastened, opened } = triage([kustomization('a'), kustomization('b')], news);
    await opened('sha256:1');
    assert.deepEqual(hastened, []);
  }
});

it('a cycle of dependencies ends', async () => {
  const { hastened, opened } = triage([kustomization('a', 'b'), kustomization('b', 'a'), kustomization('c')], ['a']);
  await opened('sha256:1');
  assert.deepEqual(hastened, ['b', 'a']);
});

it('of very many, those with news are found too', async () => {
  const users = Array.from({ length: 350 }, (_, i) => kustomization(`a${i}`));
  const { hastened, opened } = triage(users, ['a340', 'a2']);
  await opened('sha256:1');
  assert.deepEqual(hastened, ['a2', 'a340']);
});

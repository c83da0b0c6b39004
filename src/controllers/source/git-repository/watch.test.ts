import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GitRepository } from '../../../crds/source/git-repository.ts';
import { gitRepositoryKind } from '../../../crds/source/git-repository.ts';
import type { Client, WatchHandlers } from '../../../kube/client.ts';
import type { PartialObject } from '../../../kube/object.ts';
import { secretType } from '../../../kube/secret.ts';
import { Informer } from '../../../runtime/informer.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import type { WorkQueue } from '../../../runtime/work-queue.ts';
import { artifact, gitRepository } from './testing.ts';
import { wakeOnChanges } from './watch.ts';

/** Informers that hear what the test says, and the names of what was woken. */
function setUp(...objects: readonly GitRepository[]) {
  const handlers = new Map<string, WatchHandlers<never>>();
  const watch = (type: { plural: string }, _options: unknown, given: WatchHandlers<never>) =>
    handlers.set(type.plural, given);
  const client = { watch } as unknown as Client;
  const gitRepositories = new Informer<GitRepository>({ client, type: gitRepositoryKind, log: silentLogger });
  const secrets = new Informer<PartialObject>({ client, type: secretType, log: silentLogger });
  const woken: string[] = [];
  const queue = { add: ({ name }: { name: string }) => woken.push(name) } as unknown as WorkQueue;
  wakeOnChanges({ gitRepositories, secrets }, queue);
  for (const informer of [gitRepositories, secrets]) informer.start(new AbortController().signal);
  handlers.get('gitrepositories')?.replace(objects as never);
  handlers.get('secrets')?.replace([]);
  let version = 1;
  const changed = <T extends PartialObject>(plural: string, object: T): readonly string[] => {
    woken.length = 0;
    const metadata = { ...object.metadata, resourceVersion: String(++version) };
    handlers.get(plural)?.upsert({ ...object, metadata } as never);
    return [...woken].sort();
  };
  return { woken, changed };
}

const include = (name: string) => [{ repository: { name } }];

describe('wakeOnChanges', () => {
  it('wakes all at the start, and one whose spec changed, not one whose status did', () => {
    const object = gitRepository();
    const { woken, changed } = setUp(object);
    assert.deepEqual(woken, ['repo']);
    assert.deepEqual(changed('gitrepositories', { ...object, status: { observedGeneration: 1 } }), []);
    assert.deepEqual(changed('gitrepositories', { ...object, metadata: { ...object.metadata, generation: 2 } }), [
      'repo',
    ]);
  });

  it('wakes those that include an object whose artifact changed', () => {
    const { changed } = setUp(gitRepository({ include: include('library') }), gitRepository({}, {}, 'library'));
    assert.deepEqual(changed('gitrepositories', gitRepository({}, { artifact: artifact('1') }, 'library')), ['repo']);
    assert.deepEqual(
      changed('gitrepositories', gitRepository({}, { artifact: artifact('1'), observedGeneration: 1 }, 'library')),
      [],
    );
    assert.deepEqual(changed('gitrepositories', gitRepository({}, {}, 'library')), ['repo']);
  });

  it('does not let a circle of includes wake itself for ever', () => {
    const { changed } = setUp(
      gitRepository({ include: include('b') }, {}, 'a'),
      gitRepository({ include: include('c') }, {}, 'b'),
      gitRepository({ include: include('a') }, {}, 'c'),
      gitRepository({ include: include('a') }, {}, 'outside'),
      gitRepository({ include: include('self') }, {}, 'self'),
    );
    assert.deepEqual(
      changed('gitrepositories', gitRepository({ include: include('b') }, { artifact: artifact('1') }, 'a')),
      ['outside'],
    );
    assert.deepEqual(
      changed('gitrepositories', gitRepository({ include: include('self') }, { artifact: artifact('1') }, 'self')),
      [],
    );
  });

  it('wakes those that use a Secret that changed', () => {
    const { changed } = setUp(
      gitRepository({ secretRef: { name: 'creds' } }),
      gitRepository({ proxySecretRef: { name: 'creds' } }, {}, 'proxied'),
      gitRepository({}, {}, 'other'),
    );
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'creds', namespace: 'apps' } };
    assert.deepEqual(changed('secrets', secret), ['proxied', 'repo']);
    assert.deepEqual(changed('secrets', { ...secret, metadata: { name: 'creds', namespace: 'elsewhere' } }), []);
  });
});

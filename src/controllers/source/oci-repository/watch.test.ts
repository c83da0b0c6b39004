import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type OCIRepository, ociRepositoryKind } from '../../../crds/source/oci-repository.ts';
import type { Client, WatchHandlers } from '../../../kube/client.ts';
import type { PartialObject } from '../../../kube/object.ts';
import { secretType } from '../../../kube/secret.ts';
import { Informer } from '../../../runtime/informer.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import type { WorkQueue } from '../../../runtime/work-queue.ts';
import { ociRepository } from './testing.ts';
import { UsedSecrets } from './used-secrets.ts';
import { wakeOnChanges } from './watch.ts';

/** Informers that hear what the test says, and the names of what was woken. */
function setUp(...objects: readonly OCIRepository[]) {
  const handlers = new Map<string, WatchHandlers<never>>();
  const watch = (type: { plural: string }, _options: unknown, given: WatchHandlers<never>) =>
    handlers.set(type.plural, given);
  const client = { watch } as unknown as Client;
  const ociRepositories = new Informer<OCIRepository>({ client, type: ociRepositoryKind, log: silentLogger });
  const secrets = new Informer<PartialObject>({ client, type: secretType, log: silentLogger });
  const woken: string[] = [];
  const queue = { add: ({ name }: { name: string }) => woken.push(name) } as unknown as WorkQueue;
  const usedSecrets = new UsedSecrets();
  wakeOnChanges({ ociRepositories, secrets }, usedSecrets, queue);
  for (const informer of [ociRepositories, secrets]) informer.start(new AbortController().signal);
  handlers.get('ocirepositories')?.replace(objects as never);
  handlers.get('secrets')?.replace([]);
  let version = 1;
  const changed = <T extends PartialObject>(plural: string, object: T): readonly string[] => {
    woken.length = 0;
    const metadata = { ...object.metadata, resourceVersion: String(++version) };
    handlers.get(plural)?.upsert({ ...object, metadata } as never);
    return [...woken].sort();
  };
  return { woken, changed, usedSecrets };
}

const secret = (name: string, namespace = 'apps'): PartialObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
});

describe('wakeOnChanges', () => {
  it('wakes all at the start, and each when its spec changes', () => {
    const { woken, changed } = setUp(ociRepository({}, {}, 'a'), ociRepository({}, {}, 'b'));
    assert.deepEqual([...woken].sort(), ['a', 'b']);
    const a = ociRepository({ interval: '2m' }, {}, 'a');
    assert.deepEqual(changed('ocirepositories', { ...a, metadata: { ...a.metadata, generation: 2 } }), ['a']);
    assert.deepEqual(changed('ocirepositories', { ...a, metadata: { ...a.metadata, generation: 2 }, status: {} }), []);
  });

  it('wakes those whose Secrets change, in their own namespace', () => {
    const { changed } = setUp(
      ociRepository({ secretRef: { name: 's' } }, {}, 'credentials'),
      ociRepository({ certSecretRef: { name: 's' } }, {}, 'certificate'),
      ociRepository({ proxySecretRef: { name: 's' } }, {}, 'proxy'),
      ociRepository({ secretRef: { name: 'other' } }, {}, 'other'),
      ociRepository({}, {}, 'none'),
    );
    assert.deepEqual(changed('secrets', secret('s')), ['certificate', 'credentials', 'proxy']);
    assert.deepEqual(changed('secrets', secret('s', 'elsewhere')), []);
  });

  it('wakes those that used the pull secrets of an account', () => {
    const { changed, usedSecrets } = setUp(ociRepository({ serviceAccountName: 'puller' }, {}, 'a'));
    usedSecrets.remember({ namespace: 'apps', name: 'a' }, ['pull']);
    assert.deepEqual(changed('secrets', secret('pull')), ['a']);
    usedSecrets.forget({ namespace: 'apps', name: 'a' });
    assert.deepEqual(changed('secrets', secret('pull')), []);
  });
});

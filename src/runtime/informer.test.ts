import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Client, WatchHandlers, WatchOptions } from '../kube/client.ts';
import type { KubeObject, ResourceType } from '../kube/object.ts';
import { Informer } from './informer.ts';
import { silentLogger } from './logging.ts';

const type: ResourceType = { group: 'g.example', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true };

function thing(name: string, resourceVersion: string, owner = 'x'): KubeObject {
  return {
    apiVersion: 'g.example/v1',
    kind: 'Thing',
    metadata: { name, namespace: 'ns', resourceVersion },
    spec: { owner },
    junk: 1,
  };
}

const ownerOf = (object: KubeObject): readonly string[] => [(object['spec'] as { owner: string }).owner];

describe('Informer', () => {
  let handlers: WatchHandlers<KubeObject>;
  let options: WatchOptions<KubeObject>;
  let client: Client;
  let informer: Informer;
  let changes: string[];

  beforeEach(() => {
    // The port that an informer uses is the watch alone.
    client = {
      watch: (_type: ResourceType, given: WatchOptions<KubeObject>, to: WatchHandlers<KubeObject>) => {
        options = given;
        handlers = to;
      },
    } as unknown as Client;
    changes = [];
    informer = new Informer({
      client,
      type,
      labelSelector: 'a=b',
      trim: ({ junk: _, ...rest }) => rest as KubeObject,
      log: silentLogger,
    });
    informer.addIndex('owner', ownerOf);
    informer.onChange(({ old, current, initial }) => {
      const text = `${old?.metadata.resourceVersion ?? '-'}>${current?.metadata.resourceVersion ?? '-'}`;
      changes.push(initial ? `${text} initial` : text);
    });
    informer.start(new AbortController().signal);
  });

  it('asks for what it was told to', () => {
    assert.equal(options.labelSelector, 'a=b');
    assert.equal(options.namespace, undefined);
  });

  it('is in sync after the first list, also when that is empty', async () => {
    assert.equal(informer.isSynced, false);
    handlers.replace([]);
    await informer.synced;
    assert.equal(informer.isSynced, true);
  });

  it('tells what a list brings, changes and takes away', () => {
    handlers.replace([thing('a', '1'), thing('b', '2')]);
    handlers.replace([thing('a', '1'), thing('c', '4')]);
    assert.deepEqual(changes, ['->1 initial', '->2 initial', '->4', '2>-']);
    assert.deepEqual(
      informer.list().map(({ metadata }) => metadata.name),
      ['a', 'c'],
    );
  });

  it('tells changes with what was before, and nothing twice', () => {
    handlers.replace([thing('a', '1')]);
    handlers.upsert(thing('a', '2'));
    handlers.upsert(thing('a', '2'));
    handlers.remove(thing('a', '3'));
    handlers.remove(thing('a', '3'));
    assert.deepEqual(changes, ['->1 initial', '1>2', '2>-']);
    assert.equal(informer.get({ name: 'a', namespace: 'ns' }), undefined);
  });

  it('keeps indexes current', () => {
    const names = (value: string) => informer.byIndex('owner', value).map(({ metadata }) => metadata.name);
    handlers.replace([thing('a', '1', 'x'), thing('b', '2', 'x')]);
    assert.deepEqual(names('x'), ['a', 'b']);
    handlers.upsert(thing('a', '3', 'y'));
    assert.deepEqual([names('x'), names('y')], [['b'], ['a']]);
    handlers.remove(thing('b', '4', 'x'));
    assert.deepEqual(names('x'), []);
    informer.addIndex('name', ({ metadata }) => [metadata.name]);
    assert.equal(informer.byIndex('name', 'a').length, 1);
    assert.throws(() => informer.byIndex('none', 'x'), RangeError);
  });

  it('has objects trimmed as they come', () => {
    assert.equal('junk' in (options.trim?.(thing('a', '1')) ?? {}), false);
  });

  for (const { metadataOnly, kept } of [
    { metadataOnly: false, kept: false },
    { metadataOnly: true, kept: true },
  ]) {
    it(`${kept ? 'keeps' : 'drops'} managed fields ${kept ? 'when metadata is all there is' : 'by default'}`, () => {
      new Informer({ client, type, log: silentLogger, metadataOnly }).start(new AbortController().signal);
      const { metadata, ...rest } = thing('a', '1');
      const trimmed = options.trim?.({ ...rest, metadata: { ...metadata, managedFields: [] } } as KubeObject);
      assert.equal(trimmed?.metadata.managedFields !== undefined, kept);
    });
  }

  it('a handler that throws does not keep the others from hearing', () => {
    informer.onChange(() => {
      throw new Error('bad handler');
    });
    informer.onChange(() => changes.push('heard'));
    handlers.upsert(thing('a', '1'));
    assert.deepEqual(changes, ['->1', 'heard']);
  });
});

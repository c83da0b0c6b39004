import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { FakeApiServer } from '../../test/support/fake-api-server.ts';
import { isNotFound } from '../kube/errors.ts';
import { type ClosableClient, createClient } from '../kube/http-client.ts';
import type { KubeObject, ResourceType } from '../kube/object.ts';
import { isRecord, jsonEqual } from '../lib/json.ts';
import { addFinalizer, mergePatch, removeFinalizer, StaleStatusError, writeStatus } from './status-writer.ts';

describe('mergePatch', () => {
  for (const { name, from, to, want } of [
    { name: 'equal', from: { a: [1, { b: 2 }] }, to: { a: [1, { b: 2 }] }, want: undefined },
    { name: 'added, changed, removed', from: { a: 1, b: 1 }, to: { b: 2, c: 3 }, want: { a: null, b: 2, c: 3 } },
    { name: 'nested', from: { a: { x: 1, y: 1 } }, to: { a: { x: 1, y: 2 } }, want: { a: { y: 2 } } },
    { name: 'lists are replaced whole', from: { a: [1, 2] }, to: { a: [1] }, want: { a: [1] } },
    { name: 'an undefined member is absent', from: { a: 1 }, to: { a: undefined }, want: { a: null } },
    { name: 'no status yet', from: undefined, to: { a: 1 }, want: { a: 1 } },
    { name: 'an object takes the place of a list', from: { a: [1] }, to: { a: { b: 1 } }, want: { a: { b: 1 } } },
  ]) {
    it(name, () => assert.deepEqual(mergePatch(from, to), want));
  }

  it('turns any status into any other', () => {
    const leaf = fc.oneof(
      fc.string({ maxLength: 2 }),
      fc.integer(),
      fc.boolean(),
      fc.array(fc.integer(), { maxLength: 2 }),
    );
    const key = fc.constantFrom('a', 'b', 'c');
    const inner = fc.dictionary(key, leaf, { noNullPrototype: true });
    const status = fc.dictionary(key, fc.oneof(leaf, inner), { noNullPrototype: true });
    fc.assert(
      fc.property(status, status, (from, to) => {
        const patch = mergePatch(from, to);
        assert.ok(jsonEqual(patch === undefined ? from : merged(from, patch), to));
      }),
      { seed: 42 },
    );
  });
});

/** RFC 7386, section 2. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const out: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = merged(out[key], value);
  }
  return out;
}

const type: ResourceType = { group: 'g.example', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true };
const key = { name: 'a', namespace: 'ns' };

describe('writes', () => {
  let server: FakeApiServer;
  let client: ClosableClient;
  let object: KubeObject;
  const options = { fieldManager: 'tester' };

  before(async () => {
    server = await FakeApiServer.start({ types: [type] });
    client = createClient(server.connection());
  });
  after(async () => {
    await client.close();
    await server.close();
  });
  beforeEach(() => {
    server.requests.length = 0;
    const status = { observedGeneration: -1 };
    object = server.store.put(type, { apiVersion: 'g.example/v1', kind: 'Thing', metadata: key, spec: {}, status });
  });

  const patches = () => server.seen({ method: 'PATCH' });

  it('sends only what changed, under its field manager, to the status', async () => {
    const written = await writeStatus(client, type, object, { observedGeneration: -1, phase: 'x' }, options);
    assert.deepEqual(written['status'], { observedGeneration: -1, phase: 'x' });
    const [request, ...more] = patches();
    assert.deepEqual(more, []);
    assert.ok(request);
    assert.ok(request.url.pathname.endsWith('/things/a/status'));
    assert.equal(request.url.searchParams.get('fieldManager'), 'tester');
    assert.deepEqual(JSON.parse(request.body), { status: { phase: 'x' } });
  });

  it('sends nothing when nothing changed', async () => {
    assert.equal(await writeStatus(client, type, object, { observedGeneration: -1 }, options), object);
    assert.deepEqual(server.requests, []);
  });

  it('a guarded write goes through when only metadata changed meanwhile', async () => {
    server.store.put(type, { ...object, metadata: { ...object.metadata, labels: { by: 'someone' } } });
    const written = await writeStatus(client, type, object, { phase: 'x' }, { ...options, guarded: true });
    assert.deepEqual(written['status'], { phase: 'x' });
    assert.deepEqual(written.metadata.labels, { by: 'someone' });
  });

  it('a guarded write is refused when someone else changed the status', async () => {
    server.store.put(type, { ...object, status: { inventory: { entries: [1] } } });
    const writing = writeStatus(client, type, object, { phase: 'x' }, { ...options, guarded: true });
    await assert.rejects(writing, StaleStatusError);
    assert.deepEqual(server.store.get(type, key)['status'], { inventory: { entries: [1] } });
  });

  it('an object that was replaced by another is not found', async () => {
    server.store.remove(type, key);
    server.store.put(type, { ...object, metadata: { ...key, uid: 'other' } });
    await assert.rejects(writeStatus(client, type, object, { phase: 'x' }, { ...options, guarded: true }), isNotFound);
  });

  it('adds a finalizer once, beside those of others that came meanwhile', async () => {
    server.store.put(type, { ...object, metadata: { ...object.metadata, finalizers: ['theirs'] } });
    const held = await addFinalizer(client, type, object, 'ours', options);
    assert.deepEqual(held.metadata.finalizers, ['theirs', 'ours']);
    assert.equal(await addFinalizer(client, type, held, 'ours', options), held);
    assert.equal(patches().length, 2);
    assert.ok(patches()[0]?.url.pathname.endsWith('/things/a'));
  });

  it('removes its finalizer alone', async () => {
    const held = server.store.put(type, {
      ...object,
      metadata: { ...object.metadata, finalizers: ['ours', 'theirs'] },
    });
    await removeFinalizer(client, type, held, 'ours', options);
    assert.deepEqual(server.store.get(type, key).metadata.finalizers, ['theirs']);
  });

  it('removing a finalizer from an object that is gone is no error', async () => {
    const held = server.store.put(type, { ...object, metadata: { ...object.metadata, finalizers: ['ours'] } });
    server.store.remove(type, key);
    await removeFinalizer(client, type, held, 'ours', options);
  });
});

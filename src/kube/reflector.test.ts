import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { FakeApiServer, type FakeApiServerOptions } from '../../test/support/fake-api-server.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { ApiError, TransportError } from './errors.ts';
import { type ClosableClient, createClient } from './http-client.ts';
import type { KubeObject, PartialObject, ResourceType } from './object.ts';
import type { WatchTuning } from './reflector.ts';

const widgets: ResourceType = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  namespaced: true,
};
const configMaps: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

function widget(name: string, spec: object = {}, labels: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name, namespace: 'default', labels }, spec };
}

/** A watch under test: what it told, in the order it did. */
interface Watched {
  readonly api: FakeApiServer;
  readonly client: ClosableClient;
  /** `replace a,b`, `upsert a`, `remove a`, `error 410`. */
  readonly told: string[];
  readonly objects: Map<string, PartialObject>;
  readonly errors: Error[];
  readonly stop: AbortController;
  /** Waits until `text` was told (after the `from`th word). */
  until(text: string, from?: number): Promise<void>;
}

interface Setup {
  readonly server?: Partial<FakeApiServerOptions>;
  readonly tuning?: Partial<WatchTuning>;
  readonly before?: (api: FakeApiServer) => void;
  readonly watch?: { metadataOnly?: boolean; labelSelector?: string; trim?: (o: PartialObject) => PartialObject };
  readonly onUpsert?: (name: string) => void;
}

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function watching(setup: Setup = {}): Promise<Watched> {
  const api = await FakeApiServer.start({ types: [widgets, configMaps], ...setup.server });
  setup.before?.(api);
  const client = createClient(api.connection(), { watch: { backoffMs: 1, maxBackoffMs: 5, ...setup.tuning } });
  const stop = new AbortController();
  cleanups.push(
    () => api.close(),
    () => client.close(),
    async () => stop.abort(),
  );
  const told: string[] = [];
  const objects = new Map<string, PartialObject>();
  const errors: Error[] = [];
  client.watch<PartialObject>(
    widgets,
    { signal: stop.signal, ...setup.watch },
    {
      replace(all) {
        objects.clear();
        for (const object of all) objects.set(object.metadata.name, object);
        told.push(`replace ${all.map(({ metadata }) => metadata.name).join(',')}`);
      },
      upsert(object) {
        setup.onUpsert?.(object.metadata.name);
        objects.set(object.metadata.name, object);
        told.push(`upsert ${object.metadata.name}`);
      },
      remove(object) {
        objects.delete(object.metadata.name);
        told.push(`remove ${object.metadata.name}`);
      },
      error(error) {
        errors.push(error);
        told.push(
          `error ${error instanceof ApiError ? error.status : error instanceof TransportError ? error.code : error.message}`,
        );
      },
    },
  );
  const until = async (text: string, from = 0): Promise<void> => {
    await waitFor(() => told.indexOf(text, from) !== -1, `"${text}" in ${JSON.stringify(told)}`, {
      deadlineMs: 5_000,
      intervalMs: 2,
    });
  };
  return { api, client, told, objects, errors, stop, until };
}

describe('the first list', () => {
  test('is streamed: one request brings the whole state and then its changes', async () => {
    const w = await watching({ before: (api) => api.store.put(widgets, widget('a')) });
    await w.until('replace a');
    w.api.store.put(widgets, widget('b'));
    w.api.store.put(widgets, widget('a', { size: 2 }));
    w.api.store.remove(widgets, { namespace: 'default', name: 'b' });
    await w.until('remove b');
    assert.deepEqual(w.told, ['replace a', 'upsert b', 'upsert a', 'remove b']);
    assert.equal(w.api.requests.length, 1);
    const query = w.api.watches[0]?.url.searchParams;
    assert.equal(query?.get('sendInitialEvents'), 'true');
    assert.equal(query?.get('allowWatchBookmarks'), 'true');
    assert.equal(query?.get('resourceVersionMatch'), 'NotOlderThan');
  });

  test('of nothing is told as the empty state', async () => {
    const w = await watching();
    await w.until('replace ');
    assert.equal(w.objects.size, 0);
  });

  test('is read in pages from servers that cannot stream it, without an error', async () => {
    const w = await watching({
      server: { streamingLists: false },
      before: (api) => {
        for (let i = 0; i < 1_100; i++) api.store.put(widgets, widget(`w-${String(i).padStart(4, '0')}`));
      },
    });
    await waitFor(() => w.objects.size === 1_100, 'all pages', { intervalMs: 2 });
    w.api.store.put(widgets, widget('late'));
    await w.until('upsert late');
    assert.equal(w.api.seen({ watch: false }).length, 3);
    assert.deepEqual(w.errors, []);
    // Items of lists come without both; who watches must not see the difference.
    const { apiVersion, kind } = w.objects.get('w-0000') ?? {};
    assert.deepEqual({ apiVersion, kind }, { apiVersion: 'example.com/v1', kind: 'Widget' });
  });

  test('is read in pages when a server ignores that it shall be streamed', async () => {
    const w = await watching({
      tuning: { initialIdleMs: 20, idleMs: 20 },
      // Old or aggregated servers: the watch is opened, and no end of initial events ever comes.
      before: (api) => api.misbehave({ watch: true }, 'mute', 'silence'),
    });
    await w.until('replace ');
    assert.deepEqual(w.told, ['error Silent', 'error Silent', 'replace ']);
  });

  test('starts over when the stream breaks within it, and tells no half state', async () => {
    const w = await watching({ before: (api) => api.misbehave({ watch: true }, 'cut') });
    w.api.store.put(widgets, widget('a'));
    await w.until('replace a');
    assert.deepEqual(
      w.told.map((line) => line.split(' ')[0]),
      ['error', 'replace'],
    );
  });

  test('brings metadata only, under the real kind, when asked', async () => {
    const w = await watching({
      watch: { metadataOnly: true },
      before: (api) => api.store.put(widgets, widget('a', { big: 'x' })),
    });
    await w.until('replace a');
    w.api.store.put(widgets, widget('b', { big: 'x' }));
    await w.until('upsert b');
    for (const object of w.objects.values()) {
      assert.deepEqual(Object.keys(object), ['apiVersion', 'kind', 'metadata']);
      assert.equal(object.kind, 'Widget');
      assert.equal(object.apiVersion, 'example.com/v1');
    }
  });

  for (const streamingLists of [true, false]) {
    test(`is trimmed object by object (${streamingLists ? 'streamed' : 'in pages'})`, async () => {
      const w = await watching({
        server: { streamingLists },
        watch: { trim: ({ apiVersion, kind, metadata: { name } }) => ({ apiVersion, kind, metadata: { name } }) },
        before: (api) => api.store.put(widgets, widget('a', { big: 'x' }, { l: 'v' })),
      });
      await w.until('replace a');
      w.api.store.put(widgets, widget('b'));
      await w.until('upsert b');
      for (const object of w.objects.values()) assert.deepEqual(Object.keys(object.metadata), ['name']);
    });
  }

  test('holds what the selector chooses', async () => {
    const w = await watching({
      watch: { labelSelector: 'owner=me' },
      before: (api) => {
        api.store.put(widgets, widget('mine', {}, { owner: 'me' }));
        api.store.put(widgets, widget('yours', {}, { owner: 'you' }));
      },
    });
    await w.until('replace mine');
    assert.equal(w.api.watches[0]?.url.searchParams.get('labelSelector'), 'owner=me');
  });
});

describe('a watch that ends', () => {
  test('by the server is resumed where it was, in silence', async () => {
    const w = await watching({ before: (api) => api.store.put(widgets, widget('a')) });
    await w.until('replace a');
    w.api.store.put(widgets, widget('b'));
    await w.until('upsert b');
    (await w.api.watch(0)).end();
    w.api.store.put(widgets, widget('c'));
    await w.until('upsert c');
    assert.deepEqual(w.told, ['replace a', 'upsert b', 'upsert c']);
    assert.equal(w.api.watches[1]?.url.searchParams.get('sendInitialEvents'), null);
  });

  test('by a reset is resumed where it was, and reported once', async () => {
    const w = await watching();
    await w.until('replace ');
    (await w.api.watch(0)).reset();
    w.api.store.put(widgets, widget('missed'));
    await w.until('upsert missed');
    assert.equal(w.errors.length, 1);
    assert.ok(w.errors[0] instanceof TransportError);
  });

  test('goes on from the last bookmark, not from the last event', async () => {
    const w = await watching();
    await w.until('replace ');
    const first = await w.api.watch(0);
    // Others move the server on; a bookmark tells that none of it concerns this watch.
    for (let i = 0; i < 5; i++)
      w.api.store.put(configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `c${i}`, namespace: 'default' },
      });
    first.bookmark(w.api.store.version, { apiVersion: 'example.com/v1', kind: 'Widget' });
    first.end();
    const second = await w.api.watch(1);
    assert.equal(second.url.searchParams.get('resourceVersion'), String(w.api.store.version));
  });

  test('within a line loses nothing: the event is asked for again', async () => {
    const w = await watching();
    await w.until('replace ');
    const first = await w.api.watch(0);
    first.quiet = true;
    const object = w.api.store.put(widgets, widget('half'));
    const line = JSON.stringify({ type: 'ADDED', object });
    first.raw(line.slice(0, 50));
    first.end();
    await w.until('upsert half');
    assert.deepEqual(w.told, ['replace ', 'error EOF', 'upsert half']);
  });

  test('by garbage is opened again', async () => {
    const w = await watching();
    await w.until('replace ');
    const first = await w.api.watch(0);
    first.raw('<html>bad gateway</html>\n');
    w.api.store.put(widgets, widget('a'));
    await w.until('upsert a');
    assert.deepEqual(w.told, ['replace ', 'error BadAnswer', 'upsert a']);
  });

  test('by an event beyond the bound is opened again', async () => {
    const w = await watching({ tuning: { maxEventBytes: 2_000 } });
    await w.until('replace ');
    const first = await w.api.watch(0);
    first.raw(`{"type":"ADDED","object":{"metadata":{"name":"${'x'.repeat(3_000)}`);
    await w.until('error TooLarge');
    w.api.store.put(widgets, widget('a'));
    await w.until('upsert a');
  });

  test('by an error event that is no 410 is resumed', async () => {
    const w = await watching();
    await w.until('replace ');
    const first = await w.api.watch(0);
    first.send('ERROR', { kind: 'Status', status: 'Failure', code: 500, reason: 'InternalError', message: 'etcd' });
    w.api.store.put(widgets, widget('a'));
    await w.until('upsert a');
    assert.deepEqual(w.told, ['replace ', 'error 500', 'upsert a']);
  });
});

describe('a resource version that is too old', () => {
  test('answered with 410 brings the whole state again', async () => {
    const w = await watching({ before: (api) => api.store.put(widgets, widget('old')) });
    await w.until('replace old');
    const first = await w.api.watch(0);
    first.quiet = true;
    w.api.store.remove(widgets, { namespace: 'default', name: 'old' });
    w.api.store.put(widgets, widget('new'));
    w.api.store.compact();
    first.end();
    await w.until('replace new');
    assert.deepEqual(w.told, ['replace old', 'error 410', 'replace new']);
  });

  test('told by an ERROR event brings the whole state again', async () => {
    const w = await watching();
    await w.until('replace ');
    const first = await w.api.watch(0);
    first.quiet = true;
    w.api.store.put(widgets, widget('missed'));
    first.quiet = false;
    first.send('ERROR', { kind: 'Status', status: 'Failure', code: 410, reason: 'Expired', message: 'too old' });
    await w.until('replace missed');
    assert.deepEqual(w.told, ['replace ', 'error 410', 'replace missed']);
  });

  test('within a list in pages starts the list over', async () => {
    const w = await watching({
      server: { streamingLists: false },
      before: (api) => {
        for (let i = 0; i < 600; i++) api.store.put(widgets, widget(`w-${i}`));
        api.misbehave(
          { watch: false, path: /widgets/ },
          {
            status: 200,
            text: '{"kind":"WidgetList","metadata":{"continue":"1-500"},"items":[]}',
            type: 'application/json',
          },
        );
      },
    });
    // The continue token of version 1 is older than what the server keeps.
    w.api.store.oldest = 50;
    await waitFor(() => w.objects.size === 600, 'the whole list', { intervalMs: 2 });
    assert.deepEqual(w.errors, []);
  });

  test('that lies in the future (a restored server) brings the whole state again', async () => {
    const w = await watching();
    await w.until('replace ');
    w.api.misbehave(
      { watch: true },
      {
        status: 504,
        reason: 'Timeout',
        message: 'Too large resource version: 900, current: 2',
        details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
      },
    );
    (await w.api.watch(0)).end();
    await w.until('replace ', 1);
    assert.deepEqual(w.told, ['replace ', 'error 504', 'replace ']);
  });
});

describe('a server that is not well', () => {
  test('silent after its bookmarks is left', async () => {
    const w = await watching({ tuning: { idleMs: 40 } });
    await w.until('replace ');
    (await w.api.watch(0)).quiet = true;
    w.api.store.put(widgets, widget('unheard'));
    await w.until('upsert unheard');
    assert.equal(w.told[1], 'error Silent');
  });

  test('that answers 429 is left alone as long as it asks', async () => {
    const w = await watching({
      before: (api) =>
        api.misbehave({ watch: true }, { status: 429, reason: 'TooManyRequests', details: { retryAfterSeconds: 0 } }),
    });
    await w.until('replace ');
    assert.deepEqual(w.told, ['error 429', 'replace ']);
  });

  test('that does not serve the kind yet is asked until it does', async () => {
    const w = await watching({ server: { types: [configMaps] } });
    await w.until('error 404');
    w.api.types.push(widgets);
    w.api.store.put(widgets, widget('first'));
    await waitFor(() => w.objects.has('first'), 'the first widget', { intervalMs: 2 });
  });

  test('that forbids the watch is asked until it allows it', async () => {
    const forbidden = { status: 403, reason: 'Forbidden', message: 'widgets is forbidden' };
    const w = await watching({ before: (api) => api.misbehave({ watch: true }, forbidden, forbidden) });
    await w.until('replace ');
    assert.deepEqual(w.told, ['error 403', 'error 403', 'replace ']);
  });

  test('that cannot be reached is knocked at until it can', async () => {
    const w = await watching({ before: (api) => api.misbehave({ watch: true }, 'reset', 'reset', 'reset') });
    await w.until('replace ');
    assert.equal(w.errors.length, 3);
  });
});

describe('the watcher', () => {
  test('that throws gets the whole state again, so that it misses nothing', async () => {
    let thrown = false;
    const w = await watching({
      onUpsert: () => {
        if (thrown) return;
        thrown = true;
        throw new Error('a bug');
      },
    });
    await w.until('replace ');
    w.api.store.put(widgets, widget('a'));
    await w.until('replace a');
    assert.deepEqual(w.told, ['replace ', 'error a bug', 'replace a']);
  });

  test('hears nothing more once its signal is aborted', async () => {
    const w = await watching();
    await w.until('replace ');
    const first = await w.api.watch(0);
    w.stop.abort();
    w.api.store.put(widgets, widget('a'));
    await waitFor(() => first.ended, 'the watch to be closed', { intervalMs: 2 });
    assert.deepEqual(w.told, ['replace ']);
    assert.equal(w.api.requests.length, 1);
  });

  test('is never called when the signal was aborted before', async () => {
    const api = await FakeApiServer.start({ types: [widgets] });
    const client = createClient(api.connection());
    cleanups.push(
      () => api.close(),
      () => client.close(),
    );
    const never = (): never => assert.fail('called');
    client.watch(
      widgets,
      { signal: AbortSignal.abort() },
      { replace: never, upsert: never, remove: never, error: never },
    );
    assert.equal(api.requests.length, 0);
  });

  test('gets events of types that later servers may have passed over', async () => {
    const w = await watching();
    await w.until('replace ');
    (await w.api.watch(0)).send('PROGRESS', { kind: 'Widget' });
    w.api.store.put(widgets, widget('a'));
    await w.until('upsert a');
    assert.deepEqual(w.errors, []);
  });
});

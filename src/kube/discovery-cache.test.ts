import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { DiscoveryCache } from './discovery-cache.ts';
import { ApiError, NoMatchError, TransportError } from './errors.ts';

const pod = { group: '', version: 'v1', kind: 'Pod' };
const widget = { group: 'example.com', version: 'v1', kind: 'Widget' };

interface Fake {
  readonly cache: DiscoveryCache;
  readonly clock: ManualClock;
  /** Paths that were asked for. */
  readonly asked: string[];
  /** Kinds by group version path. */
  readonly served: Map<string, string[]>;
  /** Tells the watch of a kind of objects something. */
  readonly watches: Map<string, { changed(name: string): void; restarted(): void; error(error: Error): void }>;
  /** Errors for paths. */
  readonly failing: Map<string, Error>;
}

function setup({ aggregated = true }: { aggregated?: boolean } = {}): Fake {
  const clock = new ManualClock();
  const asked: string[] = [];
  const failing = new Map<string, Error>();
  const watches: Fake['watches'] = new Map();
  const served = new Map([
    ['/api/v1', ['Pod', 'ConfigMap']],
    ['/apis/apps/v1', ['Deployment']],
  ]);
  const resources = (path: string): object[] =>
    (served.get(path) ?? []).map((kind) => ({
      name: `${kind.toLowerCase()}s`,
      kind,
      namespaced: true,
      verbs: ['get', 'list'],
    }));
  const group = (path: string): string => path.split('/').slice(2, -1).join('/');
  const list = (prefix: string): object => {
    const paths = [...served.keys()].filter((path) => path.startsWith(`${prefix}/`));
    if (!aggregated && prefix === '/api') return { kind: 'APIVersions', versions: ['v1'] };
    if (!aggregated) {
      return {
        kind: 'APIGroupList',
        groups: paths.map((path) => ({ name: group(path), versions: [{ version: 'v1' }] })),
      };
    }
    const items = paths.map((path) => ({
      metadata: { name: group(path) },
      versions: [
        {
          version: 'v1',
          resources: (served.get(path) ?? []).map((kind) => ({
            resource: `${kind.toLowerCase()}s`,
            responseKind: { kind },
            scope: 'Namespaced',
            verbs: ['get'],
          })),
        },
      ],
    }));
    return { kind: 'APIGroupDiscoveryList', items };
  };
  const cache = new DiscoveryCache(
    {
      async get(path) {
        asked.push(path);
        const error = failing.get(path);
        if (error !== undefined) throw error;
        if (path === '/api' || path === '/apis') return list(path);
        if (!served.has(path)) throw new ApiError({ status: 404, reason: 'NotFound', message: 'not found' });
        return { kind: 'APIResourceList', resources: resources(path) };
      },
      watch: (type, _signal, handlers) => watches.set(type.plural, handlers),
    },
    { clock, negativeTtlMs: 1_000, maxAgeMs: 600_000 },
  );
  return { cache, clock, asked, served, watches, failing };
}

describe('DiscoveryCache', () => {
  test('reads everything at once, once', async () => {
    const { cache, asked } = setup();
    const [a] = await Promise.all([cache.resourceFor(pod), cache.resourceFor({ ...pod, kind: 'ConfigMap' })]);
    assert.deepEqual(a, { ...pod, plural: 'pods', namespaced: true, verbs: ['get'] });
    await cache.resourceFor({ group: 'apps', version: 'v1', kind: 'Deployment' });
    assert.ok((await cache.servedKinds()).includes('apps/v1/Deployment'));
    assert.ok((await cache.servedKinds()).includes('v1/Pod'));
    assert.deepEqual(asked, ['/api', '/apis']);
  });

  test('reads group by group from servers that do not aggregate', async () => {
    const { cache, asked } = setup({ aggregated: false });
    await cache.resourceFor(pod);
    await cache.resourceFor(pod);
    await cache.resourceFor({ group: 'apps', version: 'v1', kind: 'Deployment' });
    assert.deepEqual(asked, ['/api', '/apis', '/api/v1', '/apis/apps/v1']);
    assert.deepEqual(await cache.groupVersions(), ['v1', 'apps/v1']);
  });

  test('looks once more before it gives a kind up, and finds what has come', async () => {
    const { cache, asked, served } = setup();
    await cache.resourceFor(pod);
    served.set('/apis/example.com/v1', ['Widget']);
    assert.equal((await cache.resourceFor(widget)).plural, 'widgets');
    await cache.resourceFor(widget);
    assert.deepEqual(asked.slice(2), ['/apis/example.com/v1']);
  });

  test('asks no more for an unknown kind than once a second, however many ask', async () => {
    const { cache, asked, clock, served } = setup();
    const rejected = (): Promise<void> => assert.rejects(cache.resourceFor(widget), NoMatchError);
    await Promise.all([rejected(), rejected(), rejected()]);
    await rejected();
    assert.deepEqual(asked.slice(2), ['/apis/example.com/v1']);
    served.set('/apis/example.com/v1', ['Widget']);
    await rejected();
    clock.advance(1_000);
    await cache.resourceFor(widget);
  });

  test('forgets at once that a kind is unknown when its group is invalidated', async () => {
    const { cache, served } = setup();
    await assert.rejects(cache.resourceFor(widget), NoMatchError);
    served.set('/apis/example.com/v1', ['Widget']);
    cache.invalidate('example.com');
    await cache.resourceFor(widget);
  });

  test('looks anew at an invalidated group and at no other', async () => {
    const { cache, asked } = setup();
    await cache.resourceFor(pod);
    cache.invalidate('apps');
    await cache.resourceFor(pod);
    await cache.resourceFor({ group: 'apps', version: 'v1', kind: 'Deployment' });
    assert.deepEqual(asked.slice(2), ['/apis/apps/v1']);
    cache.invalidate('');
    await cache.resourceFor(pod);
    assert.deepEqual(asked.slice(3), ['/api/v1']);
    cache.invalidate();
    await cache.resourceFor(pod);
    assert.deepEqual(asked.slice(4), ['/api', '/apis']);
  });

  test('does not keep an answer that was overtaken by an invalidation', async () => {
    const { cache, served } = setup();
    served.set('/apis/example.com/v1', ['Widget']);
    const first = cache.resourceFor(widget);
    served.delete('/apis/example.com/v1');
    cache.invalidate();
    await first.catch(() => {});
    await assert.rejects(cache.resourceFor(widget), NoMatchError);
  });

  test('follows CRDs and APIServices that come and go', async () => {
    const { cache, asked, served, watches } = setup();
    cache.watchInvalidation(new AbortController().signal);
    for (const watch of watches.values()) watch.restarted();
    await assert.rejects(cache.resourceFor(widget), NoMatchError);
    served.set('/apis/example.com/v1', ['Widget']);
    watches.get('customresourcedefinitions')?.changed('widgets.example.com');
    await cache.resourceFor(widget);
    served.delete('/apis/example.com/v1');
    watches.get('apiservices')?.changed('v1.example.com');
    await assert.rejects(cache.resourceFor(widget), NoMatchError);
    const before = asked.length;
    watches.get('apiservices')?.changed('v1.');
    await cache.resourceFor(pod);
    assert.deepEqual(asked.slice(before), ['/api/v1']);
  });

  test('believes what nobody watches only for a while', async () => {
    const { cache, asked, clock, watches } = setup();
    await cache.resourceFor(pod);
    clock.advance(600_000);
    await cache.resourceFor(pod);
    assert.deepEqual(asked.slice(2), ['/api/v1']);
    cache.watchInvalidation(new AbortController().signal);
    for (const watch of watches.values()) watch.restarted();
    await cache.resourceFor(pod);
    const before = asked.length;
    clock.advance(600_000);
    await cache.resourceFor(pod);
    assert.equal(asked.length, before);
  });

  test('does not take trouble for absence, and tries again', async () => {
    const { cache, failing } = setup();
    failing.set('/apis', new TransportError('x', { code: 'ECONNRESET' }));
    await assert.rejects(cache.resourceFor(pod), TransportError);
    failing.clear();
    await cache.resourceFor(pod);
    failing.set('/apis/example.com/v1', new ApiError({ status: 503, reason: 'ServiceUnavailable', message: 'x' }));
    await assert.rejects(cache.resourceFor(widget), ApiError);
  });

  test('lets one caller go without ending the look of the others', async () => {
    const { cache } = setup();
    const abort = new AbortController();
    const gone = cache.resourceFor(pod, { signal: abort.signal });
    const stays = cache.resourceFor(pod);
    abort.abort();
    await assert.rejects(gone, { name: 'AbortError' });
    await stays;
  });
});

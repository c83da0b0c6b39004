import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { WatchHandlers } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/object.ts';
import { LiveView, type ViewChange } from './live-view.ts';

const type = { group: '', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true };

function thing(name: string, state: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Thing', metadata: { namespace: 'a', name }, state };
}

describe('LiveView', () => {
  const { signal } = new AbortController();
  let server: WatchHandlers<KubeObject>;
  let changes: ViewChange<KubeObject>[];
  let view: LiveView;

  beforeEach(() => {
    changes = [];
    const watch = (_type: unknown, _options: unknown, handlers: unknown): void => {
      server = handlers as WatchHandlers<KubeObject>;
    };
    view = new LiveView({ watch }, type, {
      signal,
      describe: ({ state }) => String(state),
      onChange: (change) => void changes.push(change),
    });
  });

  it('holds what the watch brings', () => {
    const [one, two, newer] = [thing('one', 'old'), thing('two', 'old'), thing('one', 'new')];
    server.replace([one, two]);
    server.upsert(newer);
    server.remove(two);
    assert.deepEqual(view.all, [newer]);
    assert.equal(view.get('a/one'), newer);
    assert.equal(view.get('a/two'), undefined);
    assert.deepEqual(changes, [{ current: one }, { current: two }, { old: one, current: newer }, { old: two }]);
  });

  it('tells only of differences after a new list', () => {
    const [kept, gone] = [thing('kept', ''), thing('gone', '')];
    server.replace([kept, gone]);
    changes.length = 0;
    server.replace([kept]);
    assert.deepEqual(changes, [{ old: gone }]);
  });

  it('waits until a change makes the test true', async () => {
    const found = view.until('one to be new', ({ all }) => all.find(({ state }) => state === 'new'), {
      signal,
      deadlineMs: 10_000,
    });
    server.replace([thing('one', 'old')]);
    const newer = thing('one', 'new');
    server.upsert(newer);
    assert.equal(await found, newer);
  });

  it('looks at once', async () => {
    assert.equal(await view.until('anything', () => 'here', { signal, deadlineMs: 10_000 }), 'here');
  });

  it('says what it waited for, and what was there, when the deadline passes', async () => {
    server.replace([thing('one', 'stuck'), thing('two', 'fine')]);
    await assert.rejects(
      view.until('one to be fine', () => undefined, { signal, deadlineMs: 1 }),
      /waited 0\.0s for one to be fine; last seen of things:\n {2}a\/one: stuck\n {2}a\/two: fine$/,
    );
  });

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController();
    const waiting = view.until('never', () => undefined, { signal: stop.signal, deadlineMs: 10_000 });
    stop.abort(new Error('a controller has died'));
    await assert.rejects(waiting, /a controller has died/);
  });
});

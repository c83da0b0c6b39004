import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { KubeObject } from '../kube/object.ts';
import { OwnWrites } from './own-writes.ts';
import type { Change } from './predicates.ts';

const key = { name: 'a', namespace: 'ns' };

function version(resourceVersion: string, uid = 'u'): KubeObject {
  return { apiVersion: 'v1', kind: 'K', metadata: { ...key, uid, resourceVersion } };
}

describe('OwnWrites', () => {
  let cached: KubeObject | undefined;
  let tell: (change: Change<KubeObject>) => void;
  let writes: OwnWrites<KubeObject>;

  /** The watch brings a state of the object. */
  function watch(current: KubeObject | undefined): void {
    const old = cached;
    cached = current;
    tell({ ...(old === undefined ? {} : { old }), ...(current === undefined ? {} : { current }) });
  }

  beforeEach(() => {
    cached = undefined;
    writes = new OwnWrites({
      get: () => cached,
      onChange: (handler) => {
        tell = handler;
      },
    });
  });

  it('gives what was written until the watch has brought it', () => {
    watch(version('9'));
    const written = version('10');
    writes.record(written);
    assert.equal(writes.get(key), written);
    watch(version('9'));
    assert.equal(writes.get(key), written);
    const seen = version('10');
    watch(seen);
    assert.equal(writes.get(key), seen);
  });

  it('compares versions as numbers of any length', () => {
    watch(version('99999999999999999999'));
    writes.record(version('100000000000000000000'));
    assert.equal(writes.get(key)?.metadata.resourceVersion, '100000000000000000000');
  });

  it('a newer state of the cache stands, even when the write is recorded after it', () => {
    const newer = version('11');
    watch(newer);
    writes.record(version('10'));
    assert.equal(writes.get(key), newer);
  });

  it('what was deleted is gone', () => {
    watch(version('9'));
    writes.record(version('10'));
    watch(undefined);
    assert.equal(writes.get(key), undefined);
  });

  it('an object of the same name takes its place', () => {
    watch(version('9'));
    writes.record(version('20'));
    const other = version('21', 'v');
    watch(other);
    assert.equal(writes.get(key), other);
  });

  it('forgets on demand', () => {
    writes.record(version('10'));
    writes.forget(key);
    assert.equal(writes.get(key), undefined);
  });
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { KubeObject } from '../kube/object.ts';
import { OwnWrites } from './own-writes.ts';
import type { Change } from './predicates.ts';

const key = { name: 'a', namespace: 'ns' };

/**
 * A server, a watch that lags behind it by any number of changes, and a reconciler: what the reconciler reads is
 * never older than its own last write, and never something that it saw deleted.
 */
it('reads never go behind own writes, however far the watch lags', () => {
  const steps = fc.array(fc.constantFrom('ours', 'theirs', 'deliver', 'read', 'replace'), { maxLength: 80 });
  fc.assert(
    fc.property(steps, (actions) => {
      let version = 1;
      let uid = 1;
      const history: KubeObject[] = [];
      const put = (): KubeObject => {
        version += 1;
        const object = {
          apiVersion: 'v1',
          kind: 'K',
          metadata: { ...key, uid: String(uid), resourceVersion: String(version) },
        };
        history.push(object);
        return object;
      };
      let cached: KubeObject | undefined;
      let tell: (change: Change<KubeObject>) => void = () => undefined;
      const writes = new OwnWrites<KubeObject>({
        get: () => cached,
        onChange: (handler) => {
          tell = handler;
        },
      });
      let ours = 0;
      put();
      for (const action of actions) {
        switch (action) {
          case 'ours': {
            const object = put();
            ours = version;
            writes.record(object);
            break;
          }
          case 'theirs':
            put();
            break;
          case 'replace':
            uid += 1;
            put();
            break;
          case 'deliver': {
            const current = history.shift();
            if (current === undefined) break;
            const old = cached;
            cached = current;
            tell(old === undefined ? { current } : { old, current });
            break;
          }
          case 'read': {
            const seen = Number(writes.get(key)?.metadata.resourceVersion ?? 0);
            assert.ok(ours === 0 || seen >= ours, `read ${seen} after writing ${ours}`);
            break;
          }
        }
      }
      for (const current of history) {
        cached = current;
        tell({ current });
      }
      assert.equal(writes.get(key), cached);
    }),
    { seed: 7, numRuns: 2000 },
  );
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeServer } from '../../../../test/support/fake-client.ts';
import { releaseInventory } from './release-inventory.ts';

const { signal } = new AbortController();
const object = (apiVersion: string, kind: string, name: string, more = ''): string =>
  `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}${more}}\n`;

describe('releaseInventory', () => {
  it('complements namespaces, but of kinds that are not served, which it tells of', async () => {
    const manifest = [
      object('v1', 'ConfigMap', 'a'),
      object('v1', 'ConfigMap', 'b', ', namespace: else'),
      object('example.com/v1', 'Order', 'c'),
      object('example.com/v1', 'Order', 'd', ', namespace: else'),
    ].join('');
    const { entries, skipped } = await releaseInventory(
      { manifest, namespace: 'team' },
      new FakeServer().client(),
      signal,
    );
    assert.deepEqual(entries, [
      { id: 'team_a__ConfigMap', v: 'v1' },
      { id: 'else_b__ConfigMap', v: 'v1' },
      { id: '_c_example.com_Order', v: 'v1' },
      { id: 'else_d_example.com_Order', v: 'v1' },
    ]);
    assert.deepEqual(skipped, [
      'failed to determine if Order is namespace scoped, skipping namespace: failed to get restmapping: no matches for kind "Order" in version "example.com/v1"',
    ]);
  });

  it('fails for what is no object', async () => {
    const manifest = 'kind: ConfigMap\n';
    await assert.rejects(releaseInventory({ manifest, namespace: 'team' }, new FakeServer().client(), signal), {
      name: 'BuildError',
    });
  });
});

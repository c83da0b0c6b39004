import assert from 'node:assert/strict';
import { test } from 'node:test';
import { change } from './change-set.ts';
import { diff, type Entry, inventoryOf, sortEntries, toEntry, toRef, union } from './inventory.ts';

const entries = (...lines: readonly string[]): Entry[] =>
  lines.map((line) => {
    const [id = '', v = 'v1'] = line.split(' ');
    return { id, v };
  });

test('entries name objects', () => {
  const [entry] = entries('ns_web_apps_Deployment v1');
  assert.ok(entry);
  assert.deepEqual(toRef(entry), { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'ns', name: 'web' });
  assert.deepEqual(toEntry(toRef(entry)), entry);
});

test('what was applied or skipped is in the inventory, once', () => {
  const ref = (name: string) => ({ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'ns', name });
  const changes = [change(ref('b'), 'created'), change(ref('a'), 'skipped'), change(ref('b'), 'unchanged')];
  assert.deepEqual(inventoryOf(changes), entries('ns_b__ConfigMap', 'ns_a__ConfigMap'));
});

test('diff finds what left, whatever the version or the spelling', () => {
  const old = entries('n_a__ConfigMap', 'n_b_apps_Deployment v1beta1', '_x:y_rbac.authorization.k8s.io_Role', 'junk');
  const now = entries('n_b_apps_Deployment v1', '_x__y_rbac.authorization.k8s.io_Role');
  assert.deepEqual(diff(old, now), entries('n_a__ConfigMap', 'junk'));
  assert.deepEqual(diff(old, old), []);
  assert.deepEqual(diff([], old), []);
});

test('an object of another namespace, group or kind is another object', () => {
  const one = entries('n_a_g_K');
  for (const other of ['m_a_g_K', 'n_b_g_K', 'n_a_h_K', 'n_a_g_L', '_a_g_K'])
    assert.deepEqual(diff(one, entries(other)), one);
});

test('union keeps the first of each', () => {
  const first = entries('n_a__ConfigMap v1', 'junk');
  assert.deepEqual(union(first, entries('n_a__ConfigMap v2', 'n_b__ConfigMap', 'junk')), [
    ...first,
    ...entries('n_b__ConfigMap'),
  ]);
});

test('sorted as applied', () => {
  const given = entries(
    'n_v_admissionregistration.k8s.io_ValidatingWebhookConfiguration',
    'n_w_x_Thing',
    'n_d_apps_Deployment',
    'n_b__ConfigMap',
    'n_a__ConfigMap',
    '_n__Namespace',
    'junk',
    '_c_apiextensions.k8s.io_CustomResourceDefinition',
  );
  assert.deepEqual(
    sortEntries(given).map(({ id }) => id.split('_')[1] ?? id),
    ['junk', 'c', 'n', 'a', 'b', 'd', 'w', 'v'],
  );
});

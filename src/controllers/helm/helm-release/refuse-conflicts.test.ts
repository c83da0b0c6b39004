import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiError, FakeServer } from '../../../../test/support/fake-client.ts';
import { chartOf } from '../../../../test/support/helm-actions.ts';
import { type HelmRelease, helmReleaseKind } from '../../../crds/helm/helm-release.ts';
import { KUSTOMIZE_GROUP, ownerLabels } from '../../../crds/meta/names.ts';
import { type ConflictOptions, refuseChartConflicts, refuseConflicts } from './refuse-conflicts.ts';

const me: HelmRelease = {
  apiVersion: helmReleaseKind.apiVersion,
  kind: helmReleaseKind.kind,
  metadata: { name: 'b', namespace: 'team', uid: '2' },
  spec: { interval: '1h' },
};
const other: HelmRelease = {
  ...me,
  metadata: { name: 'a', namespace: 'team', uid: '1' },
  status: { inventory: { entries: [{ id: 'team_other__ConfigMap', v: 'v1' }] } },
};
const entries = ['team_kustomized__ConfigMap', 'team_other__ConfigMap', 'team_free__ConfigMap', 'team_new__ConfigMap'];
const told =
  'ConfigMap/team/kustomized is an object of Kustomization flux-system/apps, ConfigMap/team/other is an object of HelmRelease team/a, and cannot be one of HelmRelease team/b, too';

function world(): { readonly server: FakeServer; readonly options: ConflictOptions } {
  const server = new FakeServer();
  const labels = ownerLabels(KUSTOMIZE_GROUP, { name: 'apps', namespace: 'flux-system' });
  for (const [name, given] of [
    ['kustomized', labels],
    ['other', {}],
    ['free', { app: 'free' }],
  ] as const)
    server.edit({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'team', labels: given } });
  server.taken();
  const { signal } = new AbortController();
  return { server, options: { client: server.client(), signal, others: () => [me, other] } };
}

describe('refuseConflicts', () => {
  const asEntries = (ids: readonly string[]) => ids.map((id) => ({ id, v: 'v1' }));

  it('names the objects of Kustomizations and of HelmReleases, and looks at each object once', async () => {
    const { server, options } = world();
    await assert.rejects(refuseConflicts(me, asEntries([...entries, ...entries]), options), { message: told });
    assert.equal(server.taken().length, entries.length);
  });

  it('lets what nobody has pass, and kinds that are not served', async () => {
    const { options } = world();
    const ids = ['team_free__ConfigMap', 'team_new__ConfigMap', 'team_x_example.com_Unknown'];
    await refuseConflicts(me, asEntries(ids), options);
  });

  it('fails where it may not look', async () => {
    const { server, options } = world();
    server.answer = () => apiError(403, 'Forbidden', 'configmaps is forbidden');
    await assert.rejects(
      refuseConflicts(me, asEntries(['team_new__ConfigMap']), options),
      /^ActionError: cannot look for other owners of team_new__ConfigMap: configmaps is forbidden$/,
    );
  });
});

describe('refuseChartConflicts', () => {
  const what = { revision: 1, isUpgrade: false, skipSchemaValidation: false };
  const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

  it('looks at what the chart becomes, without kinds whose definitions are to come', async () => {
    const { options } = world();
    const chart = chartOf({
      'templates/a.yaml': configMap('kustomized'),
      'templates/b.yaml': configMap('other'),
      'templates/c.yaml': 'apiVersion: example.com/v1\nkind: Unknown\nmetadata: {name: x}\n',
    });
    await assert.rejects(refuseChartConflicts(me, { chart, what, namespace: 'team' }, options), { message: told });
  });

  it('leaves a chart that cannot be rendered to the action', async () => {
    const { options } = world();
    const chart = chartOf({ 'templates/a.yaml': '{{ fail "needs a definition" }}' });
    await refuseChartConflicts(me, { chart, what, namespace: 'team' }, options);
  });
});

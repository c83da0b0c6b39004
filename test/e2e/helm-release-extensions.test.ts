import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ChartRepository } from '../support/chart-repository.ts';
import { Environment } from '../support/environment.ts';
import { ref } from '../support/kubectl.ts';
import { ReleaseWorld } from '../support/release-world.ts';
import { shopChart } from '../support/shop-chart.ts';

const shop = { name: 'shop', version: '1.0.0' };
const resolver = `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data:
  address: {{ getHostByName .Values.host | quote }}
`;

describe('what HelmReleases do beside what they do by default', () => {
  let environment: Environment;
  let charts: ChartRepository;
  before(async () => {
    [environment, charts] = await Promise.all([
      Environment.start({ kwok: true, start: false }),
      ChartRepository.start(),
    ]);
    charts.add(shopChart('1.0.0'), { name: 'resolver', version: '1.0.0', files: { 'templates/a.yaml': resolver } });
    await Promise.all([environment.startSource(), environment.startHelm('--feature-gates=AllowDNSLookups=true')]);
  });
  after(async () => {
    await environment?.stop();
    await charts?.stop();
  });
  const begin = (): Promise<ReleaseWorld> => ReleaseWorld.begin(environment, charts);

  it('leave an object to the Kustomization that has it, before definitions are written', async () => {
    const world = await begin();
    const owner = {
      'kustomize.toolkit.fluxcd.io/name': 'apps',
      'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
    };
    await world.kubectl.apply([
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'demo', labels: owner }, data: { color: 'green' } },
    ]);
    await world.release(shop, { values: { replicas: 0 }, suspend: true });
    await world.kubectl.annotate(world.ref(), { 'sluice.dev/refuse-conflicts': 'enabled' });
    await world.release(shop, { values: { replicas: 0 } });
    await world.failed('InstallFailed', {
      says: /ConfigMap\/.*\/demo is an object of Kustomization flux-system\/apps, and cannot be one of HelmRelease .*\/demo, too/,
    });
    const orders = ref('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'orders.shop.example.com');
    assert.equal(await world.kubectl.find(orders), undefined, 'a definition was written');
    assert.deepEqual(await world.storage(), []);
    await world.kubectl.annotate(world.ref(), { 'sluice.dev/refuse-conflicts': null });
    await world.ready(1);
    assert.notEqual(await world.kubectl.find(orders), undefined);
  });

  it('look up hosts in templates, where the feature gate lets them', async () => {
    const world = await begin();
    await world.release({ name: 'resolver' }, { values: { host: '127.0.0.1' } });
    await world.ready(1);
    const { data } = (await world.kubectl.get(ref('v1', 'ConfigMap', 'demo'))) as { readonly data?: object };
    assert.deepEqual(data, { address: '127.0.0.1' });
    await world.release({ name: 'resolver' }, { values: { host: '' } }, 'nobody');
    await world.failed('InstallFailed', {
      name: 'nobody',
      says: /error calling getHostByName: lookup of host : no such host/,
    });
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeServer, resource } from '../../../../test/support/fake-client.ts';
import { type HelmRelease, helmReleaseKind } from '../../../crds/helm/helm-release.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { silentLogger } from '../../../runtime/logging.ts';
import type { EventInput } from '../../../runtime/outcome.ts';
import { applyChartObject, deleteChartObject } from './chart-object.ts';
import type { SourceObject } from './source.ts';

const spec: HelmRelease['spec'] = {
  interval: '10m',
  chart: {
    metadata: { labels: { team: 'a' }, annotations: { note: 'b' } },
    spec: {
      chart: 'shop',
      version: '1.x',
      reconcileStrategy: 'ChartVersion',
      sourceRef: { kind: 'HelmRepository', name: 'charts' },
    },
  },
};

function helmRelease(parts: Partial<HelmRelease> = {}): HelmRelease {
  const metadata = { name: 'demo', namespace: 'apps' };
  return { apiVersion: helmReleaseKind.apiVersion, kind: helmReleaseKind.kind, metadata, spec, ...parts };
}

function setUp() {
  const server = new FakeServer();
  server.types = [resource('source.toolkit.fluxcd.io/v1', 'HelmChart')];
  const events: string[] = [];
  const facts: Record<string, unknown> = {};
  const attempt = {
    signal: new AbortController().signal,
    log: silentLogger,
    record: (given: Record<string, unknown>) => Object.assign(facts, given),
    event: ({ reason, message }: EventInput) => events.push(`${reason}: ${message}`),
  } as unknown as AttemptContext;
  const options = {
    client: server.client(),
    lookup: (_: string, { name }: { readonly name: string }) =>
      server.find('HelmChart', name) as SourceObject | undefined,
    noCrossNamespaceRefs: false,
    allowExternalArtifact: false,
  };
  const apply = (object: HelmRelease) => applyChartObject(object, attempt, options);
  return { server, events, facts, attempt, options, apply };
}

describe('the HelmChart of a release', () => {
  it('is made as the template says, labelled with whose it is', async () => {
    const { server, events, facts, apply } = setUp();
    const written = await apply(helmRelease());
    assert.equal(written?.metadata.name, 'apps-demo');
    const made = server.find('HelmChart', 'apps-demo');
    assert.deepEqual(made?.['spec'], {
      chart: 'shop',
      version: '1.x',
      reconcileStrategy: 'ChartVersion',
      interval: '10m',
      sourceRef: { kind: 'HelmRepository', name: 'charts' },
    });
    assert.deepEqual(made.metadata.labels, {
      team: 'a',
      'helm.toolkit.fluxcd.io/name': 'demo',
      'helm.toolkit.fluxcd.io/namespace': 'apps',
    });
    assert.deepEqual(made.metadata.annotations, { note: 'b' });
    assert.deepEqual(events, [
      "HelmChartCreated: Created HelmChart/apps/apps-demo with SourceRef 'HelmRepository/apps/charts'",
    ]);
    assert.equal(facts['helmChart'], 'apps/apps-demo');
  });

  it('is left alone while it is as it shall be, whatever others add', async () => {
    const { server, apply } = setUp();
    await apply(helmRelease());
    const made = server.find('HelmChart', 'apps-demo');
    assert.ok(made !== undefined);
    server.edit({
      ...made,
      metadata: { ...made.metadata, annotations: { ...made.metadata.annotations, theirs: '1' } },
    });
    server.requests.length = 0;
    assert.equal(await apply(helmRelease()), undefined);
    assert.deepEqual(server.requests, []);
  });

  it('is set right when somebody has changed it, or the template has', async () => {
    const { server, events, apply } = setUp();
    await apply(helmRelease());
    const made = server.find('HelmChart', 'apps-demo');
    assert.ok(made !== undefined);
    server.edit({ ...made, spec: { ...(made['spec'] as object), version: '2.x' } });
    await apply(helmRelease());
    assert.equal((server.find('HelmChart', 'apps-demo')?.['spec'] as { version: string }).version, '1.x');
    await apply(helmRelease({ spec: { ...spec, interval: '5m' } }));
    assert.equal((server.find('HelmChart', 'apps-demo')?.['spec'] as { interval: string }).interval, '5m');
    assert.equal(events.filter((event) => event.startsWith('HelmChartConfigured')).length, 2);
  });

  it('goes when the release has another one, or none', async () => {
    const { server, facts, events, apply } = setUp();
    await apply(helmRelease());
    const status = { helmChart: 'apps/apps-demo' };
    await apply(helmRelease({ spec: { interval: '1h', chartRef: { kind: 'HelmChart', name: 'x' } }, status }));
    assert.equal(server.find('HelmChart', 'apps-demo'), undefined);
    assert.equal(facts['helmChart'], undefined);
    assert.equal(events.at(-1), "HelmChartDeleted: deleted HelmChart 'apps/apps-demo'");
  });

  it('stays with a suspended release, and one that is gone is fine', async () => {
    const { server, attempt, options, apply } = setUp();
    await apply(helmRelease());
    const status = { helmChart: 'apps/apps-demo' };
    await deleteChartObject(helmRelease({ spec: { ...spec, suspend: true }, status }), attempt, options);
    assert.ok(server.find('HelmChart', 'apps-demo') !== undefined);
    await deleteChartObject(helmRelease({ status: { helmChart: 'apps/ghost' } }), attempt, options);
  });

  it('is not made in another namespace where that is forbidden', async () => {
    const { server, attempt, options } = setUp();
    const chart = {
      ...spec.chart,
      spec: { ...spec.chart?.spec, sourceRef: { kind: 'HelmRepository', name: 'c', namespace: 'other' } },
    };
    const object = helmRelease({ spec: { interval: '1h', chart } as HelmRelease['spec'] });
    await assert.rejects(applyChartObject(object, attempt, { ...options, noCrossNamespaceRefs: true }), {
      reason: 'AccessDenied',
    });
    assert.deepEqual(server.requests, []);
  });
});

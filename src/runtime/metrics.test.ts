import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PartialObject, ResourceType } from '../kube/object.ts';
import { createMetrics } from './metrics.ts';
import { labelsOf, type ResourceInfoSource } from './resource-info.ts';
import { WorkQueue } from './work-queue.ts';

const kustomizationType: ResourceType = {
  group: 'kustomize.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'Kustomization',
  plural: 'kustomizations',
  namespaced: true,
};
const gitRepositoryType: ResourceType = {
  ...kustomizationType,
  group: 'source.toolkit.fluxcd.io',
  kind: 'GitRepository',
};

const app = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'app', namespace: 'ns' },
  spec: { suspend: true, sourceRef: { name: 'repo' } },
  status: { lastAppliedRevision: 'main@sha1:1', conditions: [{ type: 'Ready', status: 'False' }] },
};

describe('labelsOf', () => {
  const base = {
    customresource_group: 'kustomize.toolkit.fluxcd.io',
    customresource_version: 'v1',
    customresource_kind: 'Kustomization',
    exported_namespace: 'ns',
    name: 'app',
  };
  const cases: readonly { name: string; type?: ResourceType; object: PartialObject; want: Record<string, string> }[] = [
    {
      name: 'a Kustomization',
      object: app,
      want: { ...base, ready: 'False', suspended: 'true', revision: 'main@sha1:1', source_name: 'repo' },
    },
    { name: 'one that was never reconciled', object: { ...app, spec: {}, status: {} } as PartialObject, want: base },
    {
      name: 'a GitRepository',
      type: gitRepositoryType,
      object: {
        ...app,
        spec: { url: 'https://host/x' },
        status: { artifact: { revision: 'main@sha1:1' } },
      } as PartialObject,
      want: {
        ...base,
        customresource_group: 'source.toolkit.fluxcd.io',
        customresource_kind: 'GitRepository',
        url: 'https://host/x',
        revision: 'main@sha1:1',
      },
    },
    {
      name: 'a HelmRelease looks into its history',
      type: { ...kustomizationType, kind: 'HelmRelease' },
      object: { ...app, spec: {}, status: { history: [{ chartVersion: '1.2.3', chartName: 'web' }] } } as PartialObject,
      want: { ...base, customresource_kind: 'HelmRelease', revision: '1.2.3', chart_name: 'web' },
    },
  ];
  for (const { name, type = kustomizationType, object, want } of cases) {
    it(name, () => assert.deepEqual(labelsOf(type, object), want));
  }
});

describe('createMetrics', () => {
  it('exposes what the dashboards of Flux ask for', async () => {
    const metrics = createMetrics();
    const observer = metrics.queueObserver('kustomization');
    const queue = new WorkQueue({ minRetryDelayMs: 1, maxRetryDelayMs: 1, dispatch: () => undefined, observer });
    metrics.trackController('kustomization', 4, queue);
    queue.add({ namespace: 'ns', name: 'app' });
    queue.add({ namespace: 'ns', name: 'other' });
    queue.begin({ namespace: 'ns', name: 'app' });
    metrics.reconcileStarted('kustomization')('success');
    metrics.recordDuration('Kustomization', app, 0.5);
    metrics.restRequest('PATCH', '200', '10.0.0.1:443');
    metrics.leaderElection('kustomize-controller-leader-election', true);
    metrics.eventDropped('webhook');
    const objects = [app];
    class Source implements ResourceInfoSource {
      readonly type = kustomizationType;
      readonly #objects = objects;
      list(): readonly PartialObject[] {
        return this.#objects;
      }
    }
    metrics.addResourceInfo(new Source());
    const { body, contentType } = await metrics.expose();
    assert.match(contentType, /^text\/plain/);
    for (const line of [
      'gotk_resource_info{customresource_group="kustomize.toolkit.fluxcd.io",customresource_version="v1",customresource_kind="Kustomization",name="app",exported_namespace="ns",ready="False",suspended="true",revision="main@sha1:1",source_name="repo"} 1',
      'gotk_reconcile_duration_seconds_count{kind="Kustomization",name="app",namespace="ns"} 1',
      'controller_runtime_reconcile_total{controller="kustomization",result="success"} 1',
      'controller_runtime_reconcile_total{controller="kustomization",result="error"} 0',
      'controller_runtime_max_concurrent_reconciles{controller="kustomization"} 4',
      'controller_runtime_active_workers{controller="kustomization"} 0',
      'workqueue_depth{name="kustomization",controller="kustomization"} 1',
      'workqueue_adds_total{name="kustomization",controller="kustomization"} 2',
      'rest_client_requests_total{method="PATCH",code="200",host="10.0.0.1:443"} 1',
      'leader_election_master_status{name="kustomize-controller-leader-election"} 1',
      'sluice_events_dropped_total{sink="webhook"} 1',
    ]) {
      assert.ok(body.includes(`${line}\n`), line);
    }
    for (const name of [
      'controller_runtime_reconcile_time_seconds_bucket',
      'workqueue_longest_running_processor_seconds',
      'workqueue_unfinished_work_seconds',
      'workqueue_queue_duration_seconds_bucket',
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_seconds',
    ]) {
      assert.match(body, new RegExp(`^${name}`, 'm'));
    }
    objects.pop();
    assert.doesNotMatch((await metrics.expose()).body, /^gotk_resource_info\{/m);
  });

  it('has the buckets of upstream', async () => {
    const metrics = createMetrics();
    metrics.recordDuration('Kustomization', app, 0);
    const { body } = await metrics.expose();
    const bounds = [...body.matchAll(/^gotk_reconcile_duration_seconds_bucket\{le="([^"]+)"/gm)].map(([, le]) =>
      Number(le),
    );
    assert.equal(bounds.length, 11);
    assert.equal(bounds[0], 0.01);
    assert.ok(Math.abs((bounds[9] ?? 0) - 1800) < 1e-6);
  });

  it('forgets an object that is gone', async () => {
    const metrics = createMetrics();
    metrics.recordDuration('Kustomization', app, 1);
    metrics.forgetObject('Kustomization', 'app', 'ns');
    assert.doesNotMatch((await metrics.expose()).body, /^gotk_reconcile_duration_seconds_count\{/m);
  });
});

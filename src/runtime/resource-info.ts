import { Gauge, type Registry } from 'prom-client';
import type { PartialObject, ResourceType } from '../kube/object.ts';
import { isRecord } from '../lib/json.ts';

/** Where `gotk_resource_info` takes the objects of one kind from: an informer is one. */
export interface ResourceInfoSource {
  readonly type: ResourceType;
  list(): readonly PartialObject[];
}

/**
 * Labels beside those that every kind has, and where in the object they are: what Flux's kube-state-metrics
 * configuration (fluxcd/flux2-monitoring-example) takes per kind. Steps of a path are keys; a number is an index.
 */
const kindLabels: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Kustomization: { revision: 'status.lastAppliedRevision', source_name: 'spec.sourceRef.name' },
  HelmRelease: {
    revision: 'status.history.0.chartVersion',
    chart_name: 'status.history.0.chartName',
    chart_app_version: 'status.history.0.appVersion',
    chart_ref_name: 'spec.chartRef.name',
    chart_source_name: 'spec.chart.spec.sourceRef.name',
  },
  GitRepository: { revision: 'status.artifact.revision', url: 'spec.url' },
  OCIRepository: { revision: 'status.artifact.revision', url: 'spec.url' },
  HelmRepository: { revision: 'status.artifact.revision', url: 'spec.url' },
  HelmChart: {
    revision: 'status.artifact.revision',
    chart_name: 'spec.chart',
    chart_version: 'spec.version',
    chart_source_name: 'spec.sourceRef.name',
  },
  Bucket: { revision: 'status.artifact.revision', endpoint: 'spec.endpoint', bucket_name: 'spec.bucketName' },
  Receiver: { webhook_path: 'status.webhookPath' },
  ImageRepository: { image: 'spec.image' },
  ImagePolicy: { source_name: 'spec.imageRepositoryRef.name' },
  ImageUpdateAutomation: { source_name: 'spec.sourceRef.name' },
};

const labelNames = [
  ...new Set([
    'customresource_group',
    'customresource_version',
    'customresource_kind',
    'exported_namespace',
    'name',
    'ready',
    'suspended',
    ...Object.values(kindLabels).flatMap((labels) => Object.keys(labels)),
  ]),
];

/** Registers `gotk_resource_info`: one series per object, read from `sources` when it is asked for. */
export function resourceInfo(registry: Registry, sources: readonly ResourceInfoSource[]): void {
  new Gauge({
    name: 'gotk_resource_info',
    help: 'The current state of a Flux resource.',
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const source of sources) {
        for (const object of source.list()) this.set(labelsOf(source.type, object), 1);
      }
    },
  });
}

/** The labels of one object; what the object does not say is left out. */
export function labelsOf(type: ResourceType, object: PartialObject): Record<string, string> {
  const labels: Record<string, string> = {
    customresource_group: type.group,
    customresource_version: type.version,
    customresource_kind: type.kind,
    name: object.metadata.name,
  };
  if (object.metadata.namespace !== undefined) labels['exported_namespace'] = object.metadata.namespace;
  const ready = readyStatus(object);
  if (ready !== undefined) labels['ready'] = ready;
  for (const [label, path] of Object.entries({ suspended: 'spec.suspend', ...kindLabels[type.kind] })) {
    const value = at(object, path);
    if (typeof value === 'string' || typeof value === 'boolean') labels[label] = String(value);
  }
  return labels;
}

function readyStatus(object: PartialObject): string | undefined {
  const conditions = at(object, 'status.conditions');
  if (!Array.isArray(conditions)) return undefined;
  const ready: unknown = conditions.find((condition) => isRecord(condition) && condition['type'] === 'Ready');
  return isRecord(ready) && typeof ready['status'] === 'string' ? ready['status'] : undefined;
}

function at(value: unknown, path: string): unknown {
  let found = value;
  for (const step of path.split('.')) {
    if (Array.isArray(found)) found = found[Number(step)];
    else if (isRecord(found)) found = found[step];
    else return undefined;
  }
  return found;
}

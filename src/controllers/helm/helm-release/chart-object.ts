import type { HelmRelease } from '../../../crds/helm/helm-release.ts';
import { HELM_FIELD_MANAGER, HELM_GROUP, ownerLabels } from '../../../crds/meta/names.ts';
import { helmChartKind } from '../../../crds/source/helm-chart.ts';
import type { Client } from '../../../kube/client.ts';
import { isNotFound } from '../../../kube/errors.ts';
import type { KubeObject, ObjectKey } from '../../../kube/object.ts';
import { withDeadline } from '../../../lib/async.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { isRecord, jsonEqual } from '../../../lib/json.ts';
import type { AttemptContext } from '../../../runtime/attempt.ts';
import { Fault } from '../../../runtime/fault.ts';
import { accessProblem, type SourceObject, type SourceOptions } from './source.ts';
import { chartKey } from './spec.ts';

const requestMs = 30_000;

export interface ChartObjectOptions extends SourceOptions {
  readonly client: Client;
}

/**
 * Makes the HelmChart of `spec.chart` what the template says, and deletes the one that was made before under another name
 * (internal/reconcile/helmchart_template.go). Nothing is asked for when the cached one is as it shall be. Gives the
 * HelmChart as it was just written, if it was: the cache may not have it yet.
 */
export async function applyChartObject(
  object: HelmRelease,
  attempt: AttemptContext,
  options: ChartObjectOptions,
): Promise<SourceObject | undefined> {
  const key = chartKey(object);
  const before = object.status?.helmChart ?? '';
  if (before !== '' && (key === undefined || before !== keyText(key)))
    await deleteChartObject(object, attempt, options);
  if (key === undefined) return undefined;
  const denied = accessProblem(object, 'HelmChart', key, options);
  // Differs from Flux, whose status says nothing of it (ADR 32).
  if (denied !== undefined) throw new Fault('stalled', 'AccessDenied', denied);
  const wanted = chartObject(object, key);
  const current = await options.lookup('HelmChart', key, attempt.signal);
  const isWanted = current !== undefined && isAsWanted(current, wanted);
  const written = isWanted ? undefined : await apply(object, wanted, attempt, options);
  attempt.record({ helmChart: keyText(key) });
  return written;
}

/** Deletes the HelmChart that the status names; one that is gone is fine. */
export async function deleteChartObject(
  object: HelmRelease,
  attempt: AttemptContext,
  options: ChartObjectOptions,
): Promise<void> {
  const { helmChart = '' } = object.status ?? {};
  const [namespace = '', name = ''] = helmChart.split('/');
  if (helmChart === '' || object.spec.suspend === true) return;
  const denied = accessProblem(object, 'HelmChart', { namespace, name }, options);
  if (denied !== undefined) throw new Fault('retry', 'AccessDenied', denied, { drafted: true, event: false });
  try {
    const signal = withDeadline(attempt.signal, requestMs);
    await options.client.delete(helmChartKind, { namespace, name }, { signal, propagationPolicy: 'Background' });
    attempt.event({
      severity: 'trace',
      reason: 'HelmChartDeleted',
      message: `deleted HelmChart '${helmChart}'`,
    });
  } catch (error) {
    attempt.signal.throwIfAborted();
    if (!isNotFound(error)) {
      const message = `failed to delete HelmChart '${helmChart}': ${errorMessage(error)}`;
      throw new Fault('retry', 'HelmChartSyncErr', message, { cause: error, drafted: true, event: false });
    }
  }
  attempt.record({ helmChart: undefined });
}

async function apply(
  object: HelmRelease,
  wanted: KubeObject,
  attempt: AttemptContext,
  { client }: ChartObjectOptions,
): Promise<SourceObject> {
  const { namespace, name } = wanted.metadata;
  const { kind, name: sourceName } = object.spec.chart?.spec.sourceRef ?? { kind: '', name: '' };
  try {
    const signal = withDeadline(attempt.signal, requestMs);
    const { object: written, created } = await client.apply<SourceObject>(helmChartKind, wanted as SourceObject, {
      fieldManager: HELM_FIELD_MANAGER,
      force: true,
      signal,
    });
    attempt.event({
      severity: 'trace',
      reason: created ? 'HelmChartCreated' : 'HelmChartConfigured',
      message: `${created ? 'Created' : 'Configured'} HelmChart/${namespace}/${name} with SourceRef '${kind}/${namespace}/${sourceName}'`,
    });
    return written;
  } catch (error) {
    attempt.signal.throwIfAborted();
    const message = `failed to run server-side apply: ${errorMessage(error)}`;
    attempt.event({ severity: 'trace', reason: 'HelmChartSyncErr', message });
    throw new Fault('retry', 'HelmChartSyncErr', message, { cause: error, drafted: true, event: false });
  }
}

/** The HelmChart of a template (buildHelmChartFromTemplate). */
function chartObject({ metadata, spec }: HelmRelease, { namespace, name }: Required<ObjectKey>): KubeObject {
  const template = spec.chart;
  const { sourceRef, interval = spec.interval, ...rest } = template?.spec ?? {};
  const { labels = {}, annotations } = template?.metadata ?? {};
  return {
    apiVersion: helmChartKind.apiVersion,
    kind: helmChartKind.kind,
    metadata: {
      namespace,
      name,
      labels: { ...labels, ...ownerLabels(HELM_GROUP, { name: metadata.name, namespace: metadata.namespace }) },
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: { ...rest, interval, sourceRef: { kind: sourceRef?.kind, name: sourceRef?.name } },
  };
}

/** Whether the object has all that is wanted of it, and is not going; what others added is theirs. */
function isAsWanted(current: SourceObject, wanted: KubeObject): boolean {
  if (current.metadata.deletionTimestamp !== undefined) return false;
  const has = (present: unknown, part: unknown): boolean =>
    Object.entries(isRecord(part) ? part : {}).every(([name, value]) =>
      jsonEqual(isRecord(present) ? present[name] : undefined, value),
    );
  const { labels, annotations } = wanted.metadata;
  return (
    has(current.metadata.labels, labels) &&
    has(current.metadata.annotations, annotations) &&
    // Fields that were taken out of the template go too.
    jsonEqual(current.spec ?? {}, { ...defaults, ...(isRecord(wanted['spec']) ? wanted['spec'] : {}) })
  );
}

/** What the API server fills in. */
const defaults = { reconcileStrategy: 'ChartVersion', version: '*' } as const;

function keyText({ namespace, name }: Required<ObjectKey>): string {
  return `${namespace}/${name}`;
}

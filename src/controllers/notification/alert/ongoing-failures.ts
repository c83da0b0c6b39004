import { allKinds } from '../../../crds/all.ts';
import type { Client } from '../../../kube/client.ts';
import { isNotFound } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/object.ts';
import { isRecord } from '../../../lib/json.ts';
import type { Logger } from '../../../runtime/logging.ts';
import { alertExtensions } from './extensions.ts';
import type { Incidents } from './incidents.ts';
import { screen } from './patterns.ts';
import type { AlertObject } from './sources.ts';

export interface OngoingFailuresDeps {
  readonly client: Pick<Client, 'list'>;
  readonly incidents: Pick<Incidents, 'resume'>;
  readonly noCrossNamespaceRefs: boolean;
  readonly log: Logger;
}

/** Reasons of Ready=False that no event of severity `error` is sent for. */
const noFailures: ReadonlySet<string> = new Set([
  'DependencyNotReady',
  'HealthCheckCanceled',
  'Progressing',
  'ProgressingWithRetry',
  'Suspended',
]);

/**
 * Learns which objects fail now, for Alerts that tell of recoveries: a process that starts anew was not there when they
 * began to. What cannot be learnt before `signal` is aborted is logged, and passed over.
 */
export async function resumeFailures(
  alerts: readonly AlertObject[],
  deps: OngoingFailuresDeps,
  signal: AbortSignal,
): Promise<void> {
  for (const alert of alerts) {
    if (alert.spec.suspend === true || !alertExtensions(alert).extensions.recovery) continue;
    try {
      await resume(alert, deps, signal);
    } catch (error) {
      const { name, namespace } = alert.metadata;
      deps.log.error({ error, alert: `${namespace}/${name}` }, 'Failures from before the start are not known');
      if (signal.aborted) return;
    }
  }
}

async function resume(alert: AlertObject, deps: OngoingFailuresDeps, signal: AbortSignal): Promise<void> {
  const { namespace: own = '' } = alert.metadata;
  for (const source of alert.spec.eventSources) {
    const namespace = source.namespace || own;
    const type = allKinds.find(({ kind }) => kind === source.kind);
    if (type === undefined || (deps.noCrossNamespaceRefs && namespace !== own)) continue;
    const labels = Object.entries(source.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
    const options = { namespace, signal };
    const objects = await deps.client
      .list(type, labels.length === 0 ? options : { ...options, labelSelector: labels.join(',') })
      .catch((error: unknown) => {
        // The kind is not installed.
        if (isNotFound(error)) return [];
        throw error;
      });
    for (const object of objects) {
      const { name } = object.metadata;
      const since = failingSince(object, alert);
      if (since === undefined || (source.name !== '*' && source.name !== name)) continue;
      deps.incidents.resume(alert, alertExtensions(alert).extensions, { kind: type.kind, namespace, name }, since);
    }
  }
}

/** Since when an object has failed in a way that the Alert tells of; milliseconds since the epoch. */
function failingSince({ status }: KubeObject, { spec }: AlertObject): number | undefined {
  const conditions: unknown = isRecord(status) ? status['conditions'] : undefined;
  const ready: unknown = Array.isArray(conditions)
    ? conditions.find((condition) => isRecord(condition) && condition['type'] === 'Ready')
    : undefined;
  if (!isRecord(ready) || ready['status'] !== 'False' || noFailures.has(String(ready['reason']))) return undefined;
  if (!screen(String(ready['message']), spec).passes) return undefined;
  const since = Date.parse(String(ready['lastTransitionTime']));
  return Number.isNaN(since) ? undefined : since;
}

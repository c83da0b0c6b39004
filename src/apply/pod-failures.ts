import type { KubeObject } from '../kube/object.ts';
import { isRecord } from '../lib/json.ts';
import { status } from './kstatus.ts';
import { valueAt } from './kstatus-fields.ts';
import { isUnschedulable } from './kstatus-pod.ts';
import { splitApiVersion } from './object-ref.ts';

/** Kinds whose Pods tell early that they will not become ready (cli-utils statusreaders: statefulset, replicaset). */
const podControllers: ReadonlySet<string> = new Set(['apps/StatefulSet', 'apps/ReplicaSet']);

/** The label selector of a controller's Pods; undefined for other kinds and for selectors that select nothing. */
export function podSelectorOf(object: KubeObject): string | undefined {
  if (!podControllers.has(`${splitApiVersion(object.apiVersion).group}/${object.kind}`)) return undefined;
  const selector = valueAt(object, ['spec', 'selector']);
  if (!isRecord(selector)) return undefined;
  const { matchLabels, matchExpressions } = selector;
  const labels = isRecord(matchLabels)
    ? Object.entries(matchLabels).map(([key, value]) => `${key}=${String(value)}`)
    : [];
  const expressions = Array.isArray(matchExpressions) ? matchExpressions.map(requirement) : [];
  const parts = [...labels, ...expressions];
  return parts.length === 0 || parts.includes(undefined) ? undefined : parts.join(',');
}

function requirement(expression: unknown): string | undefined {
  if (!isRecord(expression)) return undefined;
  const { key, operator, values } = expression;
  const list = Array.isArray(values) ? values.join(',') : '';
  switch (operator) {
    case 'In':
      return `${String(key)} in (${list})`;
    case 'NotIn':
      return `${String(key)} notin (${list})`;
    case 'Exists':
      return String(key);
    case 'DoesNotExist':
      return `!${String(key)}`;
    default:
      return undefined;
  }
}

/**
 * Whether a Pod has failed for good: not one that is on its way out, and not one that waits for a node, which an
 * autoscaler may bring (cli-utils statusreaders/pod_controller.go, isTransientPodFailure).
 */
export function isFailedPod(pod: KubeObject, now: number): boolean {
  return status(pod, now).status === 'Failed' && !pod.metadata.deletionTimestamp && !isUnschedulable(pod);
}

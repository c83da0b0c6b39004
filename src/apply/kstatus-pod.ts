import type { KubeObject } from '../kube/object.ts';
import { isRecord } from '../lib/json.ts';
import {
  conditionsOf,
  current,
  failed,
  hasCondition,
  inProgress,
  type ObjectStatus,
  textAt,
  UnreadableStatusError,
  valueAt,
} from './kstatus-fields.ts';

/** How long a Pod may be without a node before it counts as failed. */
const scheduleWindowMs = 15_000;

/** cli-utils pkg/kstatus/status/core.go, podConditions. A Pod that ended is current, also when it failed. */
export function podStatus(pod: KubeObject, now: number): ObjectStatus {
  const phase = textAt(pod, ['status', 'phase']) ?? '';
  switch (phase) {
    case 'Succeeded':
      return current('Pod has completed successfully');
    case 'Failed':
      return current('Pod has completed, but not successfully');
    case 'Running':
      return runningStatus(pod);
    case 'Pending':
      return pendingStatus(pod, now);
    case '':
      return inProgress('Pod phase not available');
    default:
      throw new UnreadableStatusError(`unknown phase ${phase}`);
  }
}

function runningStatus(pod: KubeObject): ObjectStatus {
  if (hasCondition(pod, 'Ready', 'True')) return current('Pod is Ready');
  const looping = crashLooping(pod);
  if (looping.length > 0) return failed(`Containers in CrashLoop state: ${looping.join(',')}`);
  return inProgress('Pod is running but is not Ready');
}

function pendingStatus(pod: KubeObject, now: number): ObjectStatus {
  if (!isUnschedulable(pod)) return inProgress('Pod is in the Pending phase');
  const created = Date.parse(pod.metadata.creationTimestamp ?? '');
  if (now - scheduleWindowMs < created) return inProgress('Pod has not been scheduled');
  return failed('Pod could not be scheduled');
}

function crashLooping(pod: KubeObject): readonly string[] {
  const statuses = valueAt(pod, ['status', 'containerStatuses']);
  if (!Array.isArray(statuses)) return [];
  return statuses.flatMap((status: unknown) => {
    const waiting = valueAt({ ...pod, status }, ['status', 'state', 'waiting', 'reason']);
    const name = isRecord(status) ? status['name'] : undefined;
    return waiting === 'CrashLoopBackOff' && typeof name === 'string' ? [name] : [];
  });
}

/** Whether the scheduler found no node: what an autoscaler may still repair. */
export function isUnschedulable(pod: KubeObject): boolean {
  return conditionsOf(pod).some(
    ({ type, status, reason }) => type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable',
  );
}
